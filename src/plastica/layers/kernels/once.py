"""Large arrays that are written to memory once and read by all that need them."""

from __future__ import annotations

from typing import TypeVar

import jax

T = TypeVar("T")

# Below, computing an array again takes less time than a choice.
_LARGE = 1 << 14


def computed_once(tree: T) -> T:
    """Return an array, or several, as given; on the CPU each is computed once, and so is its error, however often read.

    XLA computes what leads to an array anew for each operation that reads it. Through many layers these computations
    nest: behind a pooling layer they took half of a step, in a residual network of six blocks a third.
    """
    return jax.tree.map(_once, tree)


def _once(array: jax.Array) -> jax.Array:
    if array.size < _LARGE:
        return array
    return jax.lax.platform_dependent(array, cpu=_written, default=lambda array: array)


def _written(array: jax.Array) -> jax.Array:
    # An optimization barrier alone is gone by the time XLA decides what to compute together. A choice between two
    # branches is not, and what it chooses from is in memory; the barrier keeps JAX from seeing that both are equal.
    return jax.lax.cond(array.ravel()[0] > 0, lambda array: array, jax.lax.optimization_barrier, array)
