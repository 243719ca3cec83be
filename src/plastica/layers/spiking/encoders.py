"""Encoders: from numbers to spikes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from ... import random
from ...declaration import declaration
from ...errors import DataError, InvalidValue, ShapeError
from ...schedules.checks import ABOVE_ZERO, require_numbers
from ...typing import Float, Mask
from ..layer import Context, Layer, Params, Shape, State
from .units_in_time import as_floats, in_time
from .units_of_measure import RATE, require_measures, require_times


class Encoder(Layer):
    """Base of encoders, which repeat each row of numbers over steps as spikes."""

    steps: int

    def output_shape(self, shape: Shape) -> Shape:
        return (self.steps, *shape)

    def spikes(self, x: Float[Array, "batch *features"], context: Context) -> Float[Array, "batch time *features"]:
        """Return the spikes of rows of numbers."""
        raise NotImplementedError

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        check_known(self, x)
        return jax.lax.stop_gradient(self.spikes(as_floats(x), context)), state

    def check_input(self, x: np.ndarray) -> None:
        low, high = float(np.min(x, initial=0)), float(np.max(x, initial=0))
        if not (low >= 0 and high <= 1):
            raise DataError(
                f"{type(self).__name__}: got numbers from {low:.4g} to {high:.4g}; it encodes intensities from 0 to 1. "
                "Divide pixels by 255, or scale each feature to that range."
            )


def check_known(layer: Layer, x: jax.Array) -> None:
    """Check inputs of a layer where they are known: not in a compiled program, before which a model has checked them.

    Raises:
        DataError: As ``check_input`` of the layer.
    """
    if not isinstance(x, Tracer):
        layer.check_input(np.asarray(x))


def require_steps(layer: Encoder) -> None:
    """Check the number of steps of an encoder.

    Raises:
        InvalidValue: If it is below 1.
    """
    if layer.steps < 1:
        raise InvalidValue(f"{type(layer).__name__}(steps={layer.steps!r}): expected a whole number of at least 1.")


def uniform_of_rows(seed: int, rows: int, shape: Shape, context: Context) -> Float[Array, "batch *shape"]:
    """Return uniform random numbers: in training new ones for each row, ``(rows, *shape)``; else one set, ``shape``."""
    if context.training and context.key is not None:
        return random.uniform(random.fold(context.key, seed), (rows, *shape))
    return random.uniform(jnp.asarray(random.seed_key(seed)), shape)


@declaration
class RateEncoder(Encoder):
    """Spikes whose rate is the intensity: Poisson spikes, or regular ones.

        P(spike in a step) = x max_rate dt / 1000

    When to use: as the first layer, for pictures and rows of numbers from 0 to 1. In training each row of a batch has
    random numbers of its own, new ones at each step; in prediction all rows share the same, so that answers can be
    repeated.

    Args:
        steps: The number of steps.
        max_rate: The rate at intensity 1, in spikes per second (Hz).
        dt: The duration of a step, in milliseconds.
        poisson: Whether spikes are random. False: regular, at the steps where the sum of x max_rate dt / 1000 passes a
            whole number.
        seed: Distinguishes encoders that are equal otherwise.

    Shapes:
        ``(batch, ...) -> (batch, steps, ...)``.

    Raises:
        InvalidValue: If ``steps`` is below 1, or the rate is not above 0, in another unit or beyond one spike a step.
        DataError: If inputs are outside 0 to 1.

    Example:
        >>> RateEncoder(10, max_rate=500, poisson=False).apply({}, jnp.array([[0.0, 1.0]]))[0].sum(1).tolist()
        [[0.0, 5.0]]

    Reference:
        E. D. Adrian, 1926, The impulses produced by sensory nerve endings; P. Dayan, L. F. Abbott, 2001, Theoretical
        neuroscience, section 1.4.
    """

    steps: int = 100
    max_rate: float = 100.0
    dt: float = 1.0
    poisson: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        require_steps(self)
        require_times(self)
        require_numbers(self, {"max_rate": ABOVE_ZERO})
        if isinstance(self.max_rate, float) and self.max_rate * self.dt > 1000:
            raise InvalidValue(
                f"RateEncoder(max_rate={self.max_rate:g}, dt={self.dt:g}): more than one spike a step; at most "
                f"{1000 / self.dt:g} Hz."
            )
        require_measures(self, {"max_rate": RATE})

    def spikes(self, x: Float[Array, "batch *features"], context: Context) -> Float[Array, "batch time *features"]:
        probability = x[:, None] * (self.max_rate * self.dt / 1000)
        if not self.poisson:
            times = jnp.arange(1, self.steps + 1, dtype=x.dtype).reshape(-1, *[1] * (x.ndim - 1))
            # The small number lets exact fractions, such as 10 * 0.1, reach their whole number in float32.
            count = jnp.floor(times * probability + 1e-4)
            return count - jnp.floor((times - 1) * probability + 1e-4)
        drawn = uniform_of_rows(self.seed, x.shape[0], (self.steps, *x.shape[1:]), context)
        return (drawn < probability).astype(x.dtype)


@declaration
class LatencyEncoder(Encoder):
    """One spike for each number, the earlier the larger it is: at step round((1 - x) (steps - 1)); none for 0.

    When to use: for few spikes and fast answers; behind it the first spike of a unit can decide.

    Args:
        steps: The number of steps.

    Shapes:
        ``(batch, ...) -> (batch, steps, ...)``.

    Raises:
        InvalidValue: If ``steps`` is below 1.
        DataError: If inputs are outside 0 to 1.

    Example:
        >>> LatencyEncoder(5).apply({}, jnp.array([[1.0, 0.5, 0.0]]))[0][0].argmax(0).tolist()
        [0, 2, 0]

    Reference:
        S. Thorpe, A. Delorme, R. Van Rullen, 2001, Spike-based strategies for rapid processing.
    """

    steps: int = 100

    def __post_init__(self) -> None:
        require_steps(self)

    def spikes(self, x: Float[Array, "batch *features"], context: Context) -> Float[Array, "batch time *features"]:
        when = jnp.round((1 - x) * (self.steps - 1))[:, None]
        times = jnp.arange(self.steps, dtype=x.dtype).reshape(-1, *[1] * (x.ndim - 1))
        return ((times == when) & (x[:, None] > 0)).astype(x.dtype)


@declaration
class DeltaEncoder(Layer):
    """Spikes where a series changes: an on and an off channel for each feature, as in event cameras.

    An on spike where a feature has risen by ``threshold`` or more since the step before, an off spike where it has
    fallen.

    Args:
        threshold: The change that makes a spike.

    Shapes:
        ``(batch, time, features) -> (batch, time, 2 features)``, on channels first; none at the first step.

    Raises:
        InvalidValue: If the threshold is not above 0.
        ShapeError: If inputs are not (time, features).

    Example:
        >>> DeltaEncoder(0.5).apply({}, jnp.array([[[0.0], [1.0], [0.8], [0.0]]]))[0][0].tolist()
        [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]

    Reference:
        P. Lichtsteiner, C. Posch, T. Delbruck, 2008, A 128 x 128 120 dB 15 μs latency asynchronous temporal contrast
        vision sensor.
    """

    threshold: float = 0.1

    def __post_init__(self) -> None:
        require_numbers(self, {"threshold": ABOVE_ZERO})

    @property
    def keeps_time(self) -> bool:
        return True

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return mask

    def output_shape(self, shape: Shape) -> Shape:
        if len(in_time(self, shape)) != 2:
            raise ShapeError(f"DeltaEncoder: got inputs of shape {shape}; it expects (time, features).")
        return (shape[0], 2 * shape[1])

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        x = as_floats(x)
        change = jnp.diff(x, axis=1, prepend=x[:, :1])
        both = jnp.concatenate([change, -change], axis=-1)
        return jax.lax.stop_gradient((both >= self.threshold).astype(x.dtype)), state


@declaration
class PopulationEncoder(Layer):
    """Intensities of units with bell-shaped tuning curves, several for each feature, for ``RateEncoder`` behind it.

        a_k = exp(-(x - c_k)^2 / (2 s^2)),   c_1 = low, ..., c_units = high,   s = width (c_2 - c_1)

    When to use: for features whose value and not only size should matter, such as angles, positions and prices.

    Args:
        units: The number of units for each feature, at least 2.
        low: The smallest value, the centre of the first unit.
        high: The largest value, the centre of the last unit.
        width: The standard deviation of a tuning curve, in distances between centres.

    Shapes:
        ``(batch, ..., features) -> (batch, ..., features * units)``, the units of a feature side by side.

    Raises:
        InvalidValue: If there are fewer than two units, or low is not below high.

    Example:
        >>> PopulationEncoder(3, 0.0, 2.0).apply({}, jnp.array([[1.0]]))[0][0, 1].item()
        1.0

    Reference:
        A. P. Georgopoulos, A. B. Schwartz, R. E. Kettner, 1986, Neuronal population coding of movement direction.
    """

    units: int
    low: float = 0.0
    high: float = 1.0
    width: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"width": ABOVE_ZERO})
        if self.units < 2:
            raise InvalidValue(f"PopulationEncoder(units={self.units}): expected at least 2.")
        if isinstance(self.low, float) and isinstance(self.high, float) and not self.low < self.high:
            raise InvalidValue(f"PopulationEncoder(low={self.low:g}, high={self.high:g}): low must be below high.")

    @property
    def stepwise(self) -> bool:
        return True

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] * self.units)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        x = as_floats(x)
        apart = (self.high - self.low) / (self.units - 1)
        centres = self.low + apart * jnp.arange(self.units, dtype=x.dtype)
        found = jnp.exp(-0.5 * jnp.square((x[..., None] - centres) / (self.width * apart)))
        return found.reshape(*x.shape[:-1], -1), state  # (batch, ..., features * units)
