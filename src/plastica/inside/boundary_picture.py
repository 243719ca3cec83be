"""The picture of a decision boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..draw.plane import draw_height, draw_rows, draw_shares
from ..drawing import INK
from .landscape_picture import dress

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .boundary import DecisionBoundary


def draw_boundary(found: DecisionBoundary) -> Drawing:
    """Draw the answers on the plane, the line where the decision changes, and the rows."""
    from ..drawing.figure import Drawing

    drawing = Drawing(5.6, 4.2, layout="constrained")
    axes = drawing.add_subplot(1, 1, 1)
    first, second = found.grid
    extent = float(first[0]), float(first[-1]), float(second[0]), float(second[-1])
    known = np.isfinite(found.places).all(1)
    truth = None if found.truth is None else found.truth[known]
    if found.decides:
        draw_shares(axes, found.answers, extent)
        chosen = found.answers.argmax(2)
        for place in range(len(found.output_names)):
            if 0 < (chosen == place).sum() < chosen.size:
                axes.contour(first, second, (chosen == place).astype(float), [0.5], colors=INK, linewidths=0.7)
        draw_rows(axes, found.places[known], truth, list(found.output_names))
    else:
        numbers = None if truth is None or truth.dtype.kind not in "fiu" else truth.astype(np.float64)
        draw_height(drawing, axes, found.answers[:, :, 0], extent, found.places[known], numbers)
    axes.set(xlabel=found.axes[0], ylabel=found.axes[1], aspect="auto")
    dress(axes, grid=False)
    return drawing
