"""Attention: a weighted mean of values, with weights from scores."""

from __future__ import annotations

import jax
import jax.numpy as jnp

# Of both sides together; smaller products stay open to forward-mode differentiation.
LARGE = 1 << 16


def dot_scores(query: jax.Array, key: jax.Array) -> jax.Array:
    """Return the dot products of queries and keys.

    Args:
        query: ``(batch, heads, steps, depth)``.
        key: ``(batch, heads, other steps, depth)``.

    Returns:
        ``(batch, heads, steps, other steps)``.
    """
    return _products(query, key.swapaxes(-2, -1))


def weights_of(scores: jax.Array, allowed: jax.Array | None) -> jax.Array:
    """Return weights that sum to 1 over the last axis, 0 where attention is not allowed.

    Args:
        scores: ``(..., steps, other steps)``.
        allowed: True where a step may attend to another, broadcast to ``scores``; None for everywhere. A step that may
            attend to nothing has the weight 0 everywhere.
    """
    if allowed is None:
        return _softmax(scores)
    # As in Keras: finite, so that no infinities are subtracted, and below any score.
    lowest = jnp.asarray(-3e4 if scores.dtype == jnp.float16 else -1e9, scores.dtype)
    return jnp.where(allowed, _softmax(jnp.where(allowed, scores, lowest)), 0)


def weighted_means(weights: jax.Array, value: jax.Array) -> jax.Array:
    """Return the values' means.

    Args:
        weights: ``(batch, heads, steps, other steps)``.
        value: ``(batch, heads, other steps, depth)``.

    Returns:
        ``(batch, heads, steps, depth)``.
    """
    return _products(weights, value)


def allowed_steps(steps: int, others: int, causal: bool, reach: int | None) -> jax.Array | None:
    """Return which steps may attend to which by their distance, ``(steps, others)``; None if all may.

    Args:
        steps: The number of steps that attend.
        others: The number of steps that are attended to.
        causal: Whether later steps are out of reach.
        reach: Steps that are this far away, or farther, are out of reach; None for no bound.
    """
    distance = jnp.arange(steps)[:, None] - jnp.arange(others)[None, :]
    rules = ([distance >= 0] if causal else []) + ([] if reach is None else [jnp.abs(distance) < reach])
    return together(*rules)


def together(*masks: jax.Array | None) -> jax.Array | None:
    """Return where all masks are True; None if there is none."""
    found = None
    for mask in masks:
        found = mask if found is None else found if mask is None else found & mask
    return found


@jax.custom_jvp
def _softmax(scores: jax.Array) -> jax.Array:
    """Return the softmax over the last axis, whose gradient needs the weights alone: no scores, no sums."""
    above = jnp.exp(scores - jax.lax.stop_gradient(scores.max(-1, keepdims=True)))
    return above / above.sum(-1, keepdims=True)


@_softmax.defjvp
def _softmax_along(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (scores,), (along,) = primals, tangents
    weights = _softmax(scores)
    moved = weights * along
    return weights, moved - weights * moved.sum(-1, keepdims=True)


def _products(left: jax.Array, right: jax.Array) -> jax.Array:
    # One axis of products, with the sides as they are, is what XLA runs fastest on CPUs.
    sides = left.reshape(-1, *left.shape[-2:]), right.reshape(-1, *right.shape[-2:])  # (batch * heads, ...)
    products = _large_products(*sides) if left.size + right.size >= LARGE else sides[0] @ sides[1]
    return products.reshape(*left.shape[:-1], right.shape[-1])


@jax.custom_vjp
def _large_products(left: jax.Array, right: jax.Array) -> jax.Array:
    """Return ``left @ right`` for each of the batch, whose gradients have no large transposed side."""
    return left @ right


def _keep(left: jax.Array, right: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return left @ right, (left, right)


def _errors(kept: tuple[jax.Array, jax.Array], error: jax.Array) -> tuple[jax.Array, jax.Array]:
    # The right side's error is left' @ error. XLA on CPUs takes three times as long where the transposed side has as
    # many rows as columns, the steps, as weights have; the transposed product (error' @ left)' turns narrow sides only.
    left, right = kept
    is_wide = left.shape[-1] > error.shape[-1]
    turned = (_transposed(_transposed(error) @ left)) if is_wide else _transposed(left) @ error
    return error @ _transposed(right), turned


def _transposed(array: jax.Array) -> jax.Array:
    return array.swapaxes(-1, -2)


_large_products.defvjp(_keep, _errors)
