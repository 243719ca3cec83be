"""Kohonen's self-organizing map: the nearest unit learns, and its neighbours on the map with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.capabilities import UnitMap
from ..layers.layer import Layer, Params, Record
from ..optimizers import Adam, Optimizer
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .facts import Facts
from .local import LayerRule, Learned, row_shares
from .rule import Batch

NEIGHBOURHOODS = ("gaussian", "bubble")
DECAYS = ("exponential", "linear", "inverse")
UPDATES = ("sum", "mean", "batch_map")
MAP_END, READ_OUT_END = 1.0, 0.3  # the radius at the end, in distances between neighbours on the map
FULL_STEP = ("a number in (0, 1]", lambda v: 0 < v <= 1)


@declaration
class Kohonen(LayerRule):
    """Move the nearest unit and its neighbours on the map towards each input, so that the map unfolds over the data.

    For looking at data in many dimensions on a map in two: near rows of the data come to near places of the map. The
    layer is a :class:`~plastica.layers.Grid`; what the map shows is in ``plastica.maps``.

        c    = argmin_i |x - m_i|
        m_i <- m_i + alpha(t) h_ci(t) (x - m_i)

    with h_ci = exp(-|r_c - r_i|^2 / 2 radius(t)^2) for places r on the map, or h_ci = 1 within the radius and 0
    outside. With ``batch_size=1`` each step is just that. In a larger batch each row b finds its nearest unit in the
    map as it was, and they make one step together:

        sum:        m_i <- m_i + alpha sum_b h_bi (x_b - m_i) / max(1, sum_b h_bi)
        mean:       m_i <- m_i + alpha sum_b h_bi (x_b - m_i) / rows
        batch_map:  m_i <- m_i + alpha sum_b h_bi (x_b - m_i) / sum_b h_bi

    The sum is what single steps would add up to, but never past the weighted mean of the rows, so that epochs of
    batches do about what epochs of rows do, and faster. With alpha = 1 and all rows in one batch the last is Kohonen's
    batch map.

    The figure is the quantization error, the mean distance (not squared) of the rows from their nearest units.

    Args:
        learning_rate: alpha at the start of the run; 1 puts the nearest unit onto the row.
        learning_rate_end: alpha at its end.
        radius: The radius at the start; None is half of the largest distance on the map, so that at first nearly all
            units learn from each row and the map takes up its large order.
        radius_end: The radius at the end; 1, the nearest neighbours, keeps the map's order, less fits the rows better.
            None takes 1 for a map that is learned alone, to be looked at, and 0.3 under a read-out, which asks for
            units that tell rows apart and not for order.
        decay: How both go from start to end with the share p of the run's steps done: ``"exponential"``, start
            (end / start)^p; ``"linear"``; ``"inverse"``, start / (1 + (start / end - 1) p).
        neighbourhood: h, ``"gaussian"`` or ``"bubble"``.
        update: How the rows of a batch act together: ``"sum"``, ``"mean"`` or ``"batch_map"``.

    Raises:
        InvalidValue: For a rate outside (0, 1], a radius that is not above 0, and other words; when a network begins to
            learn, for layers whose units have no places on a map.

    Example:
        >>> Kohonen(radius=3)
        Kohonen(radius=3.0)

    Reference:
        Kohonen (1982), Self-organized formation of topologically correct feature maps; Kohonen (1990), The
        self-organizing map, Proceedings of the IEEE 78, equations 5 and 8; the batch map: Kohonen (2001),
        Self-Organizing Maps, third edition, equation 3.28.
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

    # For the read-out of a loss: where the grid answers by its winner alone, a weight learns from few of the rows.
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
                raise InvalidValue(f"Kohonen({name}={value!r}): give one of {', '.join(known)}.")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        if not units:
            return [last]
        return stacks.grid(max(units), last)  # one map: a map of a map shows nothing more

    def require(self, layer: Layer) -> None:
        if layer.offer(UnitMap) is None:
            raise InvalidValue(
                f"{type(layer).__name__}: Kohonen works on layers whose units have places on a map. Put Grid(10, 10) "
                "there, or take another rule."
            )

    def under_read_out(self) -> LayerRule:
        return replace(self, radius_end=READ_OUT_END) if self.radius_end is None else self

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        nearest = jnp.argmax(record.potential, -1)
        # Taken from the potential: to look at the weights of the nearest unit would cost a copy of all weights a step.
        figure = _mean(jnp.sqrt(jnp.maximum(-2.0 * jnp.max(record.potential, -1), 0.0)), batch)
        h = self.spread(layer, nearest, batch.progress)
        share = batch.weight[:, None] * h
        pulled = record.pull_synapse(share)[0]["kernel"] / self._divisor(share, batch)  # sum over rows of share (x - m)
        rate = decayed(self.decay, self.learning_rate, self.learning_rate_end, batch.progress)
        return Learned({"kernel": rate * pulled}, memory, figure)

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        # From the weights themselves: the potential of many rows is a small difference of larger numbers.
        nearest = jnp.argmax(record.potential, -1)
        return _mean(jnp.linalg.norm(record.input.T - params["kernel"][:, nearest], axis=0), batch)

    def spread(self, layer: Layer, nearest: jax.Array, progress: Any) -> jax.Array:
        """Return h, how far each unit learns with the nearest ones ``(rows,)``: ``(rows, units)``."""
        places: Any = layer.offer(UnitMap)
        apart = places.map_distances(nearest)
        start, end = self.radius, MAP_END if self.radius_end is None else self.radius_end
        if start is None:
            start = jnp.maximum(0.5 * jnp.sqrt(jnp.max(places.map_distances(0))), end)
        radius = decayed(self.decay, start, end, progress)
        if self.neighbourhood == "bubble":
            return (apart <= radius * radius).astype(apart.dtype)
        return jnp.exp(apart / (-2.0 * radius * radius))

    def _divisor(self, share: jax.Array, batch: Batch) -> jax.Array:
        if self.update == "mean":
            return batch.size
        total = jnp.sum(share, 0)
        return jnp.maximum(total, 1.0) if self.update == "sum" else jnp.where(total > 0, total, 1.0)


def decayed(decay: str, start: Any, end: Any, progress: Any) -> Any:
    """Return what a number that goes from start to end over the run has come to.

    Args:
        decay: ``"exponential"``, ``"linear"`` or ``"inverse"``.
        start: Its value at the beginning.
        end: Its value at the end.
        progress: The share of the run that is done.
    """
    if decay == "linear":
        return start + (end - start) * progress
    if decay == "inverse":
        return start / (1.0 + (start / end - 1.0) * progress)
    return start * (end / start) ** progress


def _mean(distance: jax.Array, batch: Batch) -> jax.Array:
    return jnp.sum(row_shares(batch, distance) * distance)
