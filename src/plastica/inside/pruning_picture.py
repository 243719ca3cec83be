"""Pictures of pruned networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, MORE_COLOURS, SOFT
from .landscape_picture import dress
from .look import SAY

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .lottery import LotteryTickets
    from .pruning import PruningCurves

WIDTH, HEIGHT = 8.4, 3.4  # inches
OWN = {"magnitude": (COLOURS[0], "o-"), "random": (SOFT, "--"), "fine-tuned": (COLOURS[2], "s-")}


def draw_pruning(found: PruningCurves) -> Drawing:
    """Draw the metric of all kernels together, and of each alone, by sparsity."""
    from ..drawing.figure import Drawing

    layers = [curve for curve in found.curves if curve not in OWN]
    drawing = Drawing(WIDTH if layers else WIDTH / 2, HEIGHT, layout="constrained")
    panels = np.ravel(drawing.subplots(1, 1 + bool(layers), squeeze=False, sharey=True))
    percent = 100 * found.sparsities
    for curve, (colour, line) in OWN.items():
        if curve in found.curves:
            values = found.curves[curve][found.monitor]
            panels[0].plot(
                percent, values, line, color=colour, lw=1.6, ms=4, label=SAY(f"curve_{curve.replace('-', '_')}")
            )
    panels[0].set(title=SAY("pruning_together"), ylabel=SAY.name("figure", found.monitor))
    palette = COLOURS + MORE_COLOURS
    for place, curve in enumerate(layers):
        values = found.curves[curve][found.monitor]
        panels[1].plot(percent, values, "o-", color=palette[place % len(palette)], lw=1.4, ms=3, label=curve)
    if layers:
        panels[1].set(title=SAY("pruning_alone"))
    for axes in panels:
        axes.set_xlabel(SAY("pruned_percent"))
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
        dress(axes)
    return drawing


def draw_lottery(found: LotteryTickets) -> Drawing:
    """Draw the metric of each kind by the share of connections left, with the standard error over seeds."""
    from ..drawing.figure import Drawing

    drawing = Drawing(WIDTH * 0.6, HEIGHT, layout="constrained")
    axes = drawing.add_subplot(1, 1, 1)
    percent = 100 * found.remaining
    for place, (kind, line) in enumerate((("ticket", "o-"), ("reinitialized", "s--"), ("random", "^:"))):
        values = found.figures[kind][found.monitor]
        error = values.std(1, ddof=1) / np.sqrt(values.shape[1]) if values.shape[1] > 1 else np.zeros(len(values))
        own = COLOURS[place]
        axes.errorbar(percent, values.mean(1), error, fmt=line, color=own, lw=1.6, ms=4, label=SAY(f"kind_{kind}"))
    axes.set_xscale("log")
    axes.set_xticks(percent, [f"{each:.3g}" for each in percent])
    axes.minorticks_off()
    axes.invert_xaxis()
    axes.set(xlabel=SAY("remaining_percent"), ylabel=SAY.name("figure", found.monitor), title=SAY("lottery_title"))
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    dress(axes)
    return drawing
