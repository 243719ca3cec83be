"""Walking a network: every layer that is no composition, with its path and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .layer import Layer


def walk(network: Layer, tree: Any = None, path: str = "") -> Iterator[tuple[str, Layer, Any]]:
    """Yield ``(path, layer, part)`` for each layer, first to last.

    Args:
        network: A layer or a composition.
        tree: What belongs to the network and is shaped like it: parameters, state, a Record or Errors.
        path: How the network itself is called.

    Example:
        >>> from plastica.layers import Dense, Sequential
        >>> [path for path, _, _ in walk(Sequential([Dense(3), Dense(2)]))]
        ['layer 0, Dense', 'layer 1, Dense']
    """
    if not network.children:
        yield f"{path}, {type(network).__name__}".removeprefix(", "), network, tree
        return
    parts = getattr(tree, "children", tree)
    for place, child in enumerate(network.children):
        part = None if parts is None else parts[place]
        yield from walk(child, part, f"{path}.{place}" if path else f"layer {place}")
