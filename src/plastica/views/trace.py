"""The picture of a trace: the network with what each layer did with one input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import own_style
from ..layers import Activation, Dense, Layer
from ..layers.layer import Params
from .outline import Entry, outline
from .seen import Seen
from .stack import draw_stack
from .units import UnitColumn, columns, draw_units, named

if TYPE_CHECKING:
    from ..drawing.figure import Drawing


def draw_trace(
    network: Layer,
    params: Params,
    inputs: np.ndarray,
    seen: Sequence[Seen],
    *,
    title: str = "",
    features: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> Drawing:
    """Draw a network with what each layer did with one input.

    Args:
        network: A layer or a composition.
        params: Its parameters.
        inputs: The input, without the batch axis.
        seen: What each layer that is no composition did, first to last.
        title: Which input it is.
        features: A name for each input.
        classes: A name for each output.

    Raises:
        ShapeError: If there is not one name for each.
    """
    entries = outline(network, inputs.shape, params)
    layers = list(zip(_leaves(entries), seen, strict=True))
    has_delta = any(each.delta is not None for each in seen)
    words = f"{title}: activity a" + (" and error δ = dC/dz" if has_delta else "") + " of each unit"
    with own_style():
        found = columns(entries, inputs.shape)
        if found is None or not all(column.is_whole for column in found):
            return draw_stack(inputs, layers, words, features, classes).figure
        return draw_units(named(_filled(found, inputs, layers), features, classes), words).figure


def _leaves(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the layers that are no compositions, in the order in which a network is walked."""
    for entry in entries:
        if entry.layer.children:
            yield from _leaves(entry.children)
        else:
            yield entry


def _filled(found: Sequence[UnitColumn], inputs: np.ndarray, layers: Sequence[tuple[Entry, Seen]]) -> list[UnitColumn]:
    """Return the columns with what their units did; an activation that stands alone belongs to the units before it."""
    parts = [Seen(inputs)]
    for entry, seen in layers:
        if isinstance(entry.layer, Dense):
            parts.append(seen)
        elif isinstance(entry.layer, Activation):
            parts[-1] = parts[-1]._replace(activity=seen.activity)
    return [replace(column, seen=part) for column, part in zip(found, parts, strict=True)]
