"""Equilibrium propagation: the network relaxes freely, then nudged towards the target; the difference is learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..initializers import VarianceScaling
from ..layers import stacks
from ..layers.chain import Chain
from ..layers.layer import INFERENCE, Context, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory, PyTree
from .backprop import send_back
from .chain import learned_places
from .energy import BoundLink, bind, cut_at_activities, output_losses, row_losses, unchanging
from .facts import Facts, FactsOf
from .local import row_shares
from .rule import Batch, Rule, Signal, loss_of, rule_key
from .settling import DEEP, DEEP_SCALE, require_settling, warn_of_depth

Nodes = tuple[Array, ...]
Nudge = Callable[[Array], Array]


class System(NamedTuple):
    """A network whose activities relax together.

    Attributes:
        cut: The links of the network.
        parts: The links whose activities relax.
        readout: The last link, if it only reads the relaxed activities; else None.
        drive: The potential of the first link, which depends on the input alone and is constant.
    """

    cut: Chain
    parts: tuple[BoundLink, ...]
    readout: BoundLink | None
    drive: Float[Array, "batch *shape"]


@declaration
class EquilibriumPropagation(Rule):
    """Equilibrium propagation: activities relax freely, then nudged to the target; weights learn the difference.

    When to use: to study learning with one kind of dynamics. The same units carry activities and errors, and a weight
    needs only the activities at its two ends, in each phase. Every hidden layer also receives the activity of the layer
    above, through the same weights.

    With s_l the activities, s_0 the input, z_l(s) the potential of link l (for Dense s W + b) and C the loss of a row,

        Phi(s) = sum_l s_l . z_l(s_(l-1)),    s_l = f_l(dPhi/ds_l - beta dC/ds_l),
        dPhi/ds_l = z_l(s_(l-1)) + W_(l+1) s_(l+1)

    The fixed points are those of the energy E = sum_l G_l(s_l) - Phi + beta C, where G' is the inverse of f; for f =
    clip this is Scellier and Bengio's Hopfield energy with G = s^2 / 2. Layers are updated one after another, from the
    last to the first: each minimizes the energy given its neighbours, so no step of the free phase raises it and the
    activities do not oscillate, as they may if all layers are updated at once.

    The network relaxes freely (beta = 0) from the forward pass, and then nudged. The direction is

        -(dPhi/dW at s(beta) - dPhi/dW at s(-beta)) / (2 beta),    for Dense from differences of s_(l-1)' s_l,

    the mean over the rows. It approximates the gradient of C at the free fixed point with an error of order beta^2.
    Without ``centred`` it is -(dPhi/dW at s(beta) - dPhi/dW at s(0)) / beta, with a random sign of beta in each step,
    and the error is of order beta. Predictions are those of the relaxed activities, also in evaluation.

    Each link must end with a bounded activation of independent units; pooling and flattening belong to the next link.
    Sigmoid works best. With tanh, whose slope is four times as steep, two layers may keep each other in one of several
    states, whatever the input is. With a readout, the last layer does not relax: it reads the relaxed activities,
    learns by its own gradient, and the nudge acts on the activities that it reads. It may have any activation and loss,
    such as softmax and cross-entropy.

    The rule is not made for great depth. Layers between others relax to one of several states once weights grow, and
    then the difference of two states is not a gradient. From 4 relaxing layers on, use initial weights about 2.5 times
    Glorot's (as ``layers_for`` does) and a small learning rate, Adam(0.001); a warning says if the error fades before
    the first layer. Scellier and Bengio use 500 free and 8 nudged steps of 0.5 for three hidden layers, with learning
    rates of 0.128, 0.032, 0.008 and 0.002. Here layers are updated one after another, which needs only tens of steps,
    and Adam compensates for the different sizes of the gradients.

    Args:
        beta: The strength of the nudge. Smaller values approximate the gradient better, until rounding errors and
            imperfect relaxation dominate.
        free_steps: The number of updates of every layer before the nudge. Deeper networks need more: information moves
            up one layer per update.
        nudged_steps: The number of updates in each nudged phase; the nudge reaches the first layer in the first one.
        centred: Whether to nudge in both directions, which cancels the first order of the error.
        readout: Whether the last layer is a readout. If not, the output relaxes as well, which needs a loss that is
            computed from activities, such as the squared error.

    Raises:
        InvalidValue: If beta is not above 0 or a number of steps is below 1; for networks and losses other than those
            above.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, activation="sigmoid"), pl.Dense(3, activation="softmax")])
        >>> model.compile(rule="equilibrium_propagation", loss="sparse_categorical_crossentropy")

    Reference:
        B. Scellier, Y. Bengio, 2017, Equilibrium propagation: bridging the gap between energy-based models and
        backpropagation, eq. 1 to 9.
        M. Ernoult, J. Grollier, D. Querlioz, Y. Bengio, B. Scellier, 2019, Updates of equilibrium prop match gradients
        of backprop through time in an RNN with static input, eq. 4 (Phi).
        A. Laborieux et al., 2021, Scaling equilibrium propagation to deep convnets by drastically reducing its gradient
        estimator bias, eq. 5 and 9, section 3.3 (readout).
    """

    facts: ClassVar[FactsOf] = FactsOf(  # pyright: ignore[reportIncompatibleVariableOverride]
        lambda rule: Facts(
            "Scellier, Bengio 2017",
            local=True,
            symmetric_weights=True,
            phases=3 if rule.centred else 2,
            global_error=False,
            notes={
                "local": "A connection stores the product of the values at its two ends from one phase to the next.",
                "symmetric_weights": "A connection works in both directions, or two connections change identically.",
                "phases": "Free, nudged, and nudged in the opposite direction if the nudge is centred.",
            },
        )
    )
    usual_optimizer: ClassVar[Optimizer] = Adam(0.005)  # the slope of sigmoids is a quarter of that of other units

    beta: float = 0.5
    free_steps: int = 10
    nudged_steps: int = 4
    centred: bool = True
    readout: bool = True

    def __post_init__(self) -> None:
        require_numbers(self, {"beta": ABOVE_ZERO})
        for name in ("free_steps", "nudged_steps"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"EquilibriumPropagation({name}={getattr(self, name)!r}): expected at least 1.")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        weights = VarianceScaling(DEEP_SCALE, "fan_avg", "uniform") if len(units) >= DEEP else "glorot_uniform"
        return stacks.dense(units, last, "sigmoid", kernel_initializer=weights)

    def check(self, network: Layer, objective: Objective | None) -> None:
        if objective is not None and objective.at_potential and not self.readout:
            raise InvalidValue(
                f"EquilibriumPropagation(readout=False): {type(objective.loss).__name__} is computed from the last "
                "potential, but without a readout the nudge acts on the activity. Use the loss mse, or readout=True."
            )

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        cut = cut_at_activities(network, params)
        learned = learned_places(network, params)
        settling = cut.places[:-1] if self.readout else cut.places
        if not settling:
            raise InvalidValue(
                "EquilibriumPropagation: the network has no hidden layer, so with a readout nothing is left to "
                "settle. Add a Dense layer before the last one, or use readout=False."
            )
        for place in settling:
            unit, end = next(at for at in learned if place.start <= at < place.stop), place.stop - 1
            require_settling(network, unit, end, bounded=place != cut.places[-1])
        warn_of_depth(network, params, settling)
        return ()

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        system = self.system(network, params, state, batch.x, context)
        free = settle(system, forward(system), self.free_steps)
        end, end_state = _end(system, free, batch.x)
        beta = unchanging(self.beta, free[0])
        if not self.centred:
            # A nudge of one sign has a bias in one direction, which alternating signs average out over the steps.
            beta = jnp.where(random.bernoulli(rule_key(context), 0.5, ()), beta, -beta)
        nudge = _nudge(system, batch, objective)
        ahead = settle(system, free, self.nudged_steps, lambda top: beta * nudge(top))
        behind, apart = free, beta
        if self.centred:
            # Both nudged phases begin at the free state; the difference of two opposite nudges cancels the bias of
            # first order in beta.
            behind, apart = settle(system, free, self.nudged_steps, lambda top: -beta * nudge(top)), 2 * beta
        gradients = _contrast(system, batch, ahead, behind, apart)
        if system.readout is not None:
            gradients.append(send_back(system.readout.link, end, batch, objective)[1].gradient)
        loss = loss_of(objective, batch, end.potential, end.activity)
        states = (*system.cut.split(state)[:-1], end_state)
        return Signal(loss, system.cut.join(gradients), end.activity, system.cut.join(states), memory)

    def respond(self, network: Layer, params: Params, state: State, memory: Memory, x: PyTree) -> tuple[PyTree, PyTree]:
        system = self.system(network, params, state, x, INFERENCE)
        end, _ = _end(system, settle(system, forward(system), self.free_steps), x)
        return end.potential, end.activity

    def system(self, network: Layer, params: Params, state: State, x: Array, context: Context) -> System:
        """Return the network as a system that relaxes for inputs ``(batch, ...)``."""
        cut = cut_at_activities(network, params)
        parts = bind(cut, params, state, context)
        inside, readout = (parts[:-1], parts[-1]) if self.readout else (parts, None)
        # What the input drives is constant while the system relaxes, and usually the largest product: computed once.
        return System(cut, inside, readout, inside[0].record(x).potential)


def forward(system: System) -> Nodes:
    """Return the activities of the forward pass, from which the system relaxes."""
    nodes = [system.parts[0].link.activate(system.drive)]
    for part in system.parts[1:]:
        nodes.append(part.record(nodes[-1]).activity)
    return tuple(nodes)


def settle(system: System, nodes: Nodes, steps: int, nudge: Nudge | None = None) -> Nodes:
    """Return the activities after ``steps`` updates of every layer, from the last to the first.

    Args:
        system: The system.
        nodes: The activities at the start, each ``(batch, ...)``.
        steps: The number of updates.
        nudge: Returns beta dC/ds of the last activity; None for the free phase.
    """

    def step(_: object, nodes: Nodes) -> Nodes:
        found = list(nodes)
        # From the last layer down, with what was just updated: layers that all moved at once from old values would
        # oscillate.
        for place in reversed(range(len(found))):
            found[place] = system.parts[place].link.activate(pressure(system, found, place, nudge))
        return tuple(found)

    return jax.lax.fori_loop(0, steps, step, nodes)


def pressure(
    system: System, nodes: Sequence[Array], place: int, nudge: Nudge | None = None
) -> Float[Array, "batch *shape"]:
    """Return dPhi/ds of one layer, minus the nudge for the last."""
    below = system.drive if place == 0 else system.parts[place].record(nodes[place - 1]).potential
    # dPhi/ds has a part from below, W s, and one from above, W's: the transposed product, which is the pullback of the
    # synapse above.
    if place + 1 < len(nodes):
        above = system.parts[place + 1]
        return below + above.pull_potential(above.record(nodes[place]), nodes[place + 1])
    return below if nudge is None else below - nudge(nodes[place])


def _nudge(system: System, batch: Batch, objective: Objective) -> Nudge:
    """Return the function from the last activity that relaxes to dC/ds of each row."""
    if system.readout is not None:
        readout = system.readout
        return lambda top: row_losses(readout, top, batch, objective)[1]
    return jax.grad(lambda top: jnp.sum(output_losses(top, batch, objective)))


def _contrast(system: System, batch: Batch, ahead: Nodes, behind: Nodes, apart: Float[Array, ""]) -> list[Params]:
    """Return -(dPhi/dW at ``ahead`` - dPhi/dW at ``behind``) / apart for every link, the mean over the rows."""

    def pulled(part: BoundLink, below: Array, node: Array) -> Params:
        delta = -row_shares(batch, node) / apart * node
        return part.link.backward_potential(part.record(below), delta).gradient

    # The input is the same in both states and the gradient is linear in the activity: one product for the first link.
    gradients = [pulled(system.parts[0], batch.x, ahead[0] - behind[0])]
    for place, part in enumerate(system.parts[1:]):
        both = (pulled(part, nodes[place], nodes[place + 1]) for nodes in (ahead, behind))
        gradients.append(jax.tree.map(jnp.subtract, *both))
    return gradients


def _end(system: System, nodes: Nodes, x: Array) -> tuple[Record, State]:
    """Return the record of the last link for the relaxed activities, and its new state."""
    if system.readout is not None:
        return system.readout.forward(nodes[-1])
    return system.parts[-1].forward(nodes[-2] if len(nodes) > 1 else x)
