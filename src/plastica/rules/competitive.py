"""Competitive learning: only the winning unit learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.layer import INFERENCE, Layer, Params, Record
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, INSIDE_ONE, require_numbers
from ..typing import Float, Memory, by_name
from .facts import Facts
from .local import LayerRule, Learned, like_rows, require_units, row_shares, widest
from .rule import Batch


@declaration
class Competitive(LayerRule):
    """Competitive learning: the unit nearest to an input wins, and its weights move towards the input.

    When to use: for clusters, and for features that each stand for one kind of input. The weights of each unit converge
    to the mean of the inputs that it wins, as in k-means.

        delta w_j = learning_rate (x - w_j) for the winner j = argmin_i |x - w_i|^2 - c_i,  0 for all others
        b_j = -|w_j|^2 / 2

    With this bias, the potential z_j = w_j'x + b_j = (|x|^2 - |x - w_j|^2) / 2 is largest for the nearest unit. Its
    softmax is the probability of each unit if the units were the centres of normal distributions with variance 1. The
    rows of a batch count one after another: a unit that wins n of them moves by the fraction 1 - (1 - learning_rate)^n
    towards their mean.

    A unit that starts far away from all inputs would never win. The conscience c_j = conscience d (1 - units p_j) is a
    handicap for units that win too often: p_j is the fraction of recent inputs that unit j has won, and d the mean
    squared distance of the farthest unit. With a conscience of 1, a unit that never wins is thus given all it lacks, at
    any scale. The learning rate and the conscience decrease linearly to 0 over the run, so that in the end only the
    distance counts. Units should not start farther away than the inputs are apart, as by default: with a single unit
    very far away, the conscience outweighs the distance.

    The loss in the history is the mean squared distance of the inputs to the nearest unit.

    Args:
        learning_rate: The fraction by which the winner moves for one input, at the start.
        conscience: The strength of the handicap, at the start; 0 for none. On small digits, of 100 units none stayed
            unused with 1, every second with 0.3, and all but one with 0.
        lookback: The number of wins of a unit over which p is averaged, if all units win equally often.

    Raises:
        InvalidValue: For numbers outside their range.

    Example:
        >>> Competitive(conscience=0.5)
        Competitive(conscience=0.5)

    Reference:
        D. E. Rumelhart, D. Zipser, 1985, Feature discovery by competitive learning.
        D. DeSieno, 1988, Adding a conscience to competitive learning.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Rumelhart, Zipser 1985",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "All units know which unit won and, for the conscience, the largest mean distance."},
    )

    learning_rate: float = 0.05
    conscience: float = 1.0
    lookback: float = 10.0

    def __post_init__(self) -> None:
        wanted = {"learning_rate": INSIDE_ONE, "conscience": AT_LEAST_ZERO, "lookback": ABOVE_ZERO}
        require_numbers(self, wanted)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        # One layer: a second one would find the clusters of the first again.
        return stacks.dense(widest(units), last, "softmax")

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        """Return p, the fraction of recent inputs that each unit has won; equal for all at the start."""
        units = params["kernel"].shape[-1]
        return jnp.full((units,), 1 / units, params["kernel"].dtype)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        kernel, left = params["kernel"], 1 - batch.progress
        distance = squared_distances(layer, params, record)
        nearest = mean_of_units(batch, jnp.min(distance, -1, keepdims=True))[0]
        farthest = jnp.max(mean_of_units(batch, distance))
        handicap = left * self.conscience * farthest * (1 - memory.size * memory)
        wins = jax.nn.one_hot(jnp.argmin(distance - handicap, -1), memory.size, dtype=distance.dtype)
        # n moves one after another towards the mean of n rows add up to the fraction 1 - (1 - rate)^n of the way.
        wins = wins * like_rows(batch.weight, wins)
        # Weights of rows count as wins of that many rows; padding wins nothing.
        count = jnp.sum(wins, tuple(range(wins.ndim - 1)))
        mean = record.pull_synapse(wins)[0]["kernel"] / jnp.where(count > 0, count, 1)
        # 1 - (1 - rate)^n for small rates, where the power would round to 1.
        gone = -jnp.expm1(count * jnp.log1p(-self.learning_rate * left))
        moved = kernel + gone * (mean - kernel)
        total = jnp.sum(count)
        shares = jnp.where(total > 0, count / jnp.where(total > 0, total, 1), memory)
        # The average forgets by the number of inputs and not of batches, so that it does not depend on the batch size.
        lasting = jnp.exp(-total / (self.lookback * memory.size))
        kept = lasting * memory + (1 - lasting) * shares
        return Learned(_change(params, moved), kept, nearest)

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        nearest = jnp.min(squared_distances(layer, params, record), -1, keepdims=True)
        return mean_of_units(batch, nearest)[0]


def squared_distances(layer: Layer, params: Params, record: Record) -> Float[Array, "batch *places units"]:
    """Return |x - w_j|^2 = |x|^2 - 2 w_j'x + |w_j|^2 for every unit, in the shape of the potential.

    Raises:
        InvalidValue: If the units do not all receive the same inputs.
    """
    kernel = params["kernel"]
    require_all_inputs(layer)
    if kernel.shape[-2] != record.input.shape[-1]:
        raise InvalidValue(
            f"{type(layer).__name__}: its kernel of shape {kernel.shape} receives {kernel.shape[-2]} of "
            f"{record.input.shape[-1]} channels; units that compete must receive the same inputs. Use groups=1."
        )
    # |x|^2 of exactly those inputs that a unit reads, at every place of a convolution: the layer itself adds them up
    # with weights of 1.
    squares, _ = layer.synapse(_one_unit_of_ones(params), record.input**2, {}, INFERENCE)
    product = record.potential - by_name(params).get("bias", 0)
    return squares - 2 * product + jnp.sum(kernel**2, tuple(range(kernel.ndim - 1)))


def require_all_inputs(layer: Layer) -> None:
    """Check that all units of a layer receive the same inputs, without which they cannot compete.

    Raises:
        InvalidValue: If connections are missing.
    """
    if layer.has_missing_connections:
        raise InvalidValue(
            f"{layer!r}: this rule lets units compete, which is not possible if they receive different inputs. "
            "Use the layer without Wired, or another rule."
        )


def mean_of_units(batch: Batch, values: Float[Array, "batch *places units"]) -> Float[Array, "units"]:
    """Return the weighted mean of each unit over the rows and places."""
    places = values.size // (values.shape[0] * values.shape[-1])
    return jnp.sum(row_shares(batch, values) * values, tuple(range(values.ndim - 1))) / places


def _one_unit_of_ones(params: Params) -> Params:
    """Return parameters of a single unit with weights of 1, whose potential is a sum over its inputs."""
    ones = {name: jnp.zeros_like(array[..., :1]) for name, array in by_name(params).items()}
    return {**ones, "kernel": jnp.ones_like(params["kernel"][..., :1])}


def _change(params: Params, moved: Float[Array, "*window channels units"]) -> Params:
    change = {name: jnp.zeros_like(array) for name, array in by_name(params).items()}
    change["kernel"] = moved - params["kernel"]
    if "bias" in params:
        change["bias"] = -0.5 * jnp.sum(moved**2, tuple(range(moved.ndim - 1))) - params["bias"]
    return change
