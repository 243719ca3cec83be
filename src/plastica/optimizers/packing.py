"""Many small arrays as one vector: an element-wise update then runs once and not once for each array."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

SMALL = 16_384
"""Elements below which an array is small: above, copying it costs more than a pass of its own."""
FEW = 8
"""How many small arrays are left as they are."""


class Packing(NamedTuple):
    """Which leaves of a tree go into one vector; decided from shapes alone.

    Attributes:
        shapes: The leaves' shapes.
        small: The positions of the leaves in the vector; empty where nothing is packed.
        tree: The structure of the tree.
    """

    shapes: tuple[tuple[int, ...], ...]
    small: tuple[int, ...]
    tree: Any

    def pack(self, tree: Any) -> Any:
        """Return ``(vector, *other leaves)``, or the tree itself where nothing is packed."""
        if not self.small:
            return tree
        leaves = self.tree.flatten_up_to(tree)
        vector = _concatenate([leaves[i] for i in self.small])
        return (vector, *(leaf for i, leaf in enumerate(leaves) if i not in self.small))

    def unpack(self, packed: Any) -> Any:
        """Return the tree that was packed."""
        if not self.small:
            return packed
        vector, *others = packed
        leaves: list[Any] = [None] * len(self.shapes)
        start = 0
        for i in self.small:
            end = start + math.prod(self.shapes[i])
            leaves[i] = vector[start:end].reshape(self.shapes[i])
            start = end
        rest = iter(others)
        return self.tree.unflatten([next(rest) if i not in self.small else leaf for i, leaf in enumerate(leaves)])


def plan(tree: Any, small: int = SMALL, few: int = FEW) -> Packing:
    """Return how a tree is packed: its leaves under ``small`` elements, if they are more than ``few``."""
    leaves, structure = jax.tree.flatten(tree)
    kinds = [leaf.dtype for leaf in leaves]
    common = max(set(kinds), key=kinds.count) if kinds else None
    chosen = tuple(i for i, leaf in enumerate(leaves) if leaf.size < small and leaf.dtype == common)
    return Packing(tuple(leaf.shape for leaf in leaves), chosen if len(chosen) > few else (), structure)


def _concatenate(arrays: Sequence[Any]) -> Any:
    """Join arrays flat; on the host where they are there, because each eager JAX call compiles by itself."""
    numpy: Any = jnp if any(isinstance(array, jax.Array) for array in arrays) else np
    return numpy.concatenate([array.reshape(-1) for array in arrays])
