"""Directions in the space of all weights, as trees of the shape of the parameters."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..layers.freezing import kept_of_frozen
from ..layers.layer import Layer
from ..typing import Params, PyTree, State, Tree

DirectionScale = Literal["filter", "layer", "none"]
NORMALIZATIONS = ("filter", "layer", "none")


def random_direction(
    network: Layer, params: Params, random: np.random.Generator, normalize: DirectionScale = "filter"
) -> Params:
    """Return a random direction; layers that are frozen do not move.

    Args:
        network: The network.
        params: Its weights.
        random: Where normal numbers come from.
        normalize: "filter": the part of each unit or filter gets the norm of its weights, and biases and scales stay;
            "layer": the same for each array of weights as a whole; "none": standard normal numbers.
    """
    if normalize not in NORMALIZATIONS:
        raise InvalidValue(f"normalize={normalize!r}: expected one of {', '.join(NORMALIZATIONS)}.")
    drawn = jax.tree.map(lambda leaf: _drawn(leaf, random, normalize), params)
    return kept_of_frozen(network, jax.tree.map(jnp.zeros_like, params), drawn)


def _drawn(leaf: Array, random: np.random.Generator, normalize: DirectionScale) -> Array:
    own, direction = np.asarray(leaf, np.float64), random.standard_normal(leaf.shape)
    if normalize != "none" and own.ndim < 2:
        direction = np.zeros(own.shape)
    elif normalize != "none":
        # The weights of one unit or filter are those with one number along the last axis.
        axes = tuple(range(own.ndim - (normalize == "filter")))
        length = np.sqrt((direction**2).sum(axes, keepdims=True))
        direction = direction * np.sqrt((own**2).sum(axes, keepdims=True)) / np.maximum(length, 1e-12)
    return jnp.asarray(direction, leaf.dtype)


def combined(common: PyTree, point: Array) -> tuple[Params, State]:
    """Return weights that are a linear combination, and the state.

    Args:
        common: The trees that are combined, and the state of the layers.
        point: A factor for each tree, ``(trees,)``.
    """
    trees, state = common
    return jax.tree.map(lambda *leaves: weighted_sum(point, leaves), *trees), state


def combined_with_state(common: PyTree, point: Array) -> tuple[Params, State]:
    """Return weights and state that are linear combinations of several; as :func:`combined`."""
    trees, states = common
    made = (jax.tree.map(lambda *leaves: weighted_sum(point, leaves), *each) for each in (trees, states))
    params, state = made
    return params, state


def weighted_sum(factors: Array, leaves: tuple[Array, ...]) -> Array:
    """Return the sum of arrays with factors; of whole numbers, such as counters, the first array."""
    if not jnp.issubdtype(leaves[0].dtype, jnp.floating):
        return leaves[0]
    total = factors[0].astype(leaves[0].dtype) * leaves[0]
    for factor, leaf in zip(factors[1:], leaves[1:], strict=True):
        total = total + factor.astype(leaf.dtype) * leaf
    return total


def difference(one: Tree, other: Tree) -> Params:
    """Return one tree minus another."""
    return jax.tree.map(lambda a, b: a - b, one, other)
