"""Batch statistics and their gradient, written out: faster than differentiating step by step."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from .product import row_sum


class Normalized(NamedTuple):
    """Normalised values and the statistics they were normalised with.

    Attributes:
        values: gamma * (x - mean) / sqrt(variance + epsilon) + beta, ``(batch, ..., channels)``.
        mean: The batch's mean, ``(channels,)``.
        variance: The batch's variance, divided by the number of values, ``(channels,)``.
    """

    values: jax.Array
    mean: jax.Array
    variance: jax.Array


@jax.custom_vjp
def normalize_batch(
    x: jax.Array, gamma: jax.Array, beta: jax.Array, epsilon: jax.Array, mask: jax.Array | None
) -> Normalized:
    """Normalise each channel over all other axes.

    Args:
        x: ``(batch, ..., channels)``.
        gamma: The new standard deviation, ``(channels,)``.
        beta: The new mean, ``(channels,)``.
        epsilon: Added to the variance, a scalar.
        mask: 1 for rows or steps that count towards the statistics, 0 for others, ``(batch,)`` or ``(batch, time)``;
            None where all count.

    Reference:
        Ioffe, Szegedy 2015, Batch normalization, algorithm 1 and the gradients after it.
    """
    return _forward(x, gamma, beta, epsilon, mask)[0]


def _forward(
    x: jax.Array, gamma: jax.Array, beta: jax.Array, epsilon: jax.Array, mask: jax.Array | None
) -> tuple[Normalized, tuple]:
    mean = _mean(x, mask)
    # Around the mean, in a second pass: mean(x^2) - mean^2 loses every digit once the mean is large.
    variance = _mean(jnp.square(x - mean), mask)
    scale = gamma * jax.lax.rsqrt(variance + epsilon)
    values = (x - mean) * scale + beta
    return Normalized(values, mean, variance), (x, gamma, epsilon, mask, mean, variance)


def _backward(saved: tuple, errors: Normalized) -> tuple[jax.Array | None, ...]:
    x, gamma, epsilon, mask, mean, variance = saved
    inverse = jax.lax.rsqrt(variance + epsilon)
    normal = (x - mean) * inverse
    beta_error, gamma_error = row_sum(errors.values), row_sum(errors.values * normal)
    variance_error = -0.5 * gamma * jnp.square(inverse) * gamma_error
    # What each value answers for because it moves the mean and the variance; outside the statistics, nothing.
    by_mean = (errors.mean - gamma * inverse * beta_error) / _count(x, mask)
    by_variance = 2 * (variance_error + errors.variance) / (inverse * _count(x, mask))
    x_error = errors.values * (gamma * inverse) + _counted(by_mean + normal * by_variance, mask)
    return x_error, gamma_error, beta_error, jnp.sum(variance_error).astype(epsilon.dtype), None


normalize_batch.defvjp(_forward, _backward)


def _mean(x: jax.Array, mask: jax.Array | None) -> jax.Array:
    return row_sum(_counted(x, mask)) / _count(x, mask)


def _counted(x: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Return x with 0 where it does not count, whatever it holds."""
    if mask is None:
        return x
    return jnp.where(mask.astype(bool).reshape(*mask.shape, *[1] * (x.ndim - mask.ndim)), x, 0)


def _count(x: jax.Array, mask: jax.Array | None) -> jax.Array | int:
    """How many values count in each channel."""
    if mask is None:
        return x.size // x.shape[-1]
    return x.size // x.shape[-1] // mask.size * jnp.maximum(mask.astype(x.dtype).sum(), 1)


def normalize_rows(x: jax.Array, epsilon: jax.Array) -> jax.Array:
    """Bring the last axis of ``(batch, ..., features)`` to mean 0 and variance 1.

    Args:
        x: ``(batch, ..., features)``.
        epsilon: Added to the variance, a scalar.

    Reference:
        Ba, Kiros, Hinton 2016, Layer normalization, equation 3.
    """
    wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))  # statistics of bfloat16 would lose most of their digits
    centred = wide - wide.mean(-1, keepdims=True)
    normal = centred * jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + epsilon)
    return normal.astype(x.dtype)
