"""The picture of SHAP interactions: a grid with main effects on its diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import INK, drawable_language, own_style
from ..language import Texts, using
from .picture import cut

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .pairs import ShapInteractions

SAY = Texts("explain")
CELL, AROUND = 0.32, 2.0  # inches
MOST = 20  # features


def draw_interactions(found: ShapInteractions, row: int | None, output: int) -> Drawing:
    """Draw main effects and interactions of the strongest features; see ``ShapInteractions.plot``."""
    from ..drawing.figure import Drawing

    mean = np.abs(found.values[..., output]).mean(0)
    order = np.sort(np.argsort(-mean.sum(1), kind="stable")[:MOST])
    values = (mean if row is None else found.values[row, ..., output])[np.ix_(order, order)]
    names = [cut(found.feature_names[place]) for place in order]
    limit = float(np.abs(values).max()) or 1.0
    with own_style(), using(drawable_language()):
        side = AROUND + CELL * len(order)
        drawing = Drawing(side + 1.2, side, layout="constrained")
        axes = drawing.add_subplot(1, 1, 1)
        low, colours = (0.0, "Blues") if row is None else (-limit, "RdBu")
        seen = axes.imshow(values, cmap=colours, vmin=low, vmax=limit)
        drawing.colorbar(seen, ax=axes, shrink=0.8)
        places = np.arange(len(order))
        axes.set_xticks(places, names, rotation=90, fontsize=8)
        axes.set_yticks(places, names, fontsize=8)
        title = SAY("interactions_mean") if row is None else SAY("interactions_row", row=row)
        axes.set_title(f"{found.output_names[output]}: {title}", loc="left", fontsize=10, color=INK)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        return drawing
