"""Which connections of a network are pruned: those with the smallest weights, or random ones."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..model import Model
from ..notes import note
from ..typing import Float, Params, PyTree, State
from .sparse_rule import is_kernel

Scope = Literal["global", "layer"]
SCOPES = ("global", "layer")


def kernels_of(owner: str, model: Model) -> dict[str, Float[np.ndarray, "*shape"]]:
    """Return the kernels of a network by the path of JAX's trees.

    Raises:
        InvalidValue: If it has none.
    """
    leaves = jax.tree_util.tree_leaves_with_path(model.answering()[1])
    found = {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves if is_kernel(path)}
    if not found:
        raise InvalidValue(note("looks.no_kernel", owner=owner))
    return found


def scores_of(params: Params, seed: int | None = None) -> Params:
    """Return the magnitude of each weight; random numbers with a seed; infinity for what is not a kernel."""
    random = np.random.default_rng(seed)

    def one(path: tuple[object, ...], leaf: Array) -> Array:
        if not is_kernel(path):
            return jnp.full(leaf.shape, jnp.inf)
        return jnp.abs(leaf) if seed is None else jnp.asarray(random.random(leaf.shape), jnp.float32)

    return jax.tree_util.tree_map_with_path(one, params)  # pyright: ignore[reportReturnType]


def cuts(scores: Params, sparsity: float, scope: Scope, only: str | None = None) -> Params:
    """Return for each array the score from which on its weights are kept.

    Args:
        scores: The score of each weight.
        sparsity: The share of weights that is pruned, 0 to 1.
        scope: "global": the lowest scores of all kernels; "layer": the same share of each kernel.
        only: The path of the only kernel that is pruned, as in :func:`kernels_of`.
    """
    leaves, structure = jax.tree_util.tree_flatten_with_path(scores)
    own = [is_kernel(path) and (only is None or jax.tree_util.keystr(path) == only) for path, _ in leaves]
    values = [np.asarray(leaf).ravel() if each else np.zeros(0) for each, (_, leaf) in zip(own, leaves, strict=True)]
    if scope == "global":
        cut = _cut(np.concatenate(values), sparsity)
        found = [cut if each else -np.inf for each in own]
    else:
        found = [_cut(each, sparsity) if len(each) else -np.inf for each in values]
    return jax.tree.unflatten(structure, [np.float32(each) for each in found])


def _cut(values: Float[np.ndarray, "weights"], sparsity: float) -> float:
    """Return the score of the lowest weight that is kept; exactly the rounded share is below, without ties."""
    count = round(sparsity * len(values))
    if count <= 0:
        return -np.inf
    return float(np.partition(values, count)[count]) if count < len(values) else np.inf


def pruned(common: PyTree, cut: Params) -> tuple[Params, State]:
    """Return weights without those whose score is below the cut, and the state; runs inside compiled programs.

    Args:
        common: The weights, the scores and the state.
        cut: For each array the lowest score that is kept, a scalar.
    """
    params, scores, state = common

    def one(weights: Array, score: Array, least: Array) -> Array:
        return jnp.where(score >= least, weights, jnp.zeros((), weights.dtype))

    return jax.tree.map(one, params, scores, cut), state


def sparsity_of(params: Params) -> float:
    """Return the share of the weights in kernels that are 0."""
    leaves = [np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(params) if is_kernel(path)]
    return float(sum((leaf == 0).sum() for leaf in leaves) / sum(leaf.size for leaf in leaves))
