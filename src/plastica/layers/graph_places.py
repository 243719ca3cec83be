"""Places of a graph: the inputs, then the output of each call; a call reads one place or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..typing import Mask
from .layer import Layer, reshapes_only
from .records import CallGraph


def one_or_all(values: Sequence[Any]) -> Any:
    """Return the one value there is, or all of several as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


def read(values: Sequence[Any], places: Sequence[int]) -> Any:
    """Return the value of a place, or a tuple of those of several."""
    return one_or_all([values[place] for place in places])


def read_masks(masks: Sequence[Mask], places: Sequence[int]) -> Mask:
    """Return the mask of a place, or a tuple of those of several; None if there is none."""
    found = [masks[place] for place in places]
    return None if all(mask is None for mask in found) else one_or_all(found)


def stays_integer(graph: CallGraph, layers: Sequence[Layer], place: int) -> bool:
    """Return whether what is at a place is read once, by a layer that takes integers."""
    readers = [number for number, (_, reads) in enumerate(graph.calls) if place in reads]
    if len(readers) != 1 or place in graph.outputs or len(graph.calls[readers[0]][1]) != 1:
        return False
    layer = layers[graph.calls[readers[0]][0]]
    if layer.takes_integers or not reshapes_only(layer):
        return layer.takes_integers is True
    return stays_integer(graph, layers, graph.inputs + readers[0])
