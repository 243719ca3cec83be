"""The learning curves in notebooks, cheap enough to be redrawn during training."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ..notebook.chart import TRAINING, VALIDATION, Line, line_chart

MOST_CHARTS = 3


def charts(curves: Mapping[str, list[float]], first: int, most: int = MOST_CHARTS) -> list[Markup]:
    """Draw the loss and the first metrics over the epochs, for training and validation.

    Args:
        curves: The values of each metric by name, one per epoch.
        first: The number of the first epoch.
        most: The maximum number of charts.
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
