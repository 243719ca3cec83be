"""Initial values whose spread depends on the number of inputs and outputs, so that signals keep their size."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Shape
from .distributions import TRUNCATED_STDDEV, affine, truncated_normal
from .initializer import Initializer

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


@declaration
class VarianceScaling(Initializer):
    """Random values with variance scale / fan, which keeps the variance of activities constant across layers.

    Args:
        scale: The variance times the fan. Default 1, as in Keras.
        mode: The fan: ``"fan_in"``, ``"fan_out"``, or ``"fan_avg"`` for their mean.
        distribution: ``"truncated_normal"`` (corrected, so that the variance after truncation is scale / fan),
            ``"untruncated_normal"`` or ``"uniform"``.

    Reference:
        Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks,
        equation 16; He, Zhang, Ren, Sun 2015, Delving deep into rectifiers, equation 10.
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise InvalidValue(f"VarianceScaling: scale is {self.scale}; it must be above 0.")
        _check_choice("mode", self.mode, MODES)
        _check_choice("distribution", self.distribution, DISTRIBUTIONS)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return values with variance scale / fan."""
        return _drawn(rng, shape, self.scale, self.mode, self.distribution)


@declaration
class GlorotUniform(Initializer):
    """Uniform between ±sqrt(6 / (fan_in + fan_out)): the default for kernels, as in Keras."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values with variance 2 / (fan_in + fan_out)."""
        return _drawn(rng, shape, 1.0, "fan_avg", "uniform")


@declaration
class GlorotNormal(Initializer):
    """Truncated normal with variance 2 / (fan_in + fan_out): for sigmoid and tanh units."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return truncated normal values with variance 2 / (fan_in + fan_out)."""
        return _drawn(rng, shape, 1.0, "fan_avg", "truncated_normal")


@declaration
class HeUniform(Initializer):
    """Uniform between ±sqrt(6 / fan_in): for rectifiers."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values with variance 2 / fan_in."""
        return _drawn(rng, shape, 2.0, "fan_in", "uniform")


@declaration
class HeNormal(Initializer):
    """Truncated normal with variance 2 / fan_in: for rectifiers."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return truncated normal values with variance 2 / fan_in."""
        return _drawn(rng, shape, 2.0, "fan_in", "truncated_normal")


@declaration
class LecunUniform(Initializer):
    """Uniform between ±sqrt(3 / fan_in)."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return uniform values with variance 1 / fan_in."""
        return _drawn(rng, shape, 1.0, "fan_in", "uniform")


@declaration
class LecunNormal(Initializer):
    """Truncated normal with variance 1 / fan_in: for selu units."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return truncated normal values with variance 1 / fan_in."""
        return _drawn(rng, shape, 1.0, "fan_in", "truncated_normal")


def fans(shape: Shape) -> tuple[int, int]:
    """Return fan_in and fan_out of a kernel of ``shape``.

    Example:
        >>> fans((3, 3, 16, 32))
        (144, 288)
    """
    if len(shape) < 2:
        return prod(shape), prod(shape)
    field = prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def _drawn(rng: np.random.Generator, shape: Shape, scale: float, mode: str, distribution: str) -> np.ndarray:
    fan_in, fan_out = fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    stddev = sqrt(scale / max(1.0, fan))
    if distribution == "uniform":
        limit = sqrt(3.0) * stddev
        return affine(rng.random(shape, np.float32), 2 * limit, -limit)
    if distribution == "untruncated_normal":
        return affine(rng.standard_normal(shape, np.float32), stddev, 0.0)
    return affine(truncated_normal(rng, shape), stddev / TRUNCATED_STDDEV, 0.0)


def _check_choice(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidValue(f"VarianceScaling: {field} is {value!r}; expected one of {', '.join(known)}.")
