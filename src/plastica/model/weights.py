"""Weights in the order of Keras, for exchange and comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..data.arrays import to_array
from ..errors import ShapeError
from ..layers.layer import Layer
from ..layers.walk import walk

# Keras lists the trainable arrays of a layer in the order of their creation, then the non-trainable ones.
ORDER = (
    "embeddings",
    "kernel",
    "recurrent_kernel",
    "gamma",
    "beta",
    "bias",
    "moving_mean",
    "moving_variance",
)


def named_weights(network: Layer, params: Any, state: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield ``(path, holder, name)`` for each array ``holder[name]``, in the order of Keras."""
    for (path, _, own), (_, _, carried) in zip(walk(network, params), walk(network, state), strict=True):
        for holder in (own, carried):
            for name in sorted(holder or {}, key=_rank):
                yield path, holder, name


def get_weights(network: Layer, params: Any, state: Any) -> list[np.ndarray]:
    """Return all arrays, layer by layer."""
    return [np.asarray(holder[name]) for _, holder, name in named_weights(network, params, state)]


def set_weights(network: Layer, params: Any, state: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
    """Return params and state with the arrays from ``weights``.

    Raises:
        ShapeError: If the number of arrays or the shape of one differs from those of the network.
    """
    slots = list(named_weights(network, params, state))
    if not isinstance(weights, Sequence):
        raise ShapeError(
            f"set_weights got {type(weights).__name__}; expected a list of arrays as returned by get_weights()."
        )
    if len(slots) != len(weights):
        wanted = ", ".join(f"{path} {name} {holder[name].shape}" for path, holder, name in slots)
        raise ShapeError(
            f"set_weights got {len(weights)} arrays; this network has {len(slots)}: {wanted}. "
            "Pass them in the order of get_weights()."
        )
    params, state = _copied(params), _copied(state)
    for (path, holder, name), given in zip(named_weights(network, params, state), weights, strict=True):
        array = to_array(given, f"set_weights: {path} {name}", allow_nonfinite=True)
        if array.shape != holder[name].shape:
            raise ShapeError(f"set_weights: {path} {name} has shape {holder[name].shape}; got {array.shape}.")
        holder[name] = jnp.asarray(array)
    return params, state


def _rank(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _copied(tree: Any) -> Any:
    if isinstance(tree, dict):
        return dict(tree)
    return tuple(_copied(part) for part in tree)
