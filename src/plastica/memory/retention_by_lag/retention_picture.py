"""A picture of what memories keep, by lag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...drawing import COLOURS, INK, MORE_COLOURS, PALE, drawable_language, own_style
from ...language import Texts, using
from ...typing import Float

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...drawing.figure import Drawing
    from .retention_comparison import RetentionComparison

SAY = Texts("memory")
STYLES = ("-", "--", ":")
SMALLEST = 1e-8  # sensitivities below are rounding errors


def draw_retention(found: RetentionComparison) -> Drawing:
    """Draw the curves of each memory; see ``RetentionComparison.plot``."""
    from ...drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(10.5, 3.6, layout="constrained")
        panels = drawing.subplots(1, 3)
        curves = (
            ("explained", {name: each.explained for name, each in found.retention.items()}),
            ("symbol_bits", {name: each.bits for name, each in found.symbols.items()}),
            (
                "sensitivity",
                {name: np.where(each > SMALLEST, each, np.nan) for name, each in found.sensitivity.items()},
            ),
        )
        for axes, (title, lines) in zip(panels, curves, strict=True):
            _panel(axes, title, lines)
        panels[2].set_yscale("log")
        handles, labels = panels[0].get_legend_handles_labels()
        drawing.legend(handles, labels, loc="outside right center", frameon=False, fontsize=8)
    return drawing


def _panel(axes: Axes, title: str, lines: dict[str, Float[np.ndarray, "lags"]]) -> None:
    colours = (*COLOURS, *MORE_COLOURS)
    for place, (name, values) in enumerate(lines.items()):
        style = STYLES[place // len(COLOURS) % len(STYLES)]
        label = SAY.name("kind", name)
        axes.plot(values, style, color=colours[place % len(colours)], lw=1.4, label=label)
    axes.set_title(SAY(title), loc="left", fontsize=9, color=INK)
    axes.set_xlabel(SAY("lag"), fontsize=9, color=INK)
    axes.grid(color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
