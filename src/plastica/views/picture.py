"""The figure of a network: units and connections if it is small and dense, otherwise a diagram."""

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
    params: Params | None = None,
    features: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> Drawing:
    """Draw a network for inputs of ``input_shape``, and write the figure to ``path`` if given.

    A network of up to eight Dense layers is drawn as in a textbook: units in columns and a line for each weight, blue
    for positive and orange for negative weights, with a width that shows the magnitude. Other networks are drawn as a
    diagram with a box for each layer, arcs for skip connections, and parallel branches.

    Args:
        network: A layer or a composition.
        input_shape: The shape of one input without the batch axis.
        path: The file; the suffix determines the format: ``.svg``, ``.png`` or ``.pdf``. Equal networks give equal
            bytes. None writes no file.
        params: The parameters of the network; without them, all connections look the same and nothing is counted.
        features: A name for each input, if units are drawn.
        classes: A name for each output, if units are drawn.

    Returns:
        A matplotlib figure without a window, displayed in notebooks.

    Raises:
        InvalidValue: If the suffix is unknown, or the network has no layers.
        ShapeError: If the network does not accept such inputs, or the number of names is wrong.
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
