"""Node perturbation: units try a little noise, and keep what made the loss smaller."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.composition import within
from ..layers.layer import Context, Layer, Params, State
from ..layers.lost_masks import mask_behind
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
from .chain import learned_places
from .facts import Facts
from .local import like_rows
from .rule import Batch, Rule, Signal, rule_key


@declaration
class NodePerturbation(Rule):
    """Node perturbation: the change of the loss by noise at the units, times that noise.

        delta_j = (C(z + sigma xi) - C(z)) xi_j / sigma,   dC/dW = delta a'

    xi is standard normal noise, drawn for each unit and row, and delta_j an estimate of the error at the potential of
    unit j. All layers are perturbed at once, and only one number, the change of the loss, reaches the units. For small
    sigma its expectation is the gradient; its variance grows with the number of units.

    When to use: to see what learning costs without errors that travel back, and for layers without a derivative.

    Args:
        sigma: The size of the noise at the potentials. Large noise blurs the loss, tiny noise is lost in rounding.
        samples: How many noises are tried for each batch; the variance falls with their number, and the time grows.

    Raises:
        InvalidValue: If ``sigma`` is not above 0, or ``samples`` below 1.

    Example:
        >>> NodePerturbation(samples=8)
        NodePerturbation(samples=8)

    Reference:
        B. Widrow, M. A. Lehr, 1990, 30 years of adaptive neural networks (Madaline rule III); I. R. Fiete, H. S. Seung,
        2006, Gradient learning in spiking neural networks by dynamic perturbation of conductances.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Widrow, Lehr 1990; Fiete, Seung 2006",
        local=True,
        symmetric_weights=False,
        phases=2,
        global_error="one number",
        notes={
            "local": "A unit remembers its own noise until it is known what the noise did.",
            "global_error": "The change of the loss is sent to every unit at once.",
        },
    )
    takes_rewards: ClassVar[bool] = True

    sigma: float = 0.01
    samples: int = 1

    def __post_init__(self) -> None:
        require_numbers(self, {"sigma": ABOVE_ZERO})
        if self.samples < 1:
            raise InvalidValue(f"NodePerturbation(samples={self.samples!r}): samples must be 1 or more.")

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
        record, new_state = network.forward(params, batch.x, state, context)
        losses = objective.rows(batch.y, objective.read(record.potential, record.activity), batch.within)

        def try_one(deltas: dict[int, Array], key: Array) -> tuple[dict[int, Array], None]:
            noise = {place: random.normal(random.fold(key, place), delta.shape) for place, delta in deltas.items()}
            moves = {place: self.sigma * each for place, each in noise.items()}
            potential = _perturbed(network, params, batch.x, state, context, moves)
            after = objective.rows(batch.y, objective.read(potential, network.activate(potential)), batch.within)
            worse = (after - losses) * batch.weight / batch.size / self.sigma
            return {place: delta + like_rows(worse, delta) * noise[place] for place, delta in deltas.items()}, None

        blank = {place: jnp.zeros_like(record.children[place].potential) for place in learned_places(network, params)}
        deltas, _ = jax.lax.scan(try_one, blank, _keys(rule_key(context), self.samples))
        direction = [jax.tree.map(jnp.zeros_like, own) for own in params]
        for place, delta in deltas.items():
            errors = network.children[place].backward_potential(record.children[place], delta / self.samples)
            direction[place] = errors.gradient
        loss = jnp.sum(losses * batch.weight) / batch.size
        return Signal(loss, tuple(direction), record.activity, new_state, memory)


def _perturbed(
    network: Layer, params: Params, x: Array, state: State, context: Context, noise: dict[int, Array]
) -> Float[Array, "batch *outputs"]:
    """Return the last potential of a sequence of layers with noise at potentials."""
    steps, potential = context.steps, x
    for place, layer in enumerate(network.children):
        own = within(context, place, steps)
        steps = mask_behind(layer, x, steps)
        potential, _ = layer.synapse(params[place], x, state[place], own)
        potential = potential + noise[place] if place in noise else potential
        x = layer.activate(potential)
    return potential


def _keys(key: Key, number: int) -> Array:
    return jax.vmap(lambda place: jnp.asarray(random.fold(key, place)))(jnp.arange(number))
