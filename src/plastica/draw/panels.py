"""Empty panels of a figure, and colours for any number of classes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from ..drawing import COLOURS, MORE_COLOURS, load_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

PicturePath: TypeAlias = str | os.PathLike[str]


def panels(rows: int, columns: int, width: float, height: float) -> tuple[Drawing, list[Axes]]:
    """Return a figure of some inches with its axes, row by row."""
    load_matplotlib()
    from ..drawing.figure import Drawing

    drawing = Drawing(width, height, layout="constrained")
    axes = drawing.subplots(rows, columns, squeeze=False)
    return drawing, [axis for line in axes for axis in line]


def colours_for(count: int) -> list[str]:
    """Return a colour for each of so many classes."""
    known = (*COLOURS, *MORE_COLOURS)
    return [known[place % len(known)] for place in range(count)]
