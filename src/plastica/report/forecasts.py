"""The report of forecasts as one HTML file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from ..storage.atomic import replace_file
from ..version import __version__
from .charts import STYLES, axes_of, name_axes
from .inlining import BLUE, INK, drawing, inline
from .legends import COLOURS, DASHES, legend
from .wording import alone, checked_language, plain, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..forecasting import Forecaster, ForecastResults
    from ..forecasting.fitted import FittedForecast, Forecasts, JudgedForecasts
    from ..forecasting.panel import Panel

WIDE = (6.6, 2.4)
SHOWN = 7  # horizons of the test span, and as many of the past before the forecast
MOST_DATES = 6  # on the axis of a chart


def write_forecast_report(
    forecaster: Forecaster,
    results: ForecastResults,
    judged: JudgedForecasts,
    ahead: tuple[Panel, Forecasts] | None,
    path: str | os.PathLike[str],
    *,
    source: str,
    lang: str = "en",
) -> Path:
    """Write errors, forecasts of the test span and the forecast of the next steps as a page, like that of tables.

    Args:
        forecaster: A fitted forecaster.
        results: Its errors on the test span.
        judged: The forecasts of the test span.
        ahead: The panel with the next steps, and their forecasts; None if they cannot be forecast.
        path: The file.
        source: The name of the table.
        lang: The initial language: "en" or "zh".

    Raises:
        InvalidValue: If the language is not available.
        FileError: If the file cannot be written.
    """
    from .writing import environment

    fitted = forecaster.fitted_
    aim = plain(", ".join(fitted.tail.roles.targets), 60)
    page = (
        environment()
        .get_template("forecast.html")
        .render(
            lang=checked_language(lang),
            title=plain(alone("forecast_title", lang, target=aim, source=source), 120),
            aim=aim,
            source=source,
            results=results,
            ranked=sorted(results.errors.items(), key=lambda pair: pair[1].mae),
            series=_first_series(fitted),
            names=fitted.tail.names,
            horizon=fitted.horizon,
            look_back=fitted.look_back,
            rhythm=fitted.frequency.words,
            notes=fitted.notes,
            ahead=None if ahead is None else _ahead(*ahead),
            course=_course(fitted, judged),
            by_step=_by_step(results),
            folder=str(Path(path).parent),
            version=__version__,
            written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )
    )
    replace_file(path, [page.encode()])
    return Path(path)


def _first_series(fitted: FittedForecast) -> Any:
    """Return the name of the series in the charts: the first one."""
    name = fitted.tail.names[0]
    several = len(fitted.tail.roles.targets) > 1
    name = f"{name} {fitted.tail.roles.targets[0]}".strip() if several else name
    return plain(name, 40) if name else say("forecast_the_series")


def _ahead(panel: Panel, made: Forecasts) -> Markup:
    """Draw the end of the first series and its forecast."""
    horizon = made.values.shape[1]
    values = panel.values[panel.bounds[0] : panel.bounds[1], 0][-(SHOWN + 1) * horizon :]
    times = _times(panel, np.arange(len(values)) + int(panel.starts[0]) + int(np.diff(panel.bounds)[0]) - len(values))
    with drawing():
        sheet, axes = axes_of(WIDE)
        axes.plot(times, values, color=INK, lw=1)
        axes.fill_between(times[-horizon:], made.low[0], made.high[0], color=BLUE, alpha=0.25, lw=0)
        axes.plot(times[-horizon:], made.values[0], color=BLUE, lw=1.4)
        _name_course(axes, panel)
        return inline(sheet, "ahead") + _two()


def _course(fitted: FittedForecast, judged: JudgedForecasts) -> Markup:
    """Draw the end of the test span of the first series, with forecasts that follow each other."""
    horizon, windows = fitted.horizon, judged.windows
    first = windows.series[judged.origins]
    places = np.flatnonzero(first == first.min())
    places = places[::-1][::horizon][:SHOWN][::-1]
    steps = windows.positions[judged.origins[places]][:, None] + np.arange(horizon)
    own, half = judged.forecasts[fitted.name][places], judged.half_widths[places]
    with drawing():
        sheet, axes = axes_of(WIDE)
        for place in range(len(places)):
            times = _times(fitted.tail, steps[place])
            axes.fill_between(times, (own - half)[place], (own + half)[place], color=BLUE, alpha=0.25, lw=0)
            axes.plot(times, judged.truth[places[place]], color=INK, lw=1)
            axes.plot(times, own[place], color=BLUE, lw=1.4)
        _name_course(axes, fitted.tail)
        return inline(sheet, "course") + _two()


def _by_step(results: ForecastResults) -> Markup:
    """Draw the error of each step of the horizon for each model."""
    names = [results.model, *(name for name in results.errors if name != results.model)]
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


def _name_course(axes: Axes, panel: Panel) -> None:
    """Name the axes of a series over time, with so few dates that they do not overlap."""
    if panel.frequency.is_calendar:
        from matplotlib.dates import AutoDateFormatter, AutoDateLocator

        locator = AutoDateLocator(minticks=3, maxticks=MOST_DATES)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(AutoDateFormatter(locator))
    name_axes(axes, "word_time", "word_value")


def _times(panel: Panel, positions: np.ndarray) -> np.ndarray:
    stamps = panel.frequency.stamps(positions)
    return stamps.astype(np.int64).astype("datetime64[s]") if panel.frequency.is_calendar else stamps


def _two() -> Markup:
    return legend([(say("word_happened"), INK, ""), (say("word_forecasted"), BLUE, "")])
