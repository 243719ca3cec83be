"""Activations that turn the potentials of classes into probabilities."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
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
class Softmax(Activation):
    """Probabilities of mutually exclusive classes, a_i = exp(z_i - m) / sum_j exp(z_j - m) with m = max_j z_j.

    Args:
        axis: The axis of the classes, or several that share one sum. Default: the last.
    """

    known_as: ClassVar[tuple[str, ...]] = ("softmax",)
    axis: int | tuple[int, ...] = -1
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        _check_axis(self)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return probabilities that sum to 1 along the axis."""
        return jax.nn.softmax(z, axis=self.axis)

    def inverse(self, a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return log(a), finite at 0: of the potentials with these probabilities, those whose logsumexp is 0."""
        return jnp.log(jnp.maximum(a, jnp.finfo(a.dtype).tiny))


@declaration
class LogSoftmax(Activation):
    """The logarithm of softmax, a_i = z_i - m - log sum_j exp(z_j - m).

    Args:
        axis: The axis of the classes. Default: the last.
    """

    known_as: ClassVar[tuple[str, ...]] = ("log_softmax",)
    axis: int = -1
    output_range: ClassVar[tuple[float, float]] = (-inf, 0.0)

    def __post_init__(self) -> None:
        _check_axis(self)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return log-probabilities."""
        return jax.nn.log_softmax(z, axis=self.axis)


@declaration
class Sparsemax(Activation):
    """Probabilities many of which are exactly 0: the point of the simplex nearest to z.

        a_i = max(z_i - tau, 0), with tau such that the sum is 1

    Use it for attention or gates that should ignore most of their inputs.

    Args:
        axis: The axis of the classes. Default: the last.

    Example:
        >>> Sparsemax()(jnp.array([[2.0, 1.5, 0.5]])).tolist()
        [[0.75, 0.25, 0.0]]

    Reference:
        Martins, Astudillo 2016, From softmax to sparsemax, equation 3 and algorithm 1.
    """

    known_as: ClassVar[tuple[str, ...]] = ("sparsemax",)
    axis: int = -1
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        _check_axis(self)

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return probabilities that sum to 1 along the axis."""
        z = jnp.moveaxis(z, self.axis, -1)
        z = z - jax.lax.stop_gradient(z.max(-1, keepdims=True))
        # Which classes are above 0 is constant almost everywhere; the gradient needs no way through the sorting.
        supported = z > jax.lax.stop_gradient(_threshold(z))
        tau = (jnp.where(supported, z, 0).sum(-1, keepdims=True) - 1) / supported.sum(-1, keepdims=True).astype(z.dtype)
        return jnp.moveaxis(jnp.maximum(z - tau, 0), -1, self.axis)


def _threshold(z: Float[Array, "*places units"]) -> Float[Array, "*places 1"]:
    descending = -jnp.sort(-z, -1)
    ranks = jnp.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    excess = descending.cumsum(-1) - 1
    count = (descending * ranks > excess).sum(-1, keepdims=True)
    return jnp.take_along_axis(excess, jnp.maximum(count - 1, 0), -1) / count.astype(z.dtype)


def _check_axis(activation: Softmax | LogSoftmax | Sparsemax) -> None:
    if activation.axis in (0, ()) or (isinstance(activation.axis, tuple) and 0 in activation.axis):
        raise InvalidValue(
            f"{type(activation).__name__}: axis=0 is the batch; pass the axis of the classes, usually -1."
        )
