"""Training of pruned networks: what is 0 in a kernel stays 0."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..rules import Backprop, Batch
from ..rules.rule import Signal
from ..typing import Memory, Tree

TreePath = tuple[Any, ...]  # of keys, whose classes JAX has for each kind of node


def is_kernel(path: TreePath) -> bool:
    """Return whether an array of a tree of parameters is a kernel: weights of connections."""
    return "kernel" in str(getattr(path[-1], "key", "")) if path else False


def on_kernels(function: Any, *trees: Tree) -> Params:
    """Return the first tree with the function of all trees in the place of each kernel."""

    def one(path: TreePath, first: Array, *rest: Array) -> Array:
        return function(first, *rest) if is_kernel(path) else first

    return cast("Params", jax.tree_util.tree_map_with_path(one, *trees))


@declaration
class SparseBackprop(Backprop):
    """Backpropagation that leaves connections away which were pruned: their gradient is 0, so that they stay 0."""

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        found = super().signal(network, params, state, memory, batch, objective, context)
        assert found.direction is not None
        # Not the weights after the step, so that momentum and clipping do not count what is gone either.
        direction = on_kernels(lambda along, own: jnp.where(own == 0, 0, along), found.direction, params)
        return found._replace(direction=direction)
