"""The figure of the learning curves: loss and metrics over the epochs, for training and validation."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Protocol, TypedDict

from ..drawing import COLOURS, PALE, checked_ending, own_style
from ..errors import InvalidValue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing


class CurveStyle(TypedDict):
    """How a curve is drawn, in the words of matplotlib."""

    color: str
    linestyle: str | tuple[int, tuple[float, float]]
    label: str


TRAINING: CurveStyle = {"color": COLOURS[0], "linestyle": "-", "label": "training"}
VALIDATION: CurveStyle = {"color": COLOURS[1], "linestyle": (0, (4, 1.5)), "label": "validation"}
INK = "#333333"
COLUMNS = 3
FEW = 15


class Figures(Protocol):
    """What can be drawn: a history, or another object with its metrics and epochs."""

    history: dict[str, list[float]]
    epoch: list[int]

    def best(self, monitor: str | None = None) -> tuple[int, float] | None:
        """Return the best epoch and its value."""
        ...


def plot(run: Figures, path: str | os.PathLike[str] | None = None, log: bool = False) -> Drawing:
    """Draw one panel for the loss and one for each metric; see ``History.plot``."""
    if path is not None:
        checked_ending(path)
    names = [name for name in run.history if not name.startswith("val_")]
    names += [name for name in run.history if name.startswith("val_") and name[4:] not in names]
    if not run.epoch or not names:
        raise InvalidValue("plot: no epoch has finished, so there is nothing to draw.")
    with own_style():
        return _panels(run, names, log).save(path)


def _panels(run: Figures, names: list[str], log: bool) -> Drawing:
    from ..drawing.figure import Drawing

    across = min(len(names), COLUMNS)
    down = -(-len(names) // across)
    figure = Drawing(0.4 + 3.0 * across, 0.3 + 2.2 * down, layout="constrained")
    for place, name in enumerate(names):
        axes = figure.add_subplot(down, across, place + 1)
        _panel(axes, run, name, log and name in ("loss", "learning_rate"))
    if f"val_{names[0]}" in run.history:
        figure.axes[0].legend(frameon=False, fontsize=8, labelcolor=INK, handlelength=2.2)
    return figure


def aligned(history: dict[str, list[float]], epochs: int) -> dict[str, list[float]]:
    """Return the values, with leading NaN for metrics that began after the first epoch."""
    return {name: [math.nan] * (epochs - len(values)) + list(values) for name, values in history.items()}


def _panel(axes: Axes, run: Figures, name: str, log: bool) -> None:
    epochs = [epoch + 1 for epoch in run.epoch]
    figures = aligned(run.history, len(epochs))
    shown = [(figures[key], style) for key, style in ((name, TRAINING), (f"val_{name}", VALIDATION)) if key in figures]
    for values, style in shown:
        drawn = [value if math.isfinite(value) else math.nan for value in values]
        _line(axes, epochs, drawn, style)
    numbers = [value for values, _ in shown for value in values if math.isfinite(value)]
    if log and numbers and min(numbers) > 0:
        _logarithmic(axes, min(numbers), max(numbers))
    if f"val_{name}" in figures:
        _mark_best(axes, run.best(f"val_{name}"))
    _dress(axes, name, epochs)


def _line(axes: Axes, epochs: list[int], values: list[float], style: CurveStyle) -> None:
    marker = "o" if len(epochs) <= FEW else None
    axes.plot(epochs, values, linewidth=1.6, marker=marker, markersize=3, solid_capstyle="round", **style)


def _mark_best(axes: Axes, best: tuple[int, float] | None) -> None:
    if best is None:
        return
    epoch, value = best[0] + 1, best[1]
    axes.plot([epoch], [value], "o", markersize=6, markerfacecolor="white", markeredgecolor=VALIDATION["color"])
    axes.set_title(f"best {value:.4g}, epoch {epoch}", loc="right", fontsize=7.5, color=VALIDATION["color"])


def _logarithmic(axes: Axes, low: float, high: float) -> None:
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    if high / low < 1000:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(NullFormatter())


def _dress(axes: Axes, name: str, epochs: list[int]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    axes.set_title(name.replace("_", " "), loc="left", fontsize=10, color=INK)
    axes.set_xlabel("epoch", fontsize=8, color=INK)
    axes.xaxis.set_major_locator(FixedLocator(epochs) if len(epochs) <= 6 else MaxNLocator(6, integer=True))
    axes.tick_params(labelsize=8, colors=INK, length=0, which="both")
    axes.grid(axis="y", color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.margins(y=0.08)
    beside = min(0.03 * (epochs[-1] - epochs[0]), 0.9) or 0.5  # no tick for an epoch 0
    axes.set_xlim(epochs[0] - beside, epochs[-1] + beside)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
