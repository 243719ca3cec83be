"""Pictures of responses of units while one input varies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, MORE_COLOURS
from .landscape_picture import dress
from .look import SAY

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .responses import UnitResponses

MOST_NAMED = 24
MOST_LINES = 8  # units that are drawn in the first panel; all are in the second


def draw_responses(found: UnitResponses) -> Drawing:
    """Draw the curves of the units that change most, and all units as a map in the order of their largest response."""
    from ..drawing.figure import Drawing

    drawing = Drawing(8.4, 3.3, layout="constrained")
    left, right = drawing.subplots(1, 2)
    order = np.argsort(-found.reach, kind="stable")
    palette = COLOURS + MORE_COLOURS
    for place, unit in enumerate(order[:MOST_LINES]):
        colour = palette[place % len(palette)]
        mean, spread = found.mean[:, unit], found.spread[:, unit]
        if place < 2:
            left.fill_between(found.grid, mean - spread, mean + spread, color=colour, alpha=0.12, lw=0)
        left.plot(found.grid, mean, color=colour, lw=1.6, label=SAY("unit", unit=unit))
    left.set(xlabel=found.feature, ylabel=SAY("mean_response"), title=SAY("responses_title", layer=found.layer))
    left.legend(frameon=False, fontsize=7, ncols=2)
    dress(left)
    scaled = (found.mean - found.mean.min(0)) / np.maximum(found.reach, 1e-12)
    by_peak = np.argsort(found.mean.argmax(0), kind="stable")
    shown = scaled[:, by_peak].T
    edges = np.concatenate([found.grid, found.grid[-1:] + np.diff(found.grid[-2:])])
    image = right.pcolormesh(edges, np.arange(shown.shape[0] + 1), shown, cmap="viridis")
    right.set(xlabel=found.feature, ylabel=SAY("units_in_order"), title=SAY("responses_all"))
    drawing.colorbar(image, ax=right, label=SAY("response_range"))
    dress(right, grid=False)
    right.set_yticks(
        np.arange(len(by_peak)) + 0.5, by_peak.tolist() if len(by_peak) <= MOST_NAMED else [""] * len(by_peak)
    )
    right.tick_params(axis="y", labelsize=7, length=0)
    return drawing
