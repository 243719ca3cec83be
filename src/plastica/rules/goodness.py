"""What forward-forward's layers are judged by: the goodness of their activities, and labels as rows."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..losses.class_targets import of_shapes

_TINY = 1e-8  # where a whole layer is silent, its activity stays 0


def goodness(activity: jax.Array) -> jax.Array:
    """Return the mean square of each row's activities, ``(batch, ...)`` to ``(batch,)``."""
    return jnp.mean(activity**2, tuple(range(1, activity.ndim)))


def normalised(activity: jax.Array) -> jax.Array:
    """Return each row's activities at a mean square of 1: length 1 a unit."""
    square = each_row(goodness(activity)[:, None], activity)
    # The root has no slope at 0, where a whole row is silent.
    length = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
    return activity / (length + _TINY)


def one_hot_labels(y: jax.Array, activity: jax.Array, classes: int) -> jax.Array:
    """Return each row's label ``(batch, classes)``, for targets as class numbers, one-hot rows, or 0 and 1."""
    kind = of_shapes(y, activity)
    if kind.binary:
        number = (y.reshape(-1) > 0.5).astype(jnp.int32)
    else:
        number = y.reshape(-1).astype(jnp.int32) if kind.numbered else jnp.argmax(y, -1)
    return jax.nn.one_hot(number, classes, dtype=activity.dtype)


def each_row(values: jax.Array, like: jax.Array) -> jax.Array:
    """Return values ``(batch, units)``, or ``(batch, 1)``, shaped to go with ``(batch, ..., units)``."""
    return values.reshape(values.shape[0], *([1] * (like.ndim - 2)), values.shape[1])
