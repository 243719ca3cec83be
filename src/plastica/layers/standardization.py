"""Normalization: inputs with mean 0 and variance 1, from the mean and variance of data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..initializers import Ones, Zeros
from ..random import Shape
from ..typing import Params, State
from .adapting import Adaptive
from .layer import Context

EPSILON = 1e-7  # keras.backend.epsilon()
Statistic = float | tuple[Any, ...]


@declaration
class Normalization(Adaptive):
    """Subtract the mean of the data and divide by their standard deviation: z = (x - mean) / max(sqrt(variance), 1e-7).

    For inputs on different scales, right behind the input. The numbers come from ``layer.adapt(x)``, from
    ``model.adapt(x)`` or, if neither was called, from the training rows of the first ``fit``; training does not change
    them, unlike those of ``BatchNormalization``.

    Args:
        axis: The axes, counted with the batch, that have a mean for each place: -1, the default, for each feature or
            channel; None for one mean of everything.
        mean, variance: Known numbers, instead of data: one number, or nested lists of the kept axes' shape.
        invert: Whether to map standardized numbers back: z = x sqrt(variance) + mean.

    Shapes:
        ``(batch, ...)`` in and out. State, without given numbers: mean and variance of the kept axes' shape, count.

    Raises:
        InvalidValue: If only one of mean and variance is given, or their shapes differ.
        ShapeError: If the inputs do not have the axes, or the given numbers do not fit them.
        NotFitted: If it is used before it has seen data.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt([[1.0, 20.0], [3.0, 40.0]])
        >>> layer([[2.0, 40.0]])
        array([[0., 1.]], dtype=float32)
    """

    axis: int | tuple[int, ...] | None = -1
    mean: Statistic | None = None
    variance: Statistic | None = None
    invert: bool = False

    def __post_init__(self) -> None:
        for name in ("mean", "variance"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, _nested(_numbers(name, value)))
        if (self.mean is None) != (self.variance is None):
            raise InvalidValue("Normalization: give both mean and variance, or neither and data to adapt().")
        shapes = [() if each is None else np.shape(each) for each in (self.mean, self.variance)]
        if shapes[0] != shapes[1]:
            raise InvalidValue(f"Normalization: mean has shape {shapes[0]} and variance {shapes[1]}; they must agree.")

    @property
    def stepwise(self) -> bool:
        return self.axis in (None, -1, (-1,))

    def output_shape(self, shape: Shape) -> Shape:
        self._kept(len(shape) + 1)
        return tuple(shape)

    def fresh(self, rng: np.random.Generator, shape: Shape) -> State:
        if self.mean is not None:
            return {}
        kept = tuple((0, *shape)[axis] for axis in self._kept(len(shape) + 1))
        return {"mean": Zeros()(rng, kept), "variance": Ones()(rng, kept), "count": Zeros()(rng, ())}

    def is_adapted(self, state: State) -> bool:
        # Numbers from Keras come with the count 0.
        return bool(super().is_adapted(state) or np.any(state["mean"] != 0) or np.any(state["variance"] != 1))

    def found_in(self, batches: Iterator[np.ndarray]) -> State:
        if self.mean is not None:
            raise InvalidValue("Normalization: mean and variance are given; leave them out to compute them from data.")
        mean: np.ndarray | float = 0.0
        spread: np.ndarray | float = 0.0
        count = 0
        for batch in batches:
            kept = self._kept(batch.ndim)
            reduced = tuple(axis for axis in range(batch.ndim) if axis not in kept)
            rows = batch.astype(np.float64)
            size = int(np.prod([rows.shape[axis] for axis in reduced]))
            apart = rows.mean(reduced) - mean
            # Chan, Golub, LeVeque (1983), Algorithms for computing the sample variance, equation 2.1.
            spread = spread + rows.var(reduced) * size + apart**2 * (count * size / (count + size))
            mean = mean + apart * (size / (count + size))
            count += size
        return _state(mean, spread / count, count)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        mean, scale = self._numbers(x, state)
        return (x * scale + mean if self.invert else (x - mean) / scale), state

    def _numbers(self, x: jax.Array, state: State) -> tuple[jax.Array, jax.Array]:
        """Return mean and standard deviation in a shape that spreads over the inputs."""
        kept = self._kept(x.ndim)
        given: tuple[Any, Any] = (self.mean, self.variance)
        mean, variance = given if self.mean is not None else (state["mean"], state["variance"])
        shape = [x.shape[axis] if axis in kept else 1 for axis in range(x.ndim)]
        sizes = tuple(x.shape[axis] for axis in kept)
        # Given numbers of fewer axes belong to the last of the kept ones.
        if np.shape(mean) != sizes[len(sizes) - np.ndim(mean) :]:
            raise ShapeError(
                f"Normalization: mean has shape {np.shape(mean)}, but the inputs have {sizes} places along axis "
                f"{self.axis}."
            )
        mean, variance = (
            jnp.broadcast_to(jnp.asarray(each, x.dtype), sizes).reshape(shape) for each in (mean, variance)
        )
        return mean, jnp.maximum(jnp.sqrt(variance), jnp.asarray(EPSILON, x.dtype))

    def _kept(self, axes: int) -> tuple[int, ...]:
        given = () if self.axis is None else self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if any(not -axes <= axis < axes or axis % axes == 0 for axis in given):
            raise ShapeError(
                f"Normalization(axis={self.axis}): inputs have {axes} axes with the batch; expected axes from 1 to "
                f"{axes - 1}, or negative ones. For one number per row: axis=None."
            )
        return tuple(sorted(axis % axes for axis in given))


def _state(mean: np.ndarray | float, variance: np.ndarray | float, count: int) -> dict[str, np.ndarray]:
    return {
        "mean": np.asarray(mean, np.float32),
        "variance": np.asarray(variance, np.float32),
        "count": np.asarray(count, np.float32),
    }


def _nested(array: np.ndarray) -> Statistic:
    return float(array) if array.ndim == 0 else tuple(_nested(part) for part in array)


def _numbers(name: str, value: object) -> np.ndarray:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(
            f"Normalization({name}={value!r}): {name} must be a number or an array of numbers."
        ) from error
