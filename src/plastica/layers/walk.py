"""All layers of a network that are not compositions, with their paths."""

from __future__ import annotations

from collections.abc import Iterator

from ..typing import PyTree
from .layer import Layer


def walk(
    network: Layer, tree: PyTree = None, path: str = "", *, as_keras: bool = False
) -> Iterator[tuple[str, Layer, PyTree]]:
    """Yield ``(path, layer, part)`` for each layer, from first to last.

    Args:
        network: A layer or a composition.
        tree: A tree with the structure of the network: parameters, state, a Record or Errors.
        path: The path of the network itself.
        as_keras: Whether layers of graphs come in the order of Keras, farthest from the outputs first, and not in the
            order of their calls.

    Example:
        >>> from plastica.layers import Dense, Sequential
        >>> [path for path, _, _ in walk(Sequential([Dense(3), Dense(2)]))]
        ['layer 0, Dense', 'layer 1, Dense']
    """
    if not network.children:
        yield f"{path}, {type(network).__name__}".removeprefix(", "), network, tree
        return
    parts = getattr(tree, "children", tree)
    for place in network.keras_order if as_keras else range(len(network.children)):
        part = None if parts is None else parts[place]
        inner = f"{path}.{place}" if path else f"layer {place}"
        yield from walk(network.children[place], part, inner, as_keras=as_keras)
