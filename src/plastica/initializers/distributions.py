"""Normal and uniform initial values, of a given spread."""

from __future__ import annotations

from math import prod

import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Shape
from .initializer import Initializer

# The standard deviation of a standard normal distribution truncated at -2 and 2.
TRUNCATED_STDDEV = 0.87962566103423978


@declaration
class RandomNormal(Initializer):
    """A normal distribution.

    Args:
        mean: The mean. Default 0, as in Keras.
        stddev: The standard deviation. Default 0.05, as in Keras.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        _check_not_negative(self, "stddev", self.stddev)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return normal values."""
        return affine(rng.standard_normal(shape, np.float32), self.stddev, self.mean)


@declaration
class RandomUniform(Initializer):
    """A uniform distribution.

    Args:
        minval: The lower bound. Default -0.05, as in Keras.
        maxval: The upper bound. Default 0.05, as in Keras.
    """

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        if not self.minval <= self.maxval:
            raise InvalidValue(f"RandomUniform: minval={self.minval} is above maxval={self.maxval}; swap them.")

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values."""
        return affine(rng.random(shape, np.float32), self.maxval - self.minval, self.minval)


@declaration
class TruncatedNormal(Initializer):
    """A truncated normal distribution: values beyond two standard deviations are redrawn.

    Args:
        mean: The mean. Default 0, as in Keras.
        stddev: The standard deviation before truncation. Default 0.05, as in Keras.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        _check_not_negative(self, "stddev", self.stddev)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return normal values within two standard deviations."""
        return affine(truncated_normal(rng, shape), self.stddev, self.mean)


def truncated_normal(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """Return values of a standard normal distribution within two standard deviations."""
    values = rng.standard_normal(prod(shape), np.float32)
    outside = np.flatnonzero(np.abs(values) > 2)
    while outside.size:
        values[outside] = rng.standard_normal(outside.size, np.float32)
        outside = outside[np.abs(values[outside]) > 2]
    return values.reshape(shape)


def affine(values: np.ndarray, factor: float, shift: float) -> np.ndarray:
    """Return values times a factor, plus a shift; the array is changed in place."""
    values *= np.float32(factor)
    values += np.float32(shift)
    return values


def _check_not_negative(declared: Initializer, field: str, value: float) -> None:
    if not value >= 0:
        raise InvalidValue(f"{type(declared).__name__}: {field} is {value}; it cannot be negative.")
