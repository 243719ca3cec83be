"""Pictures of measurements: curves in panels, and scores of layers on tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..drawing import COLOURS, INK, MORE_COLOURS, SOFT, drawable_language, own_style
from ..language import Texts, using
from ..typing import Float, Num

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

SAY = Texts("memory")
WIDTH, HEIGHT = 4.2, 3.0  # inches of a panel
ROW, COLUMN, SIDE = 0.36, 0.95, 1.7  # inches of a grid of scores, and of the names beside it


class MeasuredCurve(NamedTuple):
    """A curve of a panel.

    Attributes:
        name: Its name, which the legend shows as it is.
        x, y: Its points; a y of NaN leaves a gap.
        style: ``"line"``, ``"points"`` for measurements, or ``"both"``.
    """

    name: str
    x: Num[np.ndarray, "points"]
    y: Float[np.ndarray, "points"]
    style: str = "line"


class CurvePanel(NamedTuple):
    """Curves on the same axes.

    Attributes:
        curves: The curves.
        x_name, y_name: What the axes show; names of messages, or texts as they are.
        logarithmic: Whether the horizontal axis is logarithmic.
    """

    curves: Sequence[MeasuredCurve]
    x_name: str
    y_name: str
    logarithmic: bool = False


def draw_panels(panels: Sequence[CurvePanel]) -> Drawing:
    """Draw panels side by side."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH * len(panels), HEIGHT, layout="constrained")
        for axes, panel in zip(np.atleast_1d(drawing.subplots(1, len(panels))), panels, strict=True):
            _fill(axes, panel)
    return drawing


def draw_scores(tasks: Sequence[str], layers: Sequence[str], scores: Float[np.ndarray, "tasks layers"]) -> Drawing:
    """Draw how far layers come on tasks, as a grid.

    Args:
        tasks: The names of the rows.
        layers: The names of the columns.
        scores: 0 at chance and 1 where nothing is missing.
    """
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(SIDE + COLUMN * len(layers), 0.9 + ROW * len(tasks), layout="constrained")
        axes = drawing.subplots()
        axes.imshow(np.clip(scores, 0, 1), cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
        for (row, column), score in np.ndenumerate(scores):
            axes.text(column, row, f"{score:.2f}", ha="center", va="center", color=INK, fontsize=8)
        axes.set_xticks(range(len(layers)), [SAY.name("layer", each) for each in layers], fontsize=8)
        axes.set_yticks(range(len(tasks)), [SAY.name("task", each) for each in tasks], fontsize=8)
        axes.set_xlabel(SAY("normalized_score"), fontsize=8, color=SOFT)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    return drawing


def _fill(axes: Axes, panel: CurvePanel) -> None:
    for curve, colour in zip(panel.curves, (*COLOURS[:6], *MORE_COLOURS), strict=False):
        form = {"points": "o", "both": "o-"}.get(curve.style, "-")
        axes.plot(curve.x, curve.y, form, color=colour, lw=1.4, ms=4, label=curve.name)
    if panel.logarithmic:
        axes.set_xscale("log")
    axes.set_xlabel(_text(panel.x_name))
    axes.set_ylabel(_text(panel.y_name))
    axes.spines[["top", "right"]].set_visible(False)
    if len(panel.curves) > 1:
        axes.legend(frameon=False, fontsize=8)


def _text(name: str) -> str:
    return SAY(name) if name in SAY else name
