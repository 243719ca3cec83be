"""Rectifiers: activations that pass large potentials on and hold small ones back."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from math import inf
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float
from .activation import Activation


@declaration
class ReLU(Activation):
    """The rectified linear unit, a = max(z, 0), with derivative 0 at z = 0: the usual choice for hidden layers."""

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("relu",)
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return max(z, 0)."""
        return jax.nn.relu(z)


@declaration
class ReLU6(Activation):
    """A rectified linear unit with an upper bound, a = min(max(z, 0), 6): for networks with few bits.

    Reference:
        Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10, section 2.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("relu6",)
    output_range: ClassVar[tuple[float, float]] = (0.0, 6.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return min(max(z, 0), 6)."""
        return jax.nn.relu6(z)


@declaration
class GeneralReLU(Activation):
    """A rectified linear unit with a threshold, an upper bound and a slope below the threshold.

        a = min(z, max_value) if z > threshold, else negative_slope * (z - threshold)

    Args:
        max_value: The upper bound; None for no bound.
        negative_slope: The slope below the threshold.
        threshold: The potential above which z is passed on.

    Example:
        >>> GeneralReLU(max_value=4.0, negative_slope=0.5)(jnp.array([-1.0, 2.0, 9.0])).tolist()
        [-0.5, 2.0, 4.0]
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return min(z, max_value) where z > threshold, else negative_slope * (z - threshold)."""
        threshold, slope = jnp.asarray(self.threshold, z.dtype), jnp.asarray(self.negative_slope, z.dtype)
        passed = z if self.max_value is None else jnp.minimum(z, jnp.asarray(self.max_value, z.dtype))
        return jnp.where(z > threshold, passed, slope * (z - threshold))


@declaration
class PowerReLU(Activation):
    """A rectified linear unit raised to a power, a = max(z, 0)^power: makes activity sparser.

    Use it between a layer trained by competitive learning and a read-out.

    Args:
        power: Default 4.5, used in the paper for handwritten digits; 1 is relu. Must be at least 1: below 1, the
            derivative at 0 is infinite.

    Raises:
        InvalidValue: For a power below 1.

    Reference:
        Krotov, Hopfield 2019, Unsupervised learning by competing hidden units, equation 1.
    """

    power: float = 4.5
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __post_init__(self) -> None:
        if not self.power >= 1:
            raise InvalidValue(f"PowerReLU(power={self.power!r}): the power must be at least 1.")

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return max(z, 0) to the power."""
        positive = z > 0
        # The inner where keeps log(0) out of the gradient, which would be 0 * inf = NaN.
        return jnp.where(positive, jnp.where(positive, z, 1) ** jnp.asarray(self.power, z.dtype), 0)


@declaration
class LeakyReLU(Activation):
    """A rectifier with a small negative slope, a = z if z >= 0, else slope * z: prevents dead units.

    Args:
        negative_slope: The slope below zero. Default 0.2, as in Keras.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("leaky_relu",)
    negative_slope: float = 0.2

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z where z >= 0, else negative_slope * z."""
        return jnp.where(z >= 0, z, jnp.asarray(self.negative_slope, z.dtype) * z)


@declaration
class ELU(Activation):
    """The exponential linear unit, a = z if z > 0, else alpha * (exp(z) - 1).

    Args:
        alpha: The limit for large negative z is -alpha. Default 1, as in the paper.

    Reference:
        Clevert, Unterthiner, Hochreiter 2016, Fast and accurate deep network learning by exponential linear
        units, equation 15.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("elu",)
    alpha: float = 1.0

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z where z > 0, else alpha * (exp(z) - 1)."""
        # The inner where keeps exp of large z out of the gradient, which would be 0 * inf = NaN.
        return jnp.where(z > 0, z, jnp.asarray(self.alpha, z.dtype) * jnp.expm1(jnp.where(z > 0, 0, z)))


@declaration
class CELU(Activation):
    """The continuously differentiable ELU, a = z if z > 0, else alpha * (exp(z / alpha) - 1).

    Its slope at 0 is 1 for any alpha, that of the ELU for alpha = 1 only.

    Args:
        alpha: The limit for large negative z is -alpha. Default 1, as in the paper, where it equals the ELU.

    Raises:
        InvalidValue: If alpha is not above 0.

    Reference:
        Barron 2017, Continuously differentiable exponential linear units, equation 2.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("celu",)
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise InvalidValue(f"CELU(alpha={self.alpha}): alpha must be above 0.")

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z where z > 0, else alpha * (exp(z / alpha) - 1)."""
        alpha = jnp.asarray(self.alpha, z.dtype)
        return jnp.where(z > 0, z, alpha * jnp.expm1(jnp.where(z > 0, 0, z) / alpha))


@declaration
class SELU(Activation):
    """The scaled exponential linear unit, a = 1.0507 * elu(z, 1.6733): for deep networks with lecun_normal weights.

    Reference:
        Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-normalizing neural networks, equation 2.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("selu",)
    output_range: ClassVar[tuple[float, float]] = (-1.7580993408473766, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return 1.0507 * elu(z, 1.6733)."""
        return jax.nn.selu(z)
