"""Pictures of representations: tuning curves, selectivity, and dissimilarities of stimuli."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...drawing import COLOURS, INK, MORE_COLOURS, drawable_language, own_style
from ...language import Texts, using

if TYPE_CHECKING:
    from ...drawing.figure import Drawing
    from .representation_map import RepresentationMap
    from .tuning import TuningCurves

SAY = Texts("people")
TILE = 1.7  # inches of one matrix
COLUMNS = 4


def draw_tuning(curves: TuningCurves, most: int) -> Drawing:
    """Draw tuning curves; see ``TuningCurves.plot``."""
    from ...drawing.figure import Drawing

    units = np.argsort(-curves.explained)[:most]
    numbers = curves.values.dtype.kind in "iuf"
    x = curves.values if numbers else np.arange(len(curves.values))
    palette = COLOURS + MORE_COLOURS
    with own_style(), using(drawable_language()):
        drawing = Drawing(8.0, 3.0, layout="constrained")
        left, right = drawing.subplots(1, 2, width_ratios=(1.6, 1))
        for place, unit in enumerate(units):
            error = np.nan_to_num(curves.errors[:, unit])
            left.errorbar(x, curves.means[:, unit], error, fmt=".-", color=palette[place % len(palette)], lw=1.2)
        left.set(xlabel=SAY("stimulus"), ylabel=SAY("mean_response"), title=SAY("tuning", count=len(units)))
        if not numbers:
            left.set_xticks(x, [str(each) for each in curves.values], rotation=90 if len(x) > 6 else 0)
        known = curves.selectivity[np.isfinite(curves.selectivity)]
        name, shown = ("selectivity", known) if known.size else ("explained", curves.explained)
        right.hist(shown, bins=np.linspace(0, 1, 21).tolist(), color=COLOURS[0])
        right.set(xlabel=SAY(name), ylabel=SAY("units"), xlim=(0, 1))
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
    return drawing


def draw_map(found: RepresentationMap) -> Drawing:
    """Draw dissimilarities and similarities; see ``RepresentationMap.plot``."""
    from ...drawing.figure import Drawing

    count = len(found.names)
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    with own_style(), using(drawable_language()):
        drawing = Drawing(columns * TILE + 3.2, max(rows * (TILE + 0.3), 2.8), layout="constrained")
        left, right = np.ravel(np.asarray(drawing.subfigures(1, 2, width_ratios=(columns * TILE, 3.2))))
        grid = left.subplots(rows, columns, squeeze=False)
        for place, axes in enumerate(grid.ravel()):
            axes.set_axis_off()
            if place < count:
                axes.imshow(found.dissimilarities[found.names[place]], cmap="viridis")
                axes.set_title(found.names[place], fontsize=8)
        left.suptitle(SAY("dissimilarity"), fontsize=9)
        axes = right.subplots()
        axes.imshow(found.similarity, cmap="Blues", vmin=0, vmax=1)
        for row in range(count):
            for column in range(count):
                value = found.similarity[row, column]
                colour = "white" if value > 0.6 else INK
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(range(count), found.names, rotation=90, fontsize=8)
        axes.set_yticks(range(count), found.names, fontsize=8)
        axes.set_title(f"{SAY('similarity')} ({found.kind.upper()})", fontsize=9)
    return drawing
