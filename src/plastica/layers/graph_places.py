"""Places of a graph: the inputs, then the output of each call; a call reads one place or several."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidValue
from ..typing import Mask, PyTree
from .layer import Layer, reshapes_only
from .records import CallGraph


def check_places(
    inputs: int, layers: int, calls: Sequence[tuple[int, tuple[int, ...]]], outputs: Sequence[int]
) -> None:
    """Check that every call reads what is computed before it, and that every layer is called.

    Args:
        inputs: The number of inputs.
        layers: The number of layers.
        calls: For each call which layer is called, and the places that it reads.
        outputs: The places that the graph returns.

    Raises:
        InvalidValue: If not.
    """
    for number, (layer, reads) in enumerate(calls):
        known = 0 <= layer < layers and all(0 <= read < inputs + number for read in reads)
        if not known or not reads:
            raise InvalidValue(f"Graph: call {number} is {(layer, reads)}, which reads what is not there yet.")
    if not all(0 <= place < inputs + len(calls) for place in outputs) or not inputs or not outputs:
        raise InvalidValue(f"Graph: {inputs} inputs and outputs {tuple(outputs)}: at least one of each is needed.")
    if {layer for layer, _ in calls} != set(range(layers)):
        raise InvalidValue("Graph: every layer must be called at least once.")


def one_or_all(values: Sequence[PyTree]) -> PyTree:
    """Return the one value there is, or all of several as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


def read(values: Sequence[PyTree], places: Sequence[int]) -> PyTree:
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
