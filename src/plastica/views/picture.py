"""The picture of a network: units and connections where it is small and dense, else a diagram."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..drawing import checked_ending, own_style
from ..errors import InvalidValue
from ..layers import Layer
from ..layers.layer import Params, Shape
from .canvas import Canvas
from .diagram import draw_diagram, draw_graph
from .outline import Entry, outline
from .units import columns, draw_units, named

if TYPE_CHECKING:
    from ..drawing.figure import Drawing


def draw(
    network: Layer,
    input_shape: Shape,
    path: str | os.PathLike[str] | None = None,
    *,
    params: Params = None,
    features: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> Drawing:
    """Draw a network for inputs of ``input_shape``, and write the picture to ``path`` if one is given.

    A network of up to eight Dense layers is drawn as in a textbook: units in columns, a line for each weight,
    blue where it is positive, orange where it is negative, wide where it is strong. Any other network is a
    diagram with a box for each layer: short cuts are arcs, branches stand side by side.

    Args:
        network: A layer or a composition.
        input_shape: The shape of one input without the batch axis.
        path: The file; its ending says what is written: ``.svg``, ``.png`` or ``.pdf``. Equal networks give
            equal bytes. None writes nothing.
        params: The network's parameters; None draws every connection alike and counts nothing.
        features: A name for each input, where units are drawn.
        classes: A name for each output, where units are drawn.

    Returns:
        A matplotlib figure that belongs to no window; a notebook shows it.

    Raises:
        InvalidValue: For another ending, and for a network without layers.
        ShapeError: If the network cannot work on such inputs, or there is not one name for each input or output.
        FileError: If the file cannot be written.
    """
    if path is not None:
        checked_ending(path)
    entries = outline(network, tuple(input_shape), params)
    if not entries:
        raise InvalidValue("draw: this network has no layers, so there is nothing to draw.")
    with own_style():
        canvas = _drawn(network, entries, tuple(input_shape), features, classes)
    return canvas.figure.save(path)


def _drawn(
    network: Layer,
    entries: Sequence[Entry],
    shape: Shape,
    features: Sequence[str] | None,
    classes: Sequence[str] | None,
) -> Canvas:
    if network.flow == "graph":
        return draw_graph(network, entries)
    found = columns(entries, shape)
    return draw_diagram(entries, shape) if found is None else draw_units(named(found, features, classes))
