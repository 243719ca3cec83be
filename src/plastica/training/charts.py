"""The curves of a run as notebooks show them, light enough to be drawn again while it goes on."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ..notebook.chart import TRAINING, VALIDATION, Line, line_chart

MOST_CHARTS = 3


def charts(curves: Mapping[str, list[float]], first: int, most: int = MOST_CHARTS) -> list[Markup]:
    """Draw the loss and the first metrics over the epochs, training beside validation.

    Args:
        curves: Figures by name, an entry an epoch.
        first: The number of the first epoch.
        most: How many charts there may be.
    """
    names = [name for name in curves if not name.startswith("val_")]
    names += [name for name in curves if name.startswith("val_") and name[4:] not in names]
    made = []
    for name in names[:most]:
        lines = [Line("training", TRAINING, curves[name])]
        if f"val_{name}" in curves:
            lines.append(Line("validation", VALIDATION, curves[f"val_{name}"]))
        made.append(line_chart(name.replace("_", " "), lines, first))
    return made
