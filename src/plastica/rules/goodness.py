"""The goodness of activities, and labels as arrays, for the forward-forward rule."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..losses.class_targets import of_shapes
from ..typing import Float, Num

_TINY = 1e-8  # so that the activity of a silent layer stays 0 and is not 0 / 0


def goodness(activity: Float[Array, "batch *shape"]) -> Float[Array, "batch"]:
    """Return the mean square of the activities of each row."""
    return jnp.mean(activity**2, tuple(range(1, activity.ndim)))


def normalised(activity: Float[Array, "batch *shape"]) -> Float[Array, "batch *shape"]:
    """Return activities scaled to a mean square of 1 in each row."""
    square = each_row(goodness(activity)[:, None], activity)
    # The derivative of the root is infinite at 0, where a whole row is silent; where() alone would give NaN gradients.
    length = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
    return activity / (length + _TINY)


def one_hot_labels(
    y: Num[Array, "batch *targets"], activity: Float[Array, "batch outputs"], classes: int
) -> Float[Array, "batch classes"]:
    """Return the label of each row as one-hot, for targets that are class numbers, one-hot rows, or 0 and 1."""
    kind = of_shapes(y, activity)
    if kind.binary:
        number = (y.reshape(-1) > 0.5).astype(jnp.int32)
    else:
        number = y.reshape(-1).astype(jnp.int32) if kind.numbered else jnp.argmax(y, -1)
    return jax.nn.one_hot(number, classes, dtype=activity.dtype)


def each_row(
    values: Float[Array, "batch units"], like: Float[Array, "batch *shape"]
) -> Float[Array, "batch *ones units"]:
    """Return values of each row, ``(batch, units)`` or ``(batch, 1)``, reshaped to broadcast with ``like``."""
    return values.reshape(values.shape[0], *([1] * (like.ndim - 2)), values.shape[1])  # (batch, 1, ..., 1, units)
