"""Competitive learning: the winner takes all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.layer import INFERENCE, Layer, Params, Record
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, INSIDE_ONE, require_numbers
from .facts import Facts
from .local import LayerRule, Learned, like_rows, require_units, row_shares, widest
from .rule import Batch


@declaration
class Competitive(LayerRule):
    """Let the unit nearest to an input win it, and move the winner's weights towards the input.

    For clusters, and for features that each stand for one kind of input: units end at the means of the inputs that
    they win, as in k-means.

        delta w_j = learning_rate (x - w_j) for the winner j = argmin_i |x - w_i|^2 - c_i,  0 for all others
        b_j = -|w_j|^2 / 2

    With this bias the potential z_j = w_j'x + b_j = (|x|^2 - |x - w_j|^2) / 2 is largest for the nearest unit, and its
    softmax says how likely each unit is the input's own, were each the centre of a normal distribution of variance 1.
    A batch is taken as its rows one after another: a unit that wins n of them goes 1 - (1 - learning_rate)^n of the way
    to their mean.

    A unit that starts far from all inputs would never win. The conscience c_j = conscience d (1 - units p_j) holds back
    units that win too often: p_j is the share of inputs that unit j has won of late, and d the mean squared distance
    of the farthest unit, so that at 1 one that wins nothing is lent all it lacks, whatever the scale. Rate and
    conscience fall to 0 over the run in a straight line, so that in the end distance alone decides. Units should start
    no farther away than inputs lie apart, as they do by default: one very far off makes the conscience drown distance.

    The figure is the mean squared distance of the inputs to the nearest unit.

    Args:
        learning_rate: How far the winner goes for one input, at the beginning.
        conscience: How strongly winners are held back, at the beginning; 0 for not at all. With 1 no unit of 100 died
            on small digits, with 0.3 every second, with 0 all but one.
        lookback: Over how many wins of a unit, where all win alike, p looks back.

    Raises:
        InvalidValue: For numbers outside their range.

    Reference:
        Rumelhart, Zipser (1985), Feature discovery by competitive learning.
        DeSieno (1988), Adding a conscience to competitive learning.
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
        # One layer: of units that stand for clusters already, others would find the same clusters.
        return stacks.dense(widest(units), last, "softmax")

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def begin(self, layer: Layer, params: Params, key: jax.Array) -> Any:
        units = params["kernel"].shape[-1]
        return jnp.full((units,), 1 / units, params["kernel"].dtype)

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        kernel, left = params["kernel"], 1 - batch.progress
        distance = squared_distances(layer, params, record)
        nearest = mean_of_units(batch, jnp.min(distance, -1, keepdims=True))[0]
        farthest = jnp.max(mean_of_units(batch, distance))
        handicap = left * self.conscience * farthest * (1 - memory.size * memory)
        wins = jax.nn.one_hot(jnp.argmin(distance - handicap, -1), memory.size, dtype=distance.dtype)
        wins = wins * like_rows(batch.weight, wins)
        count = jnp.sum(wins, tuple(range(wins.ndim - 1)))
        mean = record.pull_synapse(wins)[0]["kernel"] / jnp.where(count > 0, count, 1)
        gone = -jnp.expm1(count * jnp.log1p(-self.learning_rate * left))
        moved = kernel + gone * (mean - kernel)
        total = jnp.sum(count)
        shares = jnp.where(total > 0, count / jnp.where(total > 0, total, 1), memory)
        lasting = jnp.exp(-total / (self.lookback * memory.size))
        kept = lasting * memory + (1 - lasting) * shares
        return Learned(_change(params, moved), kept, nearest)

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        nearest = jnp.min(squared_distances(layer, params, record), -1, keepdims=True)
        return mean_of_units(batch, nearest)[0]


def squared_distances(layer: Layer, params: Params, record: Record) -> jax.Array:
    """Return |x - w_j|^2 = |x|^2 - 2 w_j'x + |w_j|^2 for every unit, shaped like the potential.

    Raises:
        InvalidValue: For units that do not all listen to the same inputs.
    """
    kernel = params["kernel"]
    require_all_inputs(layer)
    if kernel.shape[-2] != record.input.shape[-1]:
        raise InvalidValue(
            f"{type(layer).__name__}: its kernel of shape {kernel.shape} receives {kernel.shape[-2]} of "
            f"{record.input.shape[-1]} channels; units that compete must receive the same inputs. Take groups=1."
        )
    squares, _ = layer.synapse(_one_unit_of_ones(params), record.input**2, {}, INFERENCE)
    product = record.potential - params.get("bias", 0)
    return squares - 2 * product + jnp.sum(kernel**2, tuple(range(kernel.ndim - 1)))


def require_all_inputs(layer: Layer) -> None:
    """See that all units of a layer receive the same inputs, without which they cannot compete.

    Raises:
        InvalidValue: If connections are missing.
    """
    if layer.has_missing_connections:
        raise InvalidValue(
            f"{layer!r}: this rule lets units compete, which is not possible if they receive different inputs. "
            "Use the layer without Wired, or another rule."
        )


def mean_of_units(batch: Batch, values: jax.Array) -> jax.Array:
    """Return each unit's weighted mean over rows and places, ``(batch, ..., units)`` to ``(units,)``."""
    places = values.size // (values.shape[0] * values.shape[-1])
    return jnp.sum(row_shares(batch, values) * values, tuple(range(values.ndim - 1))) / places


def _one_unit_of_ones(params: Params) -> Params:
    ones = {name: jnp.zeros_like(array[..., :1]) for name, array in params.items()}
    return {**ones, "kernel": jnp.ones_like(params["kernel"][..., :1])}


def _change(params: Params, moved: jax.Array) -> Params:
    change = {name: jnp.zeros_like(array) for name, array in params.items()}
    change["kernel"] = moved - params["kernel"]
    if "bias" in params:
        change["bias"] = -0.5 * jnp.sum(moved**2, tuple(range(moved.ndim - 1))) - params["bias"]
    return change
