"""The charts of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.text import Text

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..evaluation.scores import Figure
from .inlining import BLUE, CARD, GREEN, INK, ORANGE, SAID, SOFT, drawing, inline
from .legends import COLOURS, DASHES, legend
from .wording import TEXTS, plain, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

    from ..training import History

SMALL = (3.4, 2.5)
STYLES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "-",
    (0, (4, 1.5)),
    (0, (1, 1.2)),
    "-.",
    (0, (6, 1, 1, 1)),
    (0, (8, 2)),
)


def learning(history: History, name: str, best_epoch: int | None) -> Markup:
    """Draw a metric over the epochs for training and validation, and mark the epoch whose weights are used."""
    items: list[tuple[Markup | str, str, str]] = []
    with drawing():
        sheet, axes = axes_of((4.1, 2.3))
        epochs = [epoch + 1 for epoch in history.epoch]
        for key, colour, place, word in (
            (name, BLUE, 0, "word_training"),
            (f"val_{name}", ORANGE, 1, "word_validation"),
        ):
            values = history.history.get(key, [])
            drawn = [value if math.isfinite(value) else math.nan for value in values]
            if values:
                mark = "o" if len(values) < 15 else None
                axes.plot(epochs[-len(values) :], drawn, color=colour, ls=STYLES[place], marker=mark, ms=3)
                items.append((say(word), colour, DASHES[place]))
        if best_epoch:
            axes.axvline(best_epoch, color=GREEN, lw=1, ls=STYLES[2])
            items.append((say("word_kept"), GREEN, DASHES[2]))
        if len(epochs) <= 6:
            axes.set_xticks(epochs)
        else:
            axes.locator_params(axis="x", integer=True)
        sheet.subplots_adjust(left=0.14)
        name_axes(axes, "word_epoch", f"metric_{name}", name.replace("_", " "))
        return inline(sheet, "learning", widest=600) + legend(items)


def reliability(forecast: np.ndarray, observed: Sequence[Figure], rows: np.ndarray) -> Markup:
    """Draw the reliability diagram: observed frequency, with its interval, over predicted probability."""
    with drawing():
        sheet, axes = _square("word_forecast", "word_observed")
        axes.plot([0, 1], [0, 1], color=SOFT, ls=STYLES[1], lw=1)
        for x, figure in zip(forecast, observed, strict=True):
            if figure.low is not None and figure.high is not None:
                axes.plot([x, x], [figure.low, figure.high], color=BLUE, lw=1.2, alpha=0.7)
        sizes = 10 + 70 * rows / rows.max()
        axes.scatter(forecast, [figure.value for figure in observed], s=sizes, color=BLUE, ec=CARD, lw=0.8, zorder=3)
        return inline(sheet, "reliability")


def curves(
    name: str,
    lines: Sequence[tuple[str, np.ndarray, np.ndarray]],
    point: tuple[float, float] | None,
    base: float | None,
) -> Markup:
    """Draw ROC ("roc") or precision-recall ("pr") curves for each class, and the point of the decision threshold."""
    with drawing():
        sheet, axes = _square(*(("word_fpr", "word_tpr") if name == "roc" else ("word_recall", "word_precision")))
        if name == "roc":
            axes.plot([0, 1], [0, 1], color=SOFT, ls=STYLES[1], lw=1)
        elif base is not None:
            axes.axhline(base, color=SOFT, ls=STYLES[1], lw=1)
        for (_, x, y), colour, style in zip(lines, COLOURS, STYLES, strict=False):
            axes.plot(x, y, color=colour, ls=style, lw=1.6)
        items: list[tuple[Markup | str, str, str]] = [
            (plain(label, 24), colour, dashes)
            for (label, *_), colour, dashes in zip(lines, COLOURS, DASHES, strict=False)
        ]
        if point is not None:
            axes.plot([point[0]], [point[1]], "o", ms=7, mfc=CARD, mec=ORANGE, mew=2)
            items.append((say("word_threshold"), ORANGE, "ring"))
        return inline(sheet, name) + (legend(items) if len(items) > 1 else Markup(""))


def against(truth: np.ndarray, predicted: np.ndarray, name: str) -> Markup:
    """Draw predicted over true values."""
    with drawing():
        sheet, axes = axes_of(SMALL)
        low, high = min(truth.min(), predicted.min()), max(truth.max(), predicted.max())
        axes.plot([low, high], [low, high], color=SOFT, ls=STYLES[1], lw=1)
        axes.plot(truth, predicted, "o", ms=3.2, color=BLUE, alpha=0.6, mew=0)
        name_axes(axes, "word_true", "word_predicted")
        return inline(sheet, name)


def residuals(predicted: np.ndarray, errors: np.ndarray, name: str) -> Markup:
    """Draw residuals over predicted values."""
    with drawing():
        sheet, axes = axes_of(SMALL)
        axes.axhline(0, color=SOFT, ls=STYLES[1], lw=1)
        axes.plot(predicted, errors, "o", ms=3.2, color=BLUE, alpha=0.6, mew=0)
        name_axes(axes, "word_predicted", "word_residual")
        return inline(sheet, name)


def histogram(errors: np.ndarray, name: str) -> Markup:
    """Draw the histogram of residuals."""
    with drawing():
        sheet, axes = axes_of(SMALL)
        axes.hist(errors, bins=min(40, max(8, round(math.sqrt(len(errors))))), color=BLUE, alpha=0.75)
        axes.axvline(0, color=INK, lw=1)
        name_axes(axes, "word_residual", "word_rows")
        return inline(sheet, name)


def axes_of(size: tuple[float, float]) -> tuple[Sheet, Axes]:
    """Return a figure with one pair of axes in the style of the page."""
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=size)
    axes = sheet.subplots()
    sheet.subplots_adjust(left=0.17, right=0.97, top=0.96, bottom=0.19)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color=SOFT, linewidth=0.7)
    axes.tick_params(labelsize=7.5, colors=SOFT, width=0.7, length=3)
    axes.locator_params(nbins=6)
    return sheet, axes


def _square(x: str, y: str) -> tuple[Sheet, Axes]:
    sheet, axes = axes_of((3.1, 3.0))
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    sheet.subplots_adjust(left=0.17, right=0.97, top=0.97, bottom=0.16)
    name_axes(axes, x, y)
    return sheet, axes


def name_axes(axes: Axes, x: str, y: str, otherwise: str = "") -> None:
    """Label axes with messages by key; ``otherwise`` stands for an unknown one."""
    for axis, key in ((axes.xaxis, x), (axes.yaxis, y)):
        axis.label.set(fontsize=8.5, color=INK, parse_math=False)
        if key in TEXTS:
            translate(axis.label, key)
        else:
            axis.label.set_text(otherwise)


def translate(text: Text, key: str) -> None:
    """Make a text of a chart a message, which the page shows in its language."""
    text.set(text=TEXTS.entries[key][0], gid=SAID + key, parse_math=False)
