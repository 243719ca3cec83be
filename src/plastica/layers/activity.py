"""Means over the rows of a batch that are no padding, for costs of activities."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from ..typing import ArrayTree

# The name of the cost of an activity_regularizer in the history.
ACTIVITY_COST = "activity_regularization"


def mean_over_rows(values: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Return the mean over rows of the sum of each row's values.

    Args:
        values: ``(batch, ...)``.
        mask: Which rows are no padding, ``(batch,)``; None for all.
    """
    return regularized(jnp.sum, values, mask)


def regularized(penalty: Callable[[jax.Array], jax.Array], activity: ArrayTree, mask: jax.Array | None) -> jax.Array:
    """Return a penalty on an activity, summed over the batch and divided by the number of rows.

    Args:
        penalty: From an array to a scalar; 0 for zeros.
        activity: ``(batch, ...)``; several in a tuple.
        mask: Which rows are no padding, ``(batch,)``; None for all.
    """
    arrays = jax.tree.leaves(activity)
    if mask is None:
        return sum((penalty(array) / array.shape[0] for array in arrays), jnp.zeros(()))
    rows = jnp.maximum(jnp.sum(mask), 1)
    kept = [jnp.where(mask.reshape(-1, *[1] * (array.ndim - 1)), array, 0) for array in arrays]
    return sum((penalty(array) / rows.astype(array.dtype) for array in kept), jnp.zeros(()))


def added(costs: dict[str, jax.Array], more: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Return costs of two sources by name; those of the same name are added up."""
    return {**costs, **{name: costs[name] + cost if name in costs else cost for name, cost in more.items()}}
