"""The figure of a sweep: a metric over the values of a setting."""

from __future__ import annotations

import math
import os
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from ..drawing import COLOURS, FAINT, INK, PALE, SOFT, checked_ending, drawable_language, own_style
from ..language import WORDS, using
from ..training.monitor import better
from ..training.wording import metric_name
from .power_law import PowerLaw
from .results import PopulationHistory, ranking

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

WIDTH, HEIGHT = 5.2, 3.0  # inches
ROW, AROUND = 0.22, 0.75  # inches: of each name, and of the axis with its title
LOGARITHMIC = 30.0  # ratio of the largest to the smallest value above which an axis is logarithmic
BEYOND = 3.0  # times the range of the better half: what diverges must not flatten the rest
MOST_TICKS = 9  # values that are all written at the axis
LAW_POINTS = 100
MOST_DOTS = 30  # means that are drawn as dots too


SettingPlace = TypeVar("SettingPlace", bound=Hashable)  # a value of the setting: a number where there is an axis


class Subject(NamedTuple):
    """What is drawn.

    Attributes:
        setting: The setting along the axis.
        monitor: The metric.
        marks: Values of the setting to mark, by name.
        law: The law to draw.
    """

    setting: str
    monitor: str
    marks: Mapping[str, float] = {}
    law: PowerLaw | None = None


class Points(NamedTuple, Generic[SettingPlace]):
    """The values of the metric, by the value of the setting.

    Attributes:
        found: Those of the members.
        means: Their means, where all are finite.
        limit: The largest or smallest value that is drawn.
        sign: -1 if higher is better.
    """

    found: dict[SettingPlace, list[float]]
    means: dict[SettingPlace, float]
    limit: float
    sign: float

    @classmethod
    def of(
        cls, places: Sequence[SettingPlace], values: Sequence[float], monitor: str, limited: bool = True
    ) -> Points[SettingPlace]:
        """Return the points of members, with a limit unless all are to be seen."""
        found: dict[SettingPlace, list[float]] = {}
        for place, value in zip(places, values, strict=True):
            found.setdefault(place, []).append(value)
        means = {each: sum(own) / len(own) for each, own in found.items() if all(map(math.isfinite, own))}
        sign = -1.0 if better(monitor) == "max" else 1.0
        return cls(found, means, _limit([sign * mean for mean in means.values()]) if limited else math.inf, sign)

    def is_shown(self, value: float) -> bool:
        """Return whether a value is neither beyond the limit nor that of a member that failed."""
        return math.isfinite(value) and self.sign * value <= self.limit


def draw(history: PopulationHistory, subject: Subject, path: str | os.PathLike[str] | None) -> Drawing:
    """Draw each member as a point and the mean of each value of the setting; see ``Sweep.plot``."""
    if path is not None:
        checked_ending(path)
    places = [columns.get(subject.setting) for columns in history.columns]
    values = history.values(subject.monitor)
    numbers = [place for place in places if isinstance(place, int | float) and not isinstance(place, bool)]
    with using(drawable_language()), own_style():
        if len(numbers) == len(places):
            figure = _along(Points.of(numbers, values, subject.monitor, limited=subject.law is None), subject)
        else:
            figure = _by_name(history, values, subject)
        return figure.save(path)


def _along(points: Points[float], subject: Subject) -> Drawing:
    """Draw the metric along an axis of numbers."""
    from ..drawing.figure import Drawing

    figure = Drawing(WIDTH, HEIGHT, layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    settings = sorted(points.found)
    shown = [(each, value) for each in settings for value in points.found[each] if points.is_shown(value)]
    if shown:
        axes.plot(*zip(*shown, strict=True), "o", color=FAINT, ms=3.5, mew=0, label=WORDS("sweep_member"))
    line = [(each, points.means[each]) for each in settings if each in points.means]
    line = [(each, mean) for each, mean in line if points.is_shown(mean)]
    if line:
        style = "o" if subject.law else "-o" if len(line) <= MOST_DOTS else "-"
        axes.plot(*zip(*line, strict=True), style, color=COLOURS[0], lw=1.6, ms=4, label=WORDS("sweep_mean"))
    _mark_best(axes, line, points, subject)
    beyond = [each for each in settings if each not in dict(line)]
    if beyond:
        axes.plot(beyond, [1.0] * len(beyond), "x", color=SOFT, transform=axes.get_xaxis_transform(), clip_on=False,
                  label=WORDS("sweep_beyond"))  # fmt: skip
    if subject.law is not None:
        _draw_law(axes, subject.law, settings, points.sign)
    _scale(axes, settings, [mean for _, mean in line], LOGARITHMIC if subject.law is None else 1.0)
    _mark(axes, subject.marks)
    _dress(axes, subject)
    return figure


def _mark_best(axes: Axes, line: list[tuple[float, float]], points: Points[float], subject: Subject) -> None:
    if not line or subject.law is not None or "steepest" in subject.marks:
        return
    best = min(line, key=lambda pair: points.sign * pair[1])
    axes.plot(*best, "o", ms=9, mfc="none", mec=COLOURS[1], label=WORDS("sweep_best"))
    words = WORDS("sweep_best_at", value=f"{best[1]:.4g}", place=f"{best[0]:g}")
    axes.set_title(words, loc="right", fontsize=8, color=COLOURS[1])


def _draw_law(axes: Axes, law: PowerLaw, settings: list[float], sign: float) -> None:
    along = np.geomspace(settings[0], settings[-1], LAW_POINTS)
    errors = law(along)
    low, high = law.intervals.get("b", (law.b, law.b))
    words = WORDS("sweep_law", low=f"{low:.2f}", high=f"{high:.2f}")
    axes.plot(along, errors if sign > 0 else 1 - errors, "-", color=COLOURS[1], lw=1.2, zorder=1, label=words)
    # The formula has a text of its own: fonts of formulas have no Chinese characters.
    formula = f"{law.a:.3g} $n^{{-{law.b:.2f}}}$" + (f" + {law.c:.2g}" if law.c else "")
    axes.set_title(formula if sign > 0 else f"1 - ({formula})", loc="right", fontsize=8, color=COLOURS[1])


def _mark(axes: Axes, marks: Mapping[str, float]) -> None:
    for number, (name, place) in enumerate(marks.items()):
        colour = COLOURS[2 + number]
        axes.axvline(place, color=colour, lw=1.2, ls="--", zorder=0)
        words = WORDS(f"sweep_mark_{name}", value=f"{place:.2g}")
        across = axes.transAxes.inverted().transform(axes.transData.transform((place, 1.0)))[0]
        beside, side = ((-4, 0), "right") if across > 0.7 else ((4, 0), "left")  # within the figure
        axes.annotate(words, (place, 0.97), beside, ("data", "axes fraction"), "offset points", fontsize=8,
                      color=colour, va="top", ha=side)  # fmt: skip


def _by_name(history: PopulationHistory, values: Sequence[float], subject: Subject) -> Drawing:
    """Draw a row for each name, the best first; of several settings with one name, the best."""
    from ..drawing.figure import Drawing

    names = history.setting_names()
    best: dict[str, dict[str, object]] = {}
    for row in ranking(history, subject.monitor).iter_rows(named=True):
        best.setdefault(str(row[subject.setting]), row)
    figure = Drawing(WIDTH, ROW * len(best) + AROUND, layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    own = {
        name: [
            value
            for value, columns in zip(values, history.columns, strict=True)
            if all(columns.get(each) == row[each] for each in names)
        ]
        for name, row in best.items()
    }
    points = Points.of(
        [name for name, found in own.items() for _ in found],
        [value for found in own.values() for value in found],
        subject.monitor,
    )
    for place, name in enumerate(best):
        shown = [value for value in own[name] if points.is_shown(value)]
        axes.plot(shown, [place] * len(shown), "o", color=FAINT, ms=4.5, mew=0)
        mean = points.means.get(name, math.nan)
        if points.is_shown(mean):
            axes.plot(mean, place, "|", color=COLOURS[0], ms=12, mew=2)
        else:
            axes.annotate(WORDS("sweep_beyond"), (0.99, place), xycoords=("axes fraction", "data"), ha="right",
                          va="center", fontsize=8, color=SOFT)  # fmt: skip
    others = [each for each in names if each != subject.setting]
    labels = [", ".join([name, *(f"{best[name][each]:g}" if isinstance(best[name][each], float)
                                 else str(best[name][each]) for each in others)]) for name in best]  # fmt: skip
    axes.set_title(f"• {WORDS('sweep_member')}    | {WORDS('sweep_mean')}", loc="right", fontsize=8, color=SOFT)
    axes.set_yticks(range(len(best)), labels)
    axes.set_ylim(len(best) - 0.5, -0.5)
    _dress(axes, subject, sideways=True)
    return figure


def _limit(means: list[float]) -> float:
    """Return the largest value that is drawn, where lower is better."""
    if not means:
        return math.inf
    ordered = sorted(means)
    half = ordered[: len(ordered) // 2 + 1]
    return half[-1] + BEYOND * max(half[-1] - half[0], 0.1 * abs(half[-1]))


def _scale(axes: Axes, settings: list[float], means: list[float], ratio: float) -> None:
    """Make axes logarithmic where the largest value is so many times the smallest."""
    from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator, ScalarFormatter

    if settings[0] > 0 and settings[-1] / settings[0] >= ratio:
        axes.set_xscale("log")
        if len(settings) <= MOST_TICKS and all(isinstance(each, int) for each in settings):
            axes.xaxis.set_major_locator(FixedLocator(settings))
            axes.xaxis.set_major_formatter(ScalarFormatter())
            axes.xaxis.set_minor_locator(NullLocator())
    if means and min(means) > 0 and max(means) / min(means) >= ratio:
        axes.set_yscale("log")
        if max(means) / min(means) < 10 * LOGARITHMIC:
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
            axes.yaxis.set_major_formatter(ScalarFormatter())
            axes.yaxis.set_minor_formatter(NullFormatter())


def _dress(axes: Axes, subject: Subject, sideways: bool = False) -> None:
    setting, figure = WORDS.name("axis", subject.setting), metric_name(subject.monitor)
    axes.set_xlabel(figure if sideways else setting, fontsize=9, color=INK)
    axes.set_title(setting if sideways else figure, loc="left", fontsize=10, color=INK)
    axes.tick_params(labelsize=8, colors=INK, length=0, which="both")
    axes.grid(color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
    if not sideways:
        axes.legend(frameon=True, framealpha=1, edgecolor="none", fontsize=8, labelcolor=INK)
