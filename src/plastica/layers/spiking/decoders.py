"""Decoders: one answer for a sequence of spikes or potentials."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ...declaration import declaration
from ...typing import Float
from ..layer import Context, Layer, Params, Shape, State
from .units_in_time import in_time, real_steps, time_major
from .units_of_measure import require_times


class Decoder(Layer):
    """Base of decoders, from ``(batch, time, ...)`` to ``(batch, ...)``."""

    @property
    def loses_mask(self) -> bool:
        return False

    def output_shape(self, shape: Shape) -> Shape:
        return in_time(self, shape)[1:]

    def decode(self, steps: Float[Array, "time batch *units"], real: Array) -> Float[Array, "batch *units"]:
        """Return the answer for steps, of which the real ones are 1 in ``real`` and the others 0."""
        raise NotImplementedError

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        steps = time_major(x)
        real = real_steps(steps, context)
        ones = jnp.ones((len(steps), *[1] * (steps.ndim - 1)), steps.dtype)
        return self.decode(steps, ones if real is None else real.astype(steps.dtype)), state


@declaration
class SpikeCount(Decoder):
    """The number of spikes of each unit, or their rate; the most active unit wins.

    When to use: behind the last spiking layer, with a loss of logits such as
    ``SparseCategoricalCrossentropy(from_logits=True)``.

    Args:
        rate: Whether to divide by the number of steps.

    Shapes:
        ``(batch, time, ...) -> (batch, ...)``.

    Raises:
        ShapeError: If inputs have no axis of time.

    Example:
        >>> SpikeCount().apply({}, jnp.array([[[1.0, 0.0], [1.0, 1.0]]]))[0].tolist()
        [[2.0, 1.0]]
    """

    rate: bool = False

    def decode(self, steps: Float[Array, "time batch *units"], real: Array) -> Float[Array, "batch *units"]:
        count = jnp.sum(steps * real, 0)
        return count / _number_of(steps, real) if self.rate else count


@declaration
class FirstSpike(Decoder):
    """Minus the time of the first spike of each unit, in milliseconds; the fastest unit wins.

    A unit that stays silent has minus the duration of the sequence. The gradient is that of the number of silent steps
    written as a sum of products, sum_t prod_(s <= t) (1 - spike_s).

    Args:
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...) -> (batch, ...)``.

    Raises:
        ShapeError: If inputs have no axis of time.

    Example:
        >>> FirstSpike().apply({}, jnp.array([[[0.0, 1.0], [1.0, 1.0]]]))[0].tolist()
        [[-1.0, 0.0]]
    """

    dt: float = 1.0

    def __post_init__(self) -> None:
        require_times(self)

    def decode(self, steps: Float[Array, "time batch *units"], real: Array) -> Float[Array, "batch *units"]:
        silent = jnp.cumprod(1 - steps * real, 0)
        return 0 - self.dt * jnp.sum(silent * real, 0)


@declaration
class MembraneMean(Decoder):
    """The mean over time, for readouts that do not spike.

    Shapes:
        ``(batch, time, ...) -> (batch, ...)``.

    Raises:
        ShapeError: If inputs have no axis of time.

    Example:
        >>> MembraneMean().apply({}, jnp.array([[[1.0], [3.0]]]))[0].tolist()
        [[2.0]]
    """

    def decode(self, steps: Float[Array, "time batch *units"], real: Array) -> Float[Array, "batch *units"]:
        return jnp.sum(steps * real, 0) / _number_of(steps, real)


@declaration
class MembraneMax(Decoder):
    """The largest value over time, for readouts that do not spike: patterns may come at any time.

    Shapes:
        ``(batch, time, ...) -> (batch, ...)``.

    Raises:
        ShapeError: If inputs have no axis of time.

    Example:
        >>> MembraneMax().apply({}, jnp.array([[[1.0], [3.0]]]))[0].tolist()
        [[3.0]]
    """

    def decode(self, steps: Float[Array, "time batch *units"], real: Array) -> Float[Array, "batch *units"]:
        return jnp.max(jnp.where(real > 0, steps, -jnp.inf), 0)


@declaration
class MembraneLast(Decoder):
    """The value at the last real step, for readouts that do not spike.

    Shapes:
        ``(batch, time, ...) -> (batch, ...)``.

    Raises:
        ShapeError: If inputs have no axis of time.

    Example:
        >>> MembraneLast().apply({}, jnp.array([[[1.0], [3.0]]]))[0].tolist()
        [[3.0]]
    """

    def decode(self, steps: Float[Array, "time batch *units"], real: Array) -> Float[Array, "batch *units"]:
        # The last real step is the one after which no other is real.
        later = jnp.flip(jnp.cumsum(jnp.flip(real, 0), 0), 0)
        return jnp.sum(steps * real * (later == 1), 0)


def _number_of(steps: Array, real: Array) -> Array:
    """Return how many steps are real."""
    return jnp.maximum(jnp.sum(jnp.broadcast_to(real, (len(steps), *real.shape[1:])), 0), 1)
