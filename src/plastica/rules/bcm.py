"""The BCM rule: growth above a threshold, decline below it, and a threshold that follows the activity of the unit."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..layers import stacks
from ..layers.layer import Layer, Params, Record
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
from .facts import Facts
from .local import LayerRule, Learned, like_rows, only_kernel, require_units, row_shares, widest
from .rule import Batch


@declaration
class BCM(LayerRule):
    """The BCM rule: connections grow while the unit is active above its threshold, and shrink while it is active below.

    When to use: for units that become selective for one kind of input. The threshold follows the mean square of the
    activity of the unit, which bounds the weights and makes units selective: if k linearly independent patterns are
    presented in turn, a unit comes to respond to one and to be silent for the others. For a pattern with probability p
    its activity becomes 1 / p. A unit whose activity is below 0 for all patterns at the start stays silent.

        delta w = learning_rate y (y - theta) f'(z) x,  theta = E[y^2]

    with y = f(z), the activity of the layer; the mean over the rows of a batch. The loss in the history is the cost
    whose negative gradient this is, E[y^2]^2 / 4 - E[y^3] / 3. For a convolution both are summed over the places.

    Args:
        learning_rate: The learning rate; it should be small compared with ``1 / time_constant`` divided by the mean
            square length of the inputs, otherwise the weights oscillate. The default suits images with values up to 1.
        time_constant: The number of steps over which theta is averaged, at least 1.

    Raises:
        InvalidValue: If the learning rate is not above 0, or the time constant is below 1.

    Example:
        >>> BCM(time_constant=200)
        BCM(time_constant=200.0)

    Reference:
        E. L. Bienenstock, L. N. Cooper, P. W. Munro, 1982, Theory for the development of neuron selectivity:
        orientation specificity and binocular interaction in visual cortex.
        N. Intrator, L. N. Cooper, 1992, Objective function formulation of the BCM theory of visual cortical plasticity,
        section 2 (theta = E[y^2], the slope and the cost).
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
        # One layer: the units of a second one, above units that respond to few rows each, would become silent.
        return stacks.dense(widest(units), last)

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        """Return theta of each unit, and the number of steps it was averaged over so far."""
        return {"theta": np.zeros(params["kernel"].shape[-1:], np.float32), "steps": np.zeros((), np.float32)}

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        y = record.activity
        square = _mean_over_rows(batch, y * y)
        # The plain mean over the first time_constant steps: a moving average from 0 would give too small a theta at the
        # start, and the weights would diverge.
        steps = jnp.minimum(memory["steps"] + 1, self.time_constant)
        theta = memory["theta"] + (square - memory["theta"]) / steps
        growth = record.pull_activation(row_shares(batch, y) * y * (y - theta))
        change = self.learning_rate * record.pull_synapse(growth)[0]["kernel"]
        kept = {"theta": theta.astype(memory["theta"].dtype), "steps": steps.astype(memory["steps"].dtype)}
        return Learned(only_kernel(params, change), kept, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        y = record.activity
        costs = _mean_over_rows(batch, y * y) ** 2 / 4 - _mean_over_rows(batch, y**3) / 3
        return _places(y) * jnp.sum(costs)


def _mean_over_rows(batch: Batch, values: Float[Array, "batch *places units"]) -> Float[Array, "units"]:
    """Return the weighted mean of each unit over the rows and, for a convolution, over the places."""
    weight = like_rows(batch.weight, values)
    axes = tuple(range(values.ndim - 1))
    return jnp.sum(weight * values, axes) / (jnp.maximum(jnp.sum(batch.weight), 1e-12) * _places(values))


def _places(values: Float[Array, "batch *places units"]) -> int:
    """Return the number of places at which each unit is computed: 1, except for convolutions."""
    return prod(values.shape[1:-1])
