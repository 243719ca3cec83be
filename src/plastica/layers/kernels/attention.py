"""Attention: a weighted mean of values, with weights from scores."""

from __future__ import annotations

import jax
import jax.numpy as jnp


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
        return jax.nn.softmax(scores, -1)
    # As in Keras: finite, so that no infinities are subtracted, and below any score.
    lowest = jnp.asarray(-3e4 if scores.dtype == jnp.float16 else -1e9, scores.dtype)
    return jnp.where(allowed, jax.nn.softmax(jnp.where(allowed, scores, lowest), -1), 0)


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


def _products(left: jax.Array, right: jax.Array) -> jax.Array:
    # One axis of products, with the sides as they are, is what XLA runs fastest on CPUs.
    products = left.reshape(-1, *left.shape[-2:]) @ right.reshape(-1, *right.shape[-2:])  # (batch * heads, ...)
    return products.reshape(*left.shape[:-1], right.shape[-1])
