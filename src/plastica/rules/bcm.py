"""BCM: growth above a threshold, decline below it, and a threshold that follows the unit's own activity."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..layers import stacks
from ..layers.layer import Layer, Params, Record
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .facts import Facts
from .local import LayerRule, Learned, only_kernel, require_units, row_shares, widest
from .rule import Batch


@declaration
class BCM(LayerRule):
    """Let active connections grow where the unit answers above its threshold, and shrink where it answers below.

    The threshold slides with the mean square of the unit's own answers, which keeps the weights bounded and makes units
    selective: of k patterns that are not combinations of each other, each answered by turns, a unit comes to answer
    one and to be silent to the others. It answers a pattern that comes with probability p by y = 1 / p. A unit that
    answers all patterns below 0 at the start falls silent for good.

        delta w = learning_rate y (y - theta) f'(z) x,  theta = E[y^2]

    with y = f(z), the layer's activity; the mean over a batch's rows. The figure is the cost whose gradient this is,
    E[y^2]^2 / 4 - E[y^3] / 3. Of a convolution both are summed over the places.

    Args:
        learning_rate: How far a step goes; small beside ``1 / time_constant`` divided by the inputs' mean square
            length, or the weights swing. The default suits images with values up to 1.
        time_constant: Over how many steps theta remembers, at least 1.

    Raises:
        InvalidValue: For a learning rate that is not above 0, a time constant below 1.

    Reference:
        Bienenstock, Cooper, Munro (1982), Theory for the development of neuron selectivity: orientation specificity and
        binocular interaction in visual cortex; with theta = E[y^2], this slope and this cost after Intrator, Cooper
        (1992), Objective function formulation of the BCM theory of visual cortical plasticity, section 2.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Bienenstock, Cooper, Munro 1982",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
    )

    learning_rate: float = 0.0001
    time_constant: float = 100.0

    def __post_init__(self) -> None:
        at_least_one = ("a finite number of at least 1", lambda v: v >= 1)
        require_numbers(self, {"learning_rate": ABOVE_ZERO, "time_constant": at_least_one})

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        # One layer: a second one, on units that answer few rows each, falls silent.
        return stacks.dense(widest(units), last)

    def begin(self, layer: Layer, params: Params, key: jax.Array) -> Any:
        """Return each unit's theta, and over how many steps it was taken so far."""
        return {"theta": np.zeros(params["kernel"].shape[-1:], np.float32), "steps": np.zeros((), np.float32)}

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        y = record.activity
        square = _mean_over_answers(batch, y * y)
        # The plain mean until it has run for the time constant: a theta that began at 0 would let weights run away.
        steps = jnp.minimum(memory["steps"] + 1, self.time_constant)
        theta = memory["theta"] + (square - memory["theta"]) / steps
        growth = record.pull_activation(row_shares(batch, y) * y * (y - theta))
        change = self.learning_rate * record.pull_synapse(growth)[0]["kernel"]
        kept = {"theta": theta.astype(memory["theta"].dtype), "steps": steps.astype(memory["steps"].dtype)}
        return Learned(only_kernel(params, change), kept, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        y = record.activity
        costs = _mean_over_answers(batch, y * y) ** 2 / 4 - _mean_over_answers(batch, y**3) / 3
        return _places(y) * jnp.sum(costs)


def _mean_over_answers(batch: Batch, values: jax.Array) -> jax.Array:
    """Return each unit's weighted mean, over the rows and, of a convolution, over the places."""
    weight = batch.weight.reshape(-1, *([1] * (values.ndim - 1)))
    axes = tuple(range(values.ndim - 1))
    return jnp.sum(weight * values, axes) / (jnp.maximum(jnp.sum(batch.weight), 1e-12) * _places(values))


def _places(values: jax.Array) -> int:
    """Return at how many places each unit answers a row: 1, but for convolutions."""
    return prod(values.shape[1:-1])
