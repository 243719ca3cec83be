"""Weights in the order of Keras, for exchange and comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np

from ..data.arrays import to_array
from ..errors import ShapeError
from ..layers.freezing import trainable_part
from ..layers.layer import Layer
from ..layers.memory import is_memory
from ..layers.walk import walk
from ..storage.trees import flatten, unflatten
from ..typing import Params, State, Tree
from ..views.outline import Entry, outline

# Keras lists the trainable arrays of a layer in the order of their creation, then the non-trainable ones.
ORDER = (
    "scale",
    "concat_score_weight",
    "embeddings",
    "query_kernel",
    "query_bias",
    "key_kernel",
    "key_bias",
    "value_kernel",
    "value_bias",
    "output_kernel",
    "output_bias",
    "kernel",
    "depthwise_kernel",
    "pointwise_kernel",
    "recurrent_kernel",
    "gamma",
    "beta",
    "bias",
    "moving_mean",
    "moving_variance",
    "mean",
    "variance",
    "count",
)

# The arrays of a layer by name; in copies names stand in their places, to learn the order.
Holder: TypeAlias = dict[str, Any]


T = TypeVar("T", bound=Tree)


class NamedWeights(NamedTuple):
    """A network's arrays by name.

    Attributes:
        network: The network.
        params, state: Its arrays.
        arrays: For each name the dict that holds the array, and its key there.
    """

    network: Layer
    params: Params
    state: State
    arrays: dict[str, tuple[Holder, str]]


def named_weights(network: Layer, params: Params, state: State) -> Iterator[tuple[str, Holder, str]]:
    """Yield ``(path, holder, name)`` for each array ``holder[name]``, in the order of Keras."""
    for path, _, own, carried in _listed(network, params, state):
        for holder in (*holders(own), *holders(carried)):
            for name in sorted(holder, key=_rank):
                # The memory of a stateful layer is no weight: it belongs to the sequences that were read last, and
                # Keras does not list it.
                if not is_memory(name):
                    yield path, holder, name


def holders(tree: Tree | None) -> Iterator[Holder]:
    """Yield the dicts with the arrays of a layer: one, or one for each of its cells."""
    if isinstance(tree, dict):
        yield tree
    else:
        for part in tree or ():
            yield from holders(part)


def get_weights(network: Layer, params: Params, state: State) -> list[np.ndarray]:
    """Return all arrays, layer by layer."""
    return [np.asarray(holder[name]) for _, holder, name in named_weights(network, params, state)]


def trainable(network: Layer, params: Params) -> list[np.ndarray]:
    """Return the arrays that training changes, layer by layer."""
    return [
        np.asarray(own[name])
        for _, layer, own in walk(network, params, as_keras=True)
        for name in sorted(own or {}, key=_rank)
        if layer.trainable
    ]


def not_trainable(network: Layer, params: Params, state: State) -> list[np.ndarray]:
    """Return the other arrays, layer by layer: those of frozen layers, and state."""
    return [
        np.asarray(holder[name])
        for _, layer, own, carried in _listed(network, params, state)
        for holder, listed in ((own, not layer.trainable), (carried, True))
        for name in sorted(holder or {}, key=_rank)
        if listed and not is_memory(name)
    ]


def set_weights(network: Layer, params: Params, state: State, weights: Sequence[object]) -> tuple[Params, State]:
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
    # Copies, so that a list whose last array has a wrong shape leaves the network as it was.
    params, state = copied(params), copied(state)
    for (path, holder, name), given in zip(named_weights(network, params, state), weights, strict=True):
        array = to_array(given, f"set_weights: {path} {name}", allow_nonfinite=True)
        if array.shape != holder[name].shape:
            raise ShapeError(f"set_weights: {path} {name} has shape {holder[name].shape}; got {array.shape}.")
        holder[name] = jnp.asarray(array)
    return params, state


def carried_over(source: NamedWeights, target: NamedWeights) -> tuple[Params, State, list[str]]:
    """Return params and state of ``target`` with the arrays of ``source`` that have the same name and shape.

    Args:
        source, target: Networks by name, as :func:`by_name` returns them.

    Returns:
        Params, state, and the names of the arrays that were carried over.
    """
    params, state = copied(target.params), copied(target.state)
    held = by_name(target.network, params, state)
    taken = []
    for name, (holder, key) in held.arrays.items():
        if name in source.arrays:
            other, other_key = source.arrays[name]
            if np.shape(other[other_key]) == np.shape(holder[key]):
                holder[key] = other[other_key]
                taken.append(name)
    return params, state, taken


def by_name(network: Layer, params: Params, state: State) -> NamedWeights:
    """Return a network's arrays by name: the layer's name in the summary, then the array's own.

    Layers inside a composition have its name in front: ``"block/dense_1/kernel"``.
    """
    found: dict[str, tuple[Holder, str]] = {}

    def gather(entry: Entry, path: str) -> None:
        if entry.layer.children:
            for child in entry.children:
                gather(child, f"{path}{entry.name}/")
            return
        for holders_of in (list(holders(entry.params)), list(holders(entry.state))):
            for place, holder in enumerate(holders_of):
                part = f"{entry.name}/{place}" if len(holders_of) > 1 else entry.name
                found.update({f"{path}{part}/{name}": (holder, name) for name in holder if not is_memory(name)})

    for entry in outline(network, None, params, state):
        gather(entry, "")
    return NamedWeights(network, params, state, found)


def array_names(network: Layer, params: Params, state: State) -> tuple[list[str], list[str]]:
    """Return the names of the trainable arrays, in the order of a tree of parameters, and those of frozen ones."""
    named = by_name(network, copied(params), copied(state))
    # The dicts were copied above, so that identity tells those of parameters from those of state.
    learned = {id(holder) for _, _, holder in walk(network, named.params)}
    names = {name: place for name, place in named.arrays.items() if id(place[0]) in learned}
    for name, (holder, key) in names.items():
        holder[key] = name
    trainable = jax.tree.leaves(trainable_part(network, named.params))
    return trainable, [name for name in names if name not in set(trainable)]


def snapshot(params: Params, state: State) -> dict[str, np.ndarray]:
    """Return copies of all parameters and state arrays by name."""
    return {name: np.array(array) for name, array in flatten({"params": params, "state": state}).items()}


def from_snapshot(params: Params, state: State, arrays: Mapping[str, np.ndarray]) -> tuple[Params, State]:
    """Return params and state with the arrays from a snapshot."""
    found = unflatten({"params": params, "state": state}, dict(arrays))
    return found["params"], found["state"]


def _listed(network: Layer, params: Params, state: State) -> Iterator[tuple[str, Layer, Params, State]]:
    """Yield the path, the layer, its params and its state for each layer, in the order of Keras."""
    pairs = zip(walk(network, params, as_keras=True), walk(network, state, as_keras=True), strict=True)
    for (path, layer, own), (_, _, carried) in pairs:
        yield path, layer, own, carried


def _rank(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def copied(tree: T) -> T:
    """Return a tree of new dicts and tuples with the same arrays."""
    made = dict(tree) if isinstance(tree, dict) else tuple(map(copied, tree))
    return cast("T", made)
