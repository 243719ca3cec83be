"""The figure of a sweep: a metric over the values of a setting."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..drawing import COLOURS, FAINT, INK, PALE, SOFT, checked_ending, own_style
from ..errors import InvalidValue
from ..training.monitor import better
from ..training.wording import metric_name
from .results import PopulationHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

WIDTH, HEIGHT = 5.2, 3.0  # inches
LOGARITHMIC = 30.0  # ratio of the largest to the smallest value above which an axis is logarithmic
BEYOND = 3.0  # times the range of the better half: what diverges must not flatten the rest


def draw(history: PopulationHistory, setting: str, monitor: str, path: str | os.PathLike[str] | None) -> Drawing:
    """Draw each member as a point and the mean of each value of the setting as a line; see ``Sweep.plot``."""
    if path is not None:
        checked_ending(path)
    places = [columns.get(setting) for columns in history.columns]
    numbers = [place for place in places if isinstance(place, int | float) and not isinstance(place, bool)]
    if len(numbers) < len(places):
        raise InvalidValue(f"plot: {setting} has values that are not numbers; to_frame() has them as a table.")
    values = history.values(monitor)
    with own_style():
        return _draw(numbers, values, setting, monitor).save(path)


def _draw(places: Sequence[float], values: list[float], setting: str, monitor: str) -> Drawing:
    from ..drawing.figure import Drawing

    figure = Drawing(WIDTH, HEIGHT, layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    found: dict[float, list[float]] = {}
    for place, value in zip(places, values, strict=True):
        found.setdefault(float(place), []).append(value)
    settings = sorted(found)
    means = {each: sum(found[each]) / len(found[each]) for each in settings if all(map(math.isfinite, found[each]))}
    limit = _limit(list(means.values()))
    shown = [(place, value) for place, value in zip(places, values, strict=True) if value <= limit]
    axes.plot(*zip(*shown, strict=True), "o", color=FAINT, markersize=3.5, mew=0, label="member") if shown else None
    line = [(each, mean) for each, mean in means.items() if mean <= limit]
    if line:
        axes.plot(*zip(*line, strict=True), "-o", color=COLOURS[0], linewidth=1.6, markersize=4, label="mean")
        best = (max if better(monitor) == "max" else min)(line, key=lambda pair: pair[1])
        axes.plot(*best, "o", markersize=9, markerfacecolor="none", markeredgecolor=COLOURS[1], label="best")
        axes.set_title(f"best {best[1]:.4g} at {best[0]:g}", loc="right", fontsize=8, color=COLOURS[1])
    beyond = [each for each in settings if each not in dict(line)]
    if beyond:
        axes.plot(beyond, [1.0] * len(beyond), "x", color=SOFT, transform=axes.get_xaxis_transform(), clip_on=False,
                  label="beyond, or failed")  # fmt: skip
    _dress(axes, settings, [mean for _, mean in line], setting, monitor)
    return figure


def _limit(means: list[float]) -> float:
    """Return the largest value that is drawn."""
    if not means:
        return math.inf
    ordered = sorted(means)
    half = ordered[: len(ordered) // 2 + 1]
    return half[-1] + BEYOND * max(half[-1] - half[0], 0.1 * abs(half[-1]))


def _dress(axes: Axes, settings: list[float], means: list[float], setting: str, monitor: str) -> None:
    if settings[0] > 0 and settings[-1] / settings[0] >= LOGARITHMIC:
        axes.set_xscale("log")
    if means and min(means) > 0 and max(means) / min(means) >= LOGARITHMIC:
        axes.set_yscale("log")
    axes.set_xlabel(setting.replace("_", " "), fontsize=9, color=INK)
    axes.set_title(metric_name(monitor), loc="left", fontsize=10, color=INK)
    axes.tick_params(labelsize=8, colors=INK, length=0, which="both")
    axes.grid(color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
