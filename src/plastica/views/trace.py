"""The figure of a trace: the network with the activity of each layer for one input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import own_style
from ..layers import Dense, Layer
from ..layers.layer import Params
from .outline import Entry, outline
from .seen import Seen
from .stack import draw_stack
from .units import UnitColumn, columns, draw_units, named, only_activates

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
    """Draw a network with the activity and error of each layer for one input.

    Args:
        network: A layer or a composition.
        params: The parameters.
        inputs: The input, without the batch axis.
        seen: The activity and error of each layer that is not a composition, in order.
        title: The title.
        features: A name for each input.
        classes: A name for each output.

    Raises:
        ShapeError: If the number of names is wrong.
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
    """Yield the layers that are not compositions, in the order of the forward pass."""
    for entry in entries:
        if entry.layer.children:
            yield from _leaves(entry.children)
        else:
            yield entry


def _filled(found: Sequence[UnitColumn], inputs: np.ndarray, layers: Sequence[tuple[Entry, Seen]]) -> list[UnitColumn]:
    """Return the columns with the activity of their units; a separate activation layer belongs to the units before."""
    parts = [Seen(inputs)]
    for entry, seen in layers:
        if isinstance(entry.layer, Dense):
            parts.append(seen)
        elif only_activates(entry.layer):
            parts[-1] = parts[-1]._replace(activity=seen.activity)
    return [replace(column, seen=part) for column, part in zip(found, parts, strict=True)]
