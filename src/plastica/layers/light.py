"""Random brightness and contrast of pictures in training."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import Float
from .augmentation import Factor, RandomImage, check_factor, drawn


class RandomLight(RandomImage):
    """Base class of changes of the values of pixels, which stay in ``value_range``."""

    factor: Factor
    value_range: tuple[float, float]

    def __post_init__(self) -> None:
        owner = type(self).__name__
        check_factor(owner, "factor", self.factor, -1, 1)
        object.__setattr__(self, "value_range", tuple(float(bound) for bound in self.value_range))
        if len(self.value_range) != 2 or not self.value_range[0] < self.value_range[1]:
            raise InvalidValue(
                f"{owner}: value_range={self.value_range!r}; expected the smallest and the largest value, (0, 255)."
            )


@declaration
class RandomBrightness(RandomLight):
    """Add a random number to all pixels of each picture.

    Args:
        factor: The largest number in either direction as a fraction of the range of values; or the smallest and the
            largest.
        value_range: The smallest and the largest value of pixels. ``(0, 255)``, as in Keras; for pictures that were
            scaled before, ``(0, 1)``.
        seed: Distinguishes layers that are equal otherwise.

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: If the factor is outside [-1, 1] or the range is empty.
        ShapeError: If inputs are not pictures.
    """

    factor: Factor
    value_range: tuple[float, float] = (0.0, 255.0)
    seed: int | None = None

    def changed(
        self, x: Float[Array, "batch height width channels"], key: Key
    ) -> Float[Array, "batch height width channels"]:
        """Return brighter and darker pictures."""
        low, high = self.value_range
        more = drawn(key, 0, x.shape[0], self.factor) * (high - low)
        return brightened(x, more, self.value_range)


@declaration
class RandomContrast(RandomLight):
    """Multiply the distance of all pixels of each picture from the mean of their channel by a random factor.

    Args:
        factor: The largest change of the contrast in either direction, such as 0.2 for 80 to 120 %; or the largest
            decrease and the largest increase, ``(0.3, 0.1)`` for 70 to 110 %.
        value_range: As for :class:`RandomBrightness`.
        seed: Distinguishes layers that are equal otherwise.

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: If the factor is outside [0, 1] or the range is empty.
        ShapeError: If inputs are not pictures.
    """

    factor: Factor
    value_range: tuple[float, float] = (0.0, 255.0)
    seed: int | None = None

    def __post_init__(self) -> None:
        bounds = self.factor if isinstance(self.factor, tuple) else (self.factor,)
        if not all(0 <= bound <= 1 for bound in bounds):
            raise InvalidValue(f"RandomContrast: factor={self.factor!r}; expected numbers from 0 to 1.")
        super().__post_init__()

    def changed(
        self, x: Float[Array, "batch height width channels"], key: Key
    ) -> Float[Array, "batch height width channels"]:
        """Return pictures with more and with less contrast."""
        less, more = self.factor if isinstance(self.factor, tuple) else (self.factor, self.factor)
        times = 1 - less + (less + more) * random.uniform(random.fold(key, 0), x.shape[:1])
        return contrasted(x, times, self.value_range)


def brightened(
    x: Float[Array, "batch height width channels"],
    more: Float[Array, "batch"],
    value_range: tuple[float, float],
) -> Float[Array, "batch height width channels"]:
    """Return pictures to which a number was added."""
    return jnp.clip(x + more[:, None, None, None].astype(x.dtype), *value_range)


def contrasted(
    x: Float[Array, "batch height width channels"],
    times: Float[Array, "batch"],
    value_range: tuple[float, float],
) -> Float[Array, "batch height width channels"]:
    """Return pictures whose distance from the mean of each channel was multiplied."""
    mean = jnp.mean(x, axis=(1, 2), keepdims=True)
    return jnp.clip((x - mean) * times[:, None, None, None].astype(x.dtype) + mean, *value_range)
