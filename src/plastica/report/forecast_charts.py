"""The charts of the report of forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from .charts import SMALL, STYLES, axes_of, name_axes, translate
from .inlining import BLUE, INK, LINE, ORANGE, SOFT, drawing, inline
from .legends import COLOURS, DASHES, legend
from .wording import TEXTS, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..forecasting import ForecastResults
    from ..forecasting.analysis import ErrorsBySlot, SeriesParts
    from ..forecasting.fitted import FittedForecast, Forecasts, JudgedForecasts
    from ..forecasting.panel import Panel

WIDE = (6.6, 2.4)
SHOWN = 7  # horizons of the test span, and as many of the past before the forecast
MOST_DATES = 6  # on the axis of a chart
MOST_POINTS = 1500  # of a line: with more, the means of a season's steps are drawn
LONG_BREAK = 3  # steps
DAY, WEEK = 86_400, 7 * 86_400
MONDAY = 4 * DAY  # 5 January 1970, in seconds


def ahead_chart(panel: Panel, made: Forecasts) -> Markup:
    """Draw the end of the first series and its forecast."""
    horizon = made.values.shape[1]
    values = panel.values[panel.bounds[0] : panel.bounds[1], 0][-(SHOWN + 1) * horizon :]
    times = panel.frequency.moments(
        np.arange(len(values)) + int(panel.starts[0]) + int(np.diff(panel.bounds)[0]) - len(values)
    )
    with drawing():
        sheet, axes = axes_of(WIDE)
        axes.plot(times, values, color=INK, lw=1)
        axes.fill_between(times[-horizon:], made.low[0], made.high[0], color=BLUE, alpha=0.25, lw=0)
        axes.plot(times[-horizon:], made.values[0], color=BLUE, lw=1.4)
        _name_course(axes, panel)
        return inline(sheet, "ahead") + _two()


def course_chart(fitted: FittedForecast, judged: JudgedForecasts) -> Markup:
    """Draw the end of the test span of the first series, with forecasts that follow each other."""
    horizon, windows = fitted.horizon, judged.windows
    first = windows.series[judged.origins]
    places = np.flatnonzero(first == first.min())
    places = places[::-1][::horizon][:SHOWN][::-1]
    steps = windows.positions[judged.origins[places]][:, None] + np.arange(horizon)
    own, low, high = (each[places] for each in (judged.forecasts[fitted.name], judged.low, judged.high))
    with drawing():
        sheet, axes = axes_of(WIDE)
        for place in range(len(places)):
            times = fitted.frequency.moments(steps[place])
            axes.fill_between(times, low[place], high[place], color=BLUE, alpha=0.25, lw=0)
            axes.plot(times, judged.truth[places[place]], color=INK, lw=1)
            axes.plot(times, own[place], color=BLUE, lw=1.4)
        _name_course(axes, fitted.tail)
        return inline(sheet, "course") + _two()


def step_chart(results: ForecastResults) -> Markup:
    """Draw the error of each step of the horizon for each model."""
    from ..forecasting.baselines import is_simple

    # Those of which the forecast is combined are in the table.
    names = [results.model, *(name for name in results.errors if name != results.model and is_simple(name))]
    from matplotlib.ticker import MaxNLocator

    items: list[tuple[Markup | str, str, str]] = []
    with drawing():
        sheet, axes = axes_of(WIDE)
        for name, colour, style, dashes in zip(names, COLOURS, STYLES, DASHES, strict=False):
            errors = results.errors[name].by_step
            axes.plot(range(1, len(errors) + 1), errors, color=colour, ls=style, lw=1.4)
            items.append((say(f"forecasting.model_{name}"), colour, dashes))
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        name_axes(axes, "word_step", "word_mae")
        return inline(sheet, "steps") + legend(items)


def slot_chart(found: ErrorsBySlot, model: str, rival: str) -> Markup:
    """Draw the errors of the network and of the best simple forecast by hour, weekday or month."""
    with drawing():
        sheet, axes = axes_of(SMALL)
        for name, colour, style in ((rival, ORANGE, STYLES[1]), (model, BLUE, STYLES[0])):
            axes.plot(found.values, found.errors[name], color=colour, ls=style, lw=1.4, marker="o", ms=2.5)
        axes.set_ylim(bottom=0)
        name_axes(axes, f"word_{found.slot}", "word_mae")
        if found.slot == "weekday":
            _weekdays(axes, found.values)
        elif found.slot == "month":
            axes.set_xticks(range(min(found.values), max(found.values) + 1, 1 + (len(found.values) > 6)))
        return inline(sheet, found.slot, widest=400)


def rivals_legend(model: str, rival: str) -> Markup:
    """Return the legend of the charts by slot."""
    return legend(
        [
            (say(f"forecasting.model_{model}"), BLUE, DASHES[0]),
            (say(f"forecasting.model_{rival}"), ORANGE, DASHES[1]),
        ]
    )


def trend_chart(panel: Panel, found: SeriesParts) -> Markup:
    """Draw a series, or the means of its days, with its trend."""
    with drawing():
        sheet, axes = axes_of(WIDE)
        positions, values, trend = _thinned(found, found.values, found.parts.trend)
        times = panel.frequency.moments(positions)
        axes.plot(times, values, color=SOFT, lw=0.7, alpha=0.6)
        axes.plot(times, trend, color=BLUE, lw=1.6)
        _name_course(axes, panel)
        return inline(sheet, "trend") + legend([(say("word_value"), SOFT, ""), (say("word_trend"), BLUE, "")])


def season_charts(panel: Panel, found: SeriesParts) -> list[Markup]:
    """Draw the latest cycle of each season: the day, the week, the year."""
    return [_season_chart(panel, found, place) for place in range(len(found.parts.seasons))]


def rest_chart(panel: Panel, found: SeriesParts) -> Markup:
    """Draw what trend and seasons leave."""
    with drawing():
        sheet, axes = axes_of(WIDE)
        positions, rest = _thinned(found, found.parts.rest)
        axes.axhline(0, color=LINE, lw=0.8)
        axes.plot(panel.frequency.moments(positions), rest, color=INK, lw=0.7)
        _name_course(axes, panel)
        return inline(sheet, "rest")


def _season_chart(panel: Panel, found: SeriesParts, place: int) -> Markup:
    season = found.parts.seasons[place]
    shape = found.parts.seasonal[place][-season:]
    stamps = panel.frequency.stamps(found.positions[-season:])
    step = panel.frequency.step * (30 * DAY if panel.frequency.unit == "month" else 1)
    if place == 0 and step < DAY / 2:
        key, at = "hour", (stamps % DAY) / 3600
    elif season * step < 30 * DAY:
        key, at = "weekday", ((stamps - MONDAY) % WEEK) / DAY
    else:
        days = panel.frequency.moments(found.positions[-season:]).astype("datetime64[D]")
        key, at = "month", 1 + (days - days.astype("datetime64[Y]")).astype(np.int64) / 366 * 12
    at, shape = _with_breaks(at, shape)
    with drawing():
        sheet, axes = axes_of(SMALL)
        axes.axhline(0, color=LINE, lw=0.8)
        axes.plot(at, shape, color=BLUE, lw=1.4)
        name_axes(axes, f"word_{key}", "word_difference")
        if key == "weekday":
            _weekdays(axes, tuple(range(7)))
        return inline(sheet, f"season{season}", widest=400)


def _with_breaks(at: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a line in the order of its places, broken where there are none for long, such as at night."""
    order = np.argsort(at, kind="stable")
    at, values = at[order], values[order]
    distances = np.diff(at)
    breaks = 1 + np.flatnonzero(distances > LONG_BREAK * np.median(distances))
    return np.insert(at, breaks, np.nan), np.insert(values, breaks, np.nan)


def _thinned(found: SeriesParts, *lines: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return positions and lines; of long ones the means over the shortest season."""
    size, count = found.parts.seasons[0], len(found.positions)
    if count <= MOST_POINTS:
        return found.positions, *lines
    size *= -(-count // (size * MOST_POINTS))
    kept = count // size * size
    means = (each[-kept:].reshape(-1, size).mean(1) for each in lines)
    return found.positions[-kept:].reshape(-1, size)[:, size // 2], *means


def _weekdays(axes: Axes, values: tuple[int, ...]) -> None:
    """Name the days of the week on the axis, in the language of the page."""
    axes.set_xticks(values)
    names = [f"weekday_{day}" for day in values]
    for text, name in zip(axes.set_xticklabels([TEXTS.entries[name][0] for name in names]), names, strict=True):
        translate(text, name)


def _name_course(axes: Axes, panel: Panel) -> None:
    """Name the axes of a series over time, with so few dates that they do not overlap."""
    if panel.frequency.is_calendar:
        from matplotlib.dates import AutoDateFormatter, AutoDateLocator

        locator = AutoDateLocator(minticks=3, maxticks=MOST_DATES)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(AutoDateFormatter(locator))
    name_axes(axes, "word_time", "word_value")


def _two() -> Markup:
    return legend([(say("word_happened"), INK, ""), (say("word_forecasted"), BLUE, "")])
