"""Equilibrium propagation: let the network settle, nudge it towards the target, and compare the two states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..initializers import VarianceScaling
from ..layers import stacks
from ..layers.chain import Chain
from ..layers.layer import INFERENCE, Context, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .backprop import send_back
from .chain import learned_places
from .energy import BoundLink, answer_losses, bind, cut_at_activities, row_losses, unchanging
from .facts import Facts, FactsOf
from .local import row_shares
from .rule import Batch, Rule, Signal, loss_of, rule_key
from .settling import DEEP, DEEP_SCALE, require_settling, warn_of_depth

Nodes = tuple[jax.Array, ...]


class System(NamedTuple):
    """A network whose activities settle together.

    Attributes:
        cut: How the network was cut.
        parts: The links whose activities settle.
        readout: The last link, where it only reads the settled activities; else None.
        drive: The potential that the input gives to the first link; it never changes.
    """

    cut: Chain
    parts: tuple[BoundLink, ...]
    readout: BoundLink | None
    drive: jax.Array


@declaration
class EquilibriumPropagation(Rule):
    """Let activities settle, nudge the output towards the target, and learn from the difference of the two states.

    For learning with one kind of dynamics: the same units carry activity and error, and a weight needs the activities
    at its two ends alone, in each phase. Every hidden layer hears the one above it too, through the same weights.

    With s_l the activities, s_0 the input, z_l(s) the potential of link l (for Dense s W + b) and C a row's loss,

        Phi(s) = sum_l s_l . z_l(s_(l-1)),    s_l = f_l(dPhi/ds_l - beta dC/ds_l),
        dPhi/ds_l = z_l(s_(l-1)) + W_(l+1) s_(l+1)

    The fixed points are those of the energy E = sum_l G_l(s_l) - Phi + beta C with G' the inverse of f; for f = clip
    that is Scellier and Bengio's Hopfield energy with G = s^2 / 2. Layers settle one after another, from the last to
    the first: units given their neighbours go where the energy is lowest, so that no step of the free phase raises it
    and nothing swings to and fro, as it may where all layers move at once.

    From the forward pass the network settles freely (beta = 0), and from there nudged. The direction is

        -(dPhi/dW at s(beta) - dPhi/dW at s(-beta)) / (2 beta),    for Dense from differences of s_(l-1)' s_l,

    the mean over rows. It tends to the gradient of C at the free fixed point, with an error of order beta^2. Not
    centred it is -(dPhi/dW at s(beta) - dPhi/dW at s(0)) / beta with beta of random sign in each step, and the error of
    order beta. What the network answers is what it has settled to, in prediction and evaluation too.

    Chain end in an activation of each unit by itself that has bounds; pooling and flattening count to the next link.
    Best is sigmoid: with tanh, whose slope is four times as steep, two layers that hear each other may hold each other
    where they are, in one of several states, whatever the input is.
    With a read-out the last layer stands outside: it reads the settled activities, learns by its own gradient, and the
    nudge enters what it reads. It may have any activation and loss, such as softmax and cross-entropy.

    Depth is not what it is best at. Layers that hear each other from both sides settle in one of several states once
    weights grow, and then the difference of two states is no gradient any more. From 4 settling layers on begin with
    weights about 2.5 times Glorot's (``layers_for`` does) and small steps, Adam(0.001); a warning says where what comes
    back fades before the first layer. Scellier and Bengio settle for 500 free and 8 nudged steps of 0.5 with three
    hidden layers, and give them learning rates of 0.128, 0.032, 0.008 and 0.002: here layers settle one after another,
    for which tens of steps do, and Adam evens out the sizes of layers.

    Args:
        beta: How strong the nudge is. Smaller is nearer to the gradient, until rounding or unrest shows.
        free_steps: How often every layer settles before the nudge. More for more layers: news go one layer up in each.
        nudged_steps: How often in each nudged phase; the nudge reaches the first layer in the first step.
        centred: Whether to nudge both ways, from which the first order of the error cancels.
        readout: Whether the last layer stands outside of what settles. If not, the output settles as well, which needs
            a loss computed from activities, such as the squared error.

    Raises:
        InvalidValue: For a beta that is not above 0 or less than one step; for a network or a loss as said above.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, activation="sigmoid"), pl.Dense(3, activation="softmax")])
        >>> model.compile(rule="equilibrium_propagation", loss="sparse_categorical_crossentropy")

    Reference:
        Scellier, Bengio (2017), Equilibrium propagation: bridging the gap between energy-based models and
        backpropagation, equations 1 to 9. Ernoult, Grollier, Querlioz, Bengio, Scellier (2019), Updates of equilibrium
        prop match gradients of backprop through time in an RNN with static input, equation 4 (Phi). Laborieux et al.
        (2021), Scaling equilibrium propagation to deep convnets by drastically reducing its gradient estimator bias,
        equations 5 and 9, section 3.3 (read-out).
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
    usual_optimizer: ClassVar[Optimizer] = Adam(0.005)  # sigmoids are a quarter as steep as other units

    beta: float = 0.5
    free_steps: int = 10
    nudged_steps: int = 4
    centred: bool = True
    readout: bool = True

    def __post_init__(self) -> None:
        require_numbers(self, {"beta": ABOVE_ZERO})
        for name in ("free_steps", "nudged_steps"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"EquilibriumPropagation({name}={getattr(self, name)!r}): at least 1 is needed.")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        weights = VarianceScaling(DEEP_SCALE, "fan_avg", "uniform") if len(units) >= DEEP else "glorot_uniform"
        return stacks.dense(units, last, "sigmoid", kernel_initializer=weights)

    def check(self, network: Layer, objective: Objective | None) -> None:
        if objective is not None and objective.at_potential and not self.readout:
            raise InvalidValue(
                f"EquilibriumPropagation(readout=False): {type(objective.loss).__name__} is computed from the last "
                "potential, and an output that settles is nudged by its activity. Take the loss mse, or readout=True."
            )

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        cut = cut_at_activities(network, params)
        learned = learned_places(network, params)
        settling = cut.places[:-1] if self.readout else cut.places
        if not settling:
            raise InvalidValue(
                "EquilibriumPropagation: the network has no hidden layer, so that with a read-out nothing is left to "
                "settle. Put a Dense layer before the last one, or take readout=False."
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
        memory: Any,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        system = self.system(network, params, state, batch.x, context)
        free = settle(system, forward(system), self.free_steps)
        end, end_state = _end(system, free, batch.x)
        beta = unchanging(self.beta, free[0])
        if not self.centred:
            beta = jnp.where(random.bernoulli(rule_key(context), 0.5, ()), beta, -beta)
        nudge = _nudge(system, batch, objective)
        ahead = settle(system, free, self.nudged_steps, lambda top: beta * nudge(top))
        behind, apart = free, beta
        if self.centred:
            behind, apart = settle(system, free, self.nudged_steps, lambda top: -beta * nudge(top)), 2 * beta
        gradients = _contrast(system, batch, ahead, behind, apart)
        if system.readout is not None:
            gradients.append(send_back(system.readout.link, end, batch, objective)[1].gradient)
        loss = loss_of(objective, batch, end.potential, end.activity)
        states = (*system.cut.split(state)[:-1], end_state)
        return Signal(loss, system.cut.join(gradients), end.activity, system.cut.join(states), memory)

    def respond(
        self, network: Layer, params: Params, state: State, memory: Any, x: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        system = self.system(network, params, state, x, INFERENCE)
        end, _ = _end(system, settle(system, forward(system), self.free_steps), x)
        return end.potential, end.activity

    def system(self, network: Layer, params: Params, state: State, x: jax.Array, context: Context) -> System:
        """Return a network as what settles for inputs ``(batch, ...)``."""
        cut = cut_at_activities(network, params)
        parts = bind(cut, params, state, context)
        inside, readout = (parts[:-1], parts[-1]) if self.readout else (parts, None)
        return System(cut, inside, readout, inside[0].record(x).potential)


def forward(system: System) -> Nodes:
    """Return the activities without any feedback, from which they settle."""
    nodes = [system.parts[0].link.activate(system.drive)]
    for part in system.parts[1:]:
        nodes.append(part.record(nodes[-1]).activity)
    return tuple(nodes)


def settle(system: System, nodes: Nodes, steps: int, nudge: Callable[[jax.Array], jax.Array] | None = None) -> Nodes:
    """Return the activities after every layer has settled ``steps`` times, from the last to the first.

    Args:
        system: What settles.
        nodes: The activities to begin with, each ``(batch, ...)``.
        steps: How often.
        nudge: beta dC/ds of the last activity; None lets the system settle freely.
    """

    def step(_: Any, nodes: Nodes) -> Nodes:
        found = list(nodes)
        for place in reversed(range(len(found))):
            found[place] = system.parts[place].link.activate(pressure(system, found, place, nudge))
        return tuple(found)

    return jax.lax.fori_loop(0, steps, step, nodes)


def pressure(
    system: System, nodes: Sequence[jax.Array], place: int, nudge: Callable[[jax.Array], jax.Array] | None = None
) -> jax.Array:
    """Return dPhi/ds of one layer, less the nudge where it is the last."""
    below = system.drive if place == 0 else system.parts[place].record(nodes[place - 1]).potential
    if place + 1 < len(nodes):
        above = system.parts[place + 1]
        return below + above.pull_potential(above.record(nodes[place]), nodes[place + 1])
    return below if nudge is None else below - nudge(nodes[place])


def _nudge(system: System, batch: Batch, objective: Objective) -> Callable[[jax.Array], jax.Array]:
    """Return the function from the last activity that settles to each row's dC/ds."""
    if system.readout is not None:
        readout = system.readout
        return lambda top: row_losses(readout, top, batch, objective)[1]
    return jax.grad(lambda top: jnp.sum(answer_losses(top, batch, objective)))


def _contrast(system: System, batch: Batch, ahead: Nodes, behind: Nodes, apart: jax.Array) -> list[Params]:
    """Return -(dPhi/dW at ``ahead`` - dPhi/dW at ``behind``) / apart for every link, the mean over rows."""

    def pulled(part: BoundLink, below: jax.Array, node: jax.Array) -> Params:
        delta = -row_shares(batch, node) / apart * node
        return part.link.backward_potential(part.record(below), delta).gradient

    # The input is the same in both states and the potential's derivative is linear: one product does for the first.
    gradients = [pulled(system.parts[0], batch.x, ahead[0] - behind[0])]
    for place, part in enumerate(system.parts[1:]):
        both = (pulled(part, nodes[place], nodes[place + 1]) for nodes in (ahead, behind))
        gradients.append(jax.tree.map(jnp.subtract, *both))
    return gradients


def _end(system: System, nodes: Nodes, x: jax.Array) -> tuple[Record, State]:
    """Return what the last link does with the settled activities, and its new state."""
    if system.readout is not None:
        return system.readout.forward(nodes[-1])
    return system.parts[-1].forward(nodes[-2] if len(nodes) > 1 else x)
