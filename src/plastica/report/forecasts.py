"""The report of forecasts as one HTML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .forecast_charts import (
    ahead_chart,
    course_chart,
    rest_chart,
    rivals_legend,
    season_charts,
    slot_chart,
    step_chart,
    trend_chart,
)
from .page import write_page
from .wording import alone, plain, say

if TYPE_CHECKING:
    import polars
    from markupsafe import Markup

    from ..forecasting import Forecaster, ForecastResults
    from ..forecasting.analysis import ForecastAnalysis, SeriesParts
    from ..forecasting.fitted import FittedForecast, Forecasts, JudgedForecasts
    from ..forecasting.frequency import Frequency
    from ..forecasting.panel import Panel
    from ..model.diagnosis import Diagnosis
    from .forecast_reasons import ForecastReasons

HALF_A_DAY = 43_200
MOST_SERIES = 12  # in the table; the others are folded


def write_forecast_report(
    forecaster: Forecaster,
    results: ForecastResults,
    judged: JudgedForecasts,
    ahead: tuple[Panel, Forecasts] | None,
    path: str | os.PathLike[str],
    *,
    source: str,
    lang: str = "en",
    analysis: ForecastAnalysis | None = None,
    parts: tuple[Panel, SeriesParts] | None = None,
    folds: polars.DataFrame | None = None,
    examined: Diagnosis | None = None,
    explained: ForecastReasons | None = None,
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
        analysis: When forecasts fail, what the networks read, and what the series are made of.
        parts: The panel, and trend and seasons of its first series.
        folds: The errors of a backtest.
        examined: What is wrong with the forecasts, see :meth:`Forecaster.diagnose`.
        explained: Why some forecasts are as they are, see
            :func:`~plastica.report.forecast_reasons.explain_forecasts`.

    Raises:
        InvalidValue: If the language is not available.
        FileError: If the file cannot be written.
    """
    fitted = forecaster.fitted_
    aim = plain(", ".join(fitted.tail.roles.targets), 60)
    return write_page(
        path,
        "forecast.html",
        lang,
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
        ahead=None if ahead is None else ahead_chart(*ahead),
        course=course_chart(fitted, judged),
        by_step=step_chart(results),
        level=float(np.nanmean(judged.truth)),
        analysis=analysis,
        slots=[slot_chart(each, results.model, results.rival) for each in analysis.by_slot] if analysis else [],
        rivals=rivals_legend(results.model, results.rival),
        parts=_parts(parts),
        folds=_folds(folds),
        examined=examined,
        reasons=explained,
        most_series=MOST_SERIES,
        day=_steps_of_day(fitted.frequency),
        folder=str(Path(path).parent),
    )


def _first_series(fitted: FittedForecast) -> Markup | str:
    """Return the name of the series in the charts: the first one."""
    name = fitted.tail.names[0]
    several = len(fitted.tail.roles.targets) > 1
    name = f"{name} {fitted.tail.roles.targets[0]}".strip() if several else name
    return plain(name, 40) if name else say("forecast_the_series")


def _parts(found: tuple[Panel, SeriesParts] | None) -> dict[str, object] | None:
    """Return the charts of trend, seasons and rest."""
    if found is None:
        return None
    return {"trend": trend_chart(*found), "seasons": season_charts(*found), "rest": rest_chart(*found)}


def _folds(frame: polars.DataFrame | None) -> dict[str, object] | None:
    """Return the names of the models of a backtest, the network first, and for each fold its span and errors."""
    if frame is None:
        return None
    names = frame["model"].unique(maintain_order=True).to_list()
    rows = [
        (fold["first"][0], fold["last"][0], dict(zip(fold["model"].to_list(), fold["mae"].to_list(), strict=True)))
        for fold in frame.partition_by("fold")
    ]
    return {"names": names, "rows": rows}


def _steps_of_day(frequency: Frequency) -> int:
    """Return how many steps a day has; 0 if a step is longer than half a day."""
    return frequency.seasons[0] if frequency.unit == "second" and frequency.step < HALF_A_DAY else 0
