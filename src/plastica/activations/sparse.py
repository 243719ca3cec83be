"""Activations that set small potentials to 0."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float
from .activation import Activation


@declaration
class Threshold(Activation):
    """Pass potentials above a threshold on, a = z if z > threshold, else default_value.

    Args:
        threshold: The threshold. Default 0; with both defaults it is relu.
        default_value: The activity up to the threshold.
    """

    known_as: ClassVar[tuple[str, ...]] = ("threshold",)
    threshold: float = 0.0
    default_value: float = 0.0

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z where z > threshold, else default_value."""
        # Written with <=, so that NaN is propagated.
        return jnp.where(z <= jnp.asarray(self.threshold, z.dtype), jnp.asarray(self.default_value, z.dtype), z)


@declaration
class HardShrink(Activation):
    """Set potentials near 0 to 0, a = z if abs(z) > threshold, else 0.

    Args:
        threshold: Half the width of the gap. Default 0.5, as in Keras.

    Raises:
        InvalidValue: If the threshold is negative.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("hard_shrink",)
    threshold: float = 0.5

    def __post_init__(self) -> None:
        _check_threshold(self, self.threshold)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z where abs(z) > threshold, else 0."""
        return jnp.where(jnp.abs(z) <= jnp.asarray(self.threshold, z.dtype), 0, z)


@declaration
class SoftShrink(Activation):
    """Move potentials towards 0, a = sign(z) * max(abs(z) - threshold, 0): for sparse codes.

    Args:
        threshold: By how much. Default 0.5, as in Keras.

    Raises:
        InvalidValue: If the threshold is negative.

    Reference:
        Daubechies, Defrise, De Mol 2004, An iterative thresholding algorithm for linear inverse problems, equation 5.
    """

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("soft_shrink",)
    threshold: float = 0.5

    def __post_init__(self) -> None:
        _check_threshold(self, self.threshold)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return sign(z) * max(abs(z) - threshold, 0)."""
        threshold = jnp.asarray(self.threshold, z.dtype)
        return jnp.where(z > threshold, z - threshold, jnp.where(z >= -threshold, 0, z + threshold))


@declaration
class TanhShrink(Activation):
    """What tanh takes away, a = z - tanh(z): nearly 0 around 0, nearly linear far out."""

    keeps_zero: ClassVar[bool] = True
    known_as: ClassVar[tuple[str, ...]] = ("tanh_shrink",)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return z - tanh(z)."""
        return z - jnp.tanh(z)


def _check_threshold(activation: HardShrink | SoftShrink, threshold: float) -> None:
    if not threshold >= 0:
        raise InvalidValue(f"{type(activation).__name__}(threshold={threshold}): threshold must be at least 0.")
