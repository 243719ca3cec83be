"""Clipping: limit the size of directions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..typing import Float, Params

Limit = Array | float  # may be traced


def clip(
    gradients: Params, norm: Limit | None = None, value: Limit | None = None, global_norm: Limit | None = None
) -> Params:
    """Return the gradients, clipped by at most one of three limits.

    Args:
        gradients: A pytree of arrays.
        norm: The largest Euclidean norm of each array.
        value: The largest magnitude of each element.
        global_norm: The largest Euclidean norm of all arrays together.

    Example:
        >>> clipped = clip({"w": jnp.array([3.0, 4.0])}, norm=1.0)
        >>> [round(float(w), 4) for w in clipped["w"]]
        [0.6, 0.8]
    """
    if norm is not None:
        return jax.tree.map(lambda g: _shrink(g, _squares(g), norm), gradients)
    if value is not None:
        return jax.tree.map(lambda g: jnp.clip(g, -value, value).astype(g.dtype), gradients)
    if global_norm is not None:
        squares = sum(_squares(g) for g in jax.tree.leaves(gradients))
        return jax.tree.map(lambda g: _shrink(g, squares, global_norm), gradients)
    return gradients


def _squares(array: Float[Array, "*shape"]) -> Float[Array, ""]:
    return jnp.sum(jnp.square(array))


def _shrink(array: Float[Array, "*shape"], squares: Float[Array, ""] | int, largest: Limit) -> Float[Array, "*shape"]:
    norm = jnp.sqrt(squares)
    # If the norm is infinite or NaN, norm - norm is NaN: divergence must stay visible instead of being clipped to 0.
    scale = largest / jnp.maximum(norm, largest) + (norm - norm)
    return (array * scale).astype(array.dtype)
