"""Kohonen's self-organizing map: the nearest unit learns, together with its neighbours on the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.capabilities import UnitMap
from ..layers.layer import Layer, Params, Record
from ..optimizers import Adam, Optimizer
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Int, Memory
from .facts import Facts
from .local import LayerRule, Learned, row_shares
from .rule import Batch

NEIGHBOURHOODS = ("gaussian", "bubble")
DECAYS = ("exponential", "linear", "inverse")
UPDATES = ("sum", "mean", "batch_map")
MAP_END, READ_OUT_END = 1.0, 0.3  # the radius at the end, in units of the distance between neighbours
FULL_STEP = ("a number in (0, 1]", lambda v: 0 < v <= 1)
Number = Array | float  # may be traced


@declaration
class Kohonen(LayerRule):
    """Kohonen's self-organizing map: the unit nearest to an input and its neighbours on the map move towards the input.

    When to use: to look at high-dimensional data on a map with two dimensions, where similar rows are close to each
    other. The layer is a :class:`~plastica.layers.Grid`; views of the map are in ``plastica.maps``.

        c    = argmin_i |x - m_i|
        m_i <- m_i + alpha(t) h_ci(t) (x - m_i)

    with h_ci = exp(-|r_c - r_i|^2 / 2 radius(t)^2) for positions r on the map, or h_ci = 1 within the radius and 0
    outside. With ``batch_size=1`` each step is exactly this. In a larger batch, the nearest unit of each row b is found
    on the map before the step, and all rows make one step together:

        sum:        m_i <- m_i + alpha sum_b h_bi (x_b - m_i) / max(1, sum_b h_bi)
        mean:       m_i <- m_i + alpha sum_b h_bi (x_b - m_i) / rows
        batch_map:  m_i <- m_i + alpha sum_b h_bi (x_b - m_i) / sum_b h_bi

    The sum is what single steps would add up to, but never beyond the weighted mean of the rows. Epochs with batches
    thus do about as much as epochs with single rows, and run faster. With alpha = 1 and all rows in one batch, the last
    is Kohonen's batch map.

    The loss in the history is the quantization error, the mean distance (not squared) of the rows from their nearest
    units.

    Args:
        learning_rate: alpha at the start of the run; 1 moves the nearest unit onto the row.
        learning_rate_end: alpha at the end.
        radius: The radius at the start. None: half of the largest distance on the map, so that at first nearly all
            units learn from each row and the map unfolds as a whole.
        radius_end: The radius at the end. 1, the distance of neighbours, keeps the map ordered; less fits the rows
            better. None: 1 for a map that is trained alone, to be looked at, and 0.3 below a readout, for which units
            should distinguish rows and order does not matter.
        decay: How both change from start to end with the completed fraction p of the run: ``"exponential"``, start (end
            / start)^p; ``"linear"``; ``"inverse"``, start / (1 + (start / end - 1) p).
        neighbourhood: h, ``"gaussian"`` or ``"bubble"``.
        update: How the rows of a batch are combined: ``"sum"``, ``"mean"`` or ``"batch_map"``.

    Raises:
        InvalidValue: If a learning rate is outside (0, 1], a radius is not above 0, or a choice is unknown; when
            training begins, for layers whose units have no position on a map.

    Example:
        >>> Kohonen(radius=3)
        Kohonen(radius=3.0)

    Reference:
        T. Kohonen, 1982, Self-organized formation of topologically correct feature maps.
        T. Kohonen, 1990, The self-organizing map, Proceedings of the IEEE 78, eq. 5 and 8.
        T. Kohonen, 2001, Self-organizing maps, third edition, eq. 3.28 (the batch map).
    """

    facts: ClassVar[Facts | None] = Facts(
        "Kohonen 1982",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "All units know the position of the winner on the map and the radius of its neighbourhood."},
    )

    # For the readout: if only the winner is active, each weight learns from few rows and needs larger steps.
    usual_optimizer: ClassVar[Optimizer] = Adam(0.01)

    learning_rate: float = 0.5
    learning_rate_end: float = 0.02
    radius: float | None = None
    radius_end: float | None = None
    decay: str = "exponential"
    neighbourhood: str = "gaussian"
    update: str = "sum"

    def __post_init__(self) -> None:
        require_numbers(self, dict.fromkeys(("learning_rate", "learning_rate_end"), FULL_STEP))
        require_numbers(self, dict.fromkeys(("radius", "radius_end"), ABOVE_ZERO))
        for name, known in (("decay", DECAYS), ("neighbourhood", NEIGHBOURHOODS), ("update", UPDATES)):
            if (value := getattr(self, name)) not in known:
                raise InvalidValue(f"Kohonen({name}={value!r}): expected one of {', '.join(known)}.")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        if not units:
            return [last]
        return stacks.grid(max(units), last)  # a second map on top of the first shows nothing new

    def require(self, layer: Layer) -> None:
        if layer.offer(UnitMap) is None:
            raise InvalidValue(
                f"{type(layer).__name__}: Kohonen works on layers whose units have positions on a map. Use Grid(10, "
                "10), or another rule."
            )

    def under_read_out(self) -> LayerRule:
        return replace(self, radius_end=READ_OUT_END) if self.radius_end is None else self

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        nearest = jnp.argmax(record.potential, -1)
        # From the potential, -|x - m|^2 / 2: reading the weights of the nearest units would copy all weights each time.
        figure = _mean(jnp.sqrt(jnp.maximum(-2.0 * jnp.max(record.potential, -1), 0.0)), batch)
        h = self.spread(layer, nearest, batch.progress)
        share = batch.weight[:, None] * h
        pulled = record.pull_synapse(share)[0]["kernel"] / self._divisor(
            share, batch
        )  # sum over the rows of share * (x - m)
        rate = decayed(self.decay, self.learning_rate, self.learning_rate_end, batch.progress)
        return Learned({"kernel": rate * pulled}, memory, figure)

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        # From the weights, not the potential, which loses digits where it is a small difference of large numbers.
        nearest = jnp.argmax(record.potential, -1)
        return _mean(jnp.linalg.norm(record.input.T - params["kernel"][:, nearest], axis=0), batch)

    def spread(
        self, layer: Layer, nearest: Int[Array, "batch"], progress: Float[Array, ""] | float
    ) -> Float[Array, "batch units"]:
        """Return h, the strength with which each unit learns if these units are the nearest."""
        places = layer.offer(UnitMap)
        assert places is not None  # see require
        apart = places.map_distances(nearest)
        start, end = self.radius, MAP_END if self.radius_end is None else self.radius_end
        if start is None:
            start = jnp.maximum(0.5 * jnp.sqrt(jnp.max(places.map_distances(0))), end)
        radius = decayed(self.decay, start, end, progress)
        if self.neighbourhood == "bubble":
            return (apart <= radius * radius).astype(apart.dtype)
        return jnp.exp(apart / (-2.0 * radius * radius))

    def _divisor(self, share: Float[Array, "batch units"], batch: Batch) -> Float[Array, "*units"]:
        """Return the divisor of the summed moves of each unit."""
        if self.update == "mean":
            return batch.size
        total = jnp.sum(share, 0)
        return jnp.maximum(total, 1.0) if self.update == "sum" else jnp.where(total > 0, total, 1.0)


def decayed(decay: str, start: Number, end: Number, progress: Number) -> Number:
    """Return the current value of a number that changes from start to end over the run.

    Args:
        decay: ``"exponential"``, ``"linear"`` or ``"inverse"``.
        start: The value at the start.
        end: The value at the end.
        progress: The completed fraction of the run.
    """
    if decay == "linear":
        return start + (end - start) * progress
    if decay == "inverse":
        return start / (1.0 + (start / end - 1.0) * progress)
    return start * (end / start) ** progress


def _mean(distance: Float[Array, "batch"], batch: Batch) -> Float[Array, ""]:
    return jnp.sum(row_shares(batch, distance) * distance)
