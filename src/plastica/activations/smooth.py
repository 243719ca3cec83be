"""The identity and smooth rectifiers."""

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
class Linear(Activation):
    """The identity, a = z: for regression outputs and layers followed by a separate nonlinearity."""

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("linear",)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z."""
        return z

    def inverse(self, a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return a."""
        return a


@declaration
class GELU(Activation):
    """The Gaussian error linear unit, a = z * P(X <= z) for a standard normal X: used in transformers.

    Args:
        approximate: Whether to use the tanh approximation, which is faster and has an absolute error up to 5e-4.
            Default False, as in Keras.

    Reference:
        Hendrycks, Gimpel 2016, Gaussian error linear units, section 2.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("gelu",)
    approximate: bool = False
    output_range: ClassVar[tuple[float, float]] = (-0.1700408, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z times the standard normal distribution function at z."""
        return jax.nn.gelu(z, approximate=self.approximate)


@declaration
class SiLU(Activation):
    """The sigmoid linear unit (SiLU or swish), a = z * sigmoid(z): a smooth rectifier.

    Reference:
        Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units, equation 5.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("silu", "swish")
    output_range: ClassVar[tuple[float, float]] = (-0.2784646, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z * sigmoid(z)."""
        return z * jax.lax.logistic(z)  # not the fast sigmoid, whose error z would amplify


@declaration
class HardSiLU(Activation):
    """A piecewise quadratic SiLU (hard_swish), a = z * clip(z / 6 + 1/2, 0, 1): for small devices.

    Reference:
        Howard et al. 2019, Searching for MobileNetV3, section 5.2.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("hard_silu", "hard_swish")
    output_range: ClassVar[tuple[float, float]] = (-0.375, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z * clip(z / 6 + 1/2, 0, 1)."""
        return jax.nn.hard_silu(z)


@declaration
class Mish(Activation):
    """A smooth, non-monotonic rectifier, a = z * tanh(softplus(z)).

    Reference:
        Misra 2020, Mish: a self regularized non-monotonic activation function, equation 1.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("mish",)
    output_range: ClassVar[tuple[float, float]] = (-0.3088435, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z * tanh(softplus(z))."""
        # With e = exp(z), tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2), which is several times faster.
        # For positive z, both sides are divided by exp(2 z) to avoid overflow.
        positive, e = z >= 0, jnp.exp(-jnp.abs(z))
        numerator = jnp.where(positive, 1 + 2 * e, e * (e + 2))
        return z * (numerator / (numerator + jnp.where(positive, 2 * e * e, 2)))


@declaration
class Softplus(Activation):
    """A smooth rectifier, a = log(1 + exp(z)): for outputs that must be positive, such as rates and widths."""

    known_as: ClassVar[tuple[str, ...]] = ("softplus",)
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return log(1 + exp(z))."""
        return softplus(z)


@declaration
class SparsePlus(Activation):
    """A smooth rectifier that is exactly 0 below -1 and z above 1, a = (z + 1)^2 / 4 between.

    Reference:
        Martins, Astudillo 2016, From softmax to sparsemax; this is the integral of its form for two classes.
    """

    known_as: ClassVar[tuple[str, ...]] = ("sparse_plus",)
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return 0 below -1, z from 1 on, else (z + 1)^2 / 4."""
        return jnp.where(z >= 1, z, jnp.square(jnp.clip(z + 1, 0, 2)) / 4)


@declaration
class Squareplus(Activation):
    """A smooth rectifier without exponentials, a = (z + sqrt(z^2 + b)) / 2.

    Args:
        b: The width of the curve around 0. Default 4, as in Keras, whose value at 0 is 1; 0 is relu.

    Raises:
        InvalidValue: If b is negative.

    Reference:
        Barron 2021, Squareplus: a softplus-like algebraic rectifier, equation 1.
    """

    known_as: ClassVar[tuple[str, ...]] = ("squareplus",)
    b: float = 4.0
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __post_init__(self) -> None:
        if not self.b >= 0:
            raise InvalidValue(f"Squareplus(b={self.b}): b must be at least 0.")

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return (z + sqrt(z^2 + b)) / 2."""
        return 0.5 * (z + jnp.sqrt(jnp.square(z) + jnp.asarray(self.b, z.dtype)))


@declaration
class Exponential(Activation):
    """The exponential function, a = exp(z): for rates of counts, with the loss "poisson". It overflows above 88."""

    known_as: ClassVar[tuple[str, ...]] = ("exponential",)
    output_range: ClassVar[tuple[float, float]] = (0.0, inf)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return exp(z)."""
        return jnp.exp(z)


@jax.custom_jvp
def softplus(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return log(1 + exp(z))."""
    return jnp.maximum(z, 0) + jnp.log1p(jnp.exp(-jnp.abs(z)))


def _softplus_slope(tangent: Array, _: Array, z: Array) -> Array:
    return tangent * jax.lax.logistic(z)


# By default, JAX uses the derivative 0 at the kink z = 0 of max and abs.
softplus.defjvps(_softplus_slope)
