"""Pictures of continual learning: the accuracy matrix, curves by experience, strategies side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, MORE_COLOURS, SOFT, drawable_language, own_style
from ..language import using
from .progress import SAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from ..notes import Note
    from .comparing import ContinualComparison
    from .results import ContinualResult

PALETTE = (*COLOURS, *MORE_COLOURS)
MOST_NUMBERS = 12  # experiences up to which the cells of a matrix show their numbers
MOST_NAMES = 12


def draw_result(result: ContinualResult) -> Drawing:
    """Draw the accuracy matrix, and the score on each experience after each; see ``ContinualResult.plot``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(9.0, 3.8, layout="constrained")
        left, right = drawing.subplots(1, 2)
        _matrix(left, result)
        for place, name in enumerate(result.names):
            colour = PALETTE[place % len(PALETTE)]
            right.plot(range(1, len(result.names) + 1), result.matrix[:, place], ".-", color=colour, lw=1, label=name)
        _curve_axes(right, result)
        if len(result.names) <= MOST_NAMES:
            right.legend(fontsize=7, frameon=False, title=SAY("experience_tested"), title_fontsize=7)
    return drawing


def draw_comparison(comparison: ContinualComparison) -> Drawing:
    """Draw the strategies side by side; see ``ContinualComparison.plot``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(9.0, 3.8, layout="constrained")
        left, right = drawing.subplots(1, 2, sharey=True)
        for place, result in enumerate(comparison):
            colour = PALETTE[place % len(PALETTE)]
            count = len(result.names)
            reached = np.stack([result.matrices[:, i, : i + 1].mean(1) for i in range(count)], 1)
            left.plot(
                range(1, count + 1), reached.mean(0), ".-", color=colour, label=SAY.name("strategy", result.strategy)
            )
            if len(result.seeds) > 1:
                left.fill_between(range(1, count + 1), reached.min(0), reached.max(0), color=colour, alpha=0.15, lw=0)
            right.plot(range(1, count + 1), result.matrix[-1], ".-", color=colour, lw=1)
        result = next(iter(comparison))
        _curve_axes(left, result)
        left.set_title(SAY("mean_so_far"), fontsize=9)
        _curve_axes(right, result)
        right.set(xlabel=SAY("experience_tested"), ylabel="")
        right.set_title(SAY("at_the_end"), fontsize=9)
        left.legend(fontsize=7, frameon=False)
    return drawing


def draw_prequential(
    rows: Sequence[int], errors: Sequence[float] | np.ndarray, drifts: Sequence[int], measure: Note | None = None
) -> Drawing:
    """Draw the prequential error by row, and the rows at which drift was found.

    Args:
        rows, errors: The rows, and the error at each.
        drifts: The rows at which drift was found.
        measure: What the error is.
    """
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(7.0, 3.0, layout="constrained")
        axes = drawing.add_subplot()
        axes.plot(rows, errors, color=COLOURS[0], lw=1)
        for number, drift in enumerate(drifts):
            axes.axvline(drift, color=COLOURS[1], lw=1, label=None if number else SAY("drift_found"))
        axes.set(xlabel=SAY("row"), ylabel=SAY("error_rate") if measure is None else measure.said())
        axes.spines[["top", "right"]].set_visible(False)
        if drifts:
            axes.legend(fontsize=7, frameon=False)
    return drawing


def _matrix(axes: Axes, result: ContinualResult) -> None:
    low = min(0.0, float(result.matrix.min())) if result.score == "accuracy" else float(result.matrix.min())
    axes.imshow(result.matrix, cmap="Blues", vmin=low, vmax=1.0, aspect="auto")
    count = len(result.names)
    if count <= MOST_NUMBERS:
        for row in range(count):
            for column in range(count):
                value = result.matrix[row, column]
                colour = "white" if value - low > 0.6 * (1 - low) else INK
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=7)
    places = range(count) if count <= MOST_NAMES else range(0, count, count // MOST_NAMES + 1)
    names = [result.names[place] for place in places]
    axes.set_xticks(list(places), names, fontsize=7, rotation=45 if max(map(len, names)) > 3 else 0)
    axes.set_yticks(list(places), names, fontsize=7)
    axes.set(xlabel=SAY("experience_tested"), ylabel=SAY("experience_learned"))
    axes.set_title(SAY.name("strategy", result.strategy), fontsize=9)


def _curve_axes(axes: Axes, result: ContinualResult) -> None:
    axes.set(xlabel=SAY("experience_learned"), ylabel=SAY.name("score", result.score))
    axes.spines[["top", "right"]].set_visible(False)
    axes.locator_params(axis="x", integer=True)
    axes.tick_params(colors=SOFT, labelsize=7)
