"""Activations that saturate: sigmoids, steps and what is made of them."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from math import inf
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..typing import Float
from .activation import Activation
from .smooth import softplus


@declaration
class Sigmoid(Activation):
    """The logistic function, a = 1 / (1 + exp(-z)): for probabilities of independent events and gates.

    Computed as tanh(z / 2) / 2 + 1/2, which is several times faster with XLA on CPUs. The absolute error is below
    2e-7; the result is exactly 0 or 1 for potentials of large absolute value. Losses are computed from potentials
    and are not affected by this rounding.
    """

    known_as: ClassVar[tuple[str, ...]] = ("sigmoid",)
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return 1 / (1 + exp(-z))."""
        return _sigmoid(z)

    def inverse(self, a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return log(a / (1 - a)), finite at 0 and 1."""
        least = jnp.finfo(a.dtype).eps / 2
        a = jnp.clip(a, least, 1 - least)
        return jnp.log(a) - jnp.log1p(-a)


@declaration
class HardSigmoid(Activation):
    """A piecewise linear sigmoid, a = clip(z / 6 + 1/2, 0, 1): for gates on small devices."""

    known_as: ClassVar[tuple[str, ...]] = ("hard_sigmoid",)
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return clip(z / 6 + 1/2, 0, 1)."""
        return jax.nn.relu6(z + 3) / 6


@declaration
class SparseSigmoid(Activation):
    """A piecewise linear sigmoid, a = clip((z + 1) / 2, 0, 1): exactly 0 or 1 outside of -1 to 1.

    Its integral is sparse_plus, as that of the sigmoid is softplus.
    """

    known_as: ClassVar[tuple[str, ...]] = ("sparse_sigmoid",)
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return clip((z + 1) / 2, 0, 1)."""
        return 0.5 * jnp.clip(z + 1, 0, 2)


@declaration
class LogSigmoid(Activation):
    """The logarithm of the sigmoid, a = -log(1 + exp(-z)): log-probabilities of independent events."""

    known_as: ClassVar[tuple[str, ...]] = ("log_sigmoid",)
    output_range: ClassVar[tuple[float, float]] = (-inf, 0.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return -log(1 + exp(-z))."""
        return -softplus(-z)


@declaration
class Tanh(Activation):
    """The hyperbolic tangent, a = tanh(z): for recurrent layers and zero-centred hidden units."""

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("tanh",)
    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return tanh(z)."""
        return jnp.tanh(z)


@declaration
class HardTanh(Activation):
    """A piecewise linear tanh, a = clip(z, -1, 1): for small devices."""

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("hard_tanh",)
    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return clip(z, -1, 1)."""
        return jax.nn.hard_tanh(z)


@declaration
class Softsign(Activation):
    """A function similar to tanh, a = z / (1 + abs(z)), that saturates polynomially instead of exponentially."""

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("softsign",)
    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z / (1 + abs(z))."""
        return jax.nn.soft_sign(z)


@declaration
class Heaviside(Activation):
    """The threshold (Heaviside) unit, a = 1 if z >= 0, else 0: for McCulloch-Pitts neurons and perceptrons.

    A potential exactly at the threshold fires, as in McCulloch and Pitts. The derivative is zero everywhere, so
    gradient-based rules cannot train the layers below; the perceptron and delta rules do not need the derivative.

    Reference:
        McCulloch, Pitts 1943, A logical calculus of the ideas immanent in nervous activity.
    """

    known_as: ClassVar[tuple[str, ...]] = ("heaviside",)
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return 1 where z >= 0, else 0."""
        return jnp.where(z >= 0, 1, jnp.where(z < 0, 0, z))  # the last case is NaN, which is propagated


def _sigmoid(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return 0.5 * jnp.tanh(0.5 * z) + 0.5
