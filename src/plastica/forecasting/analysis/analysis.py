"""All that a report tells of a forecast besides its errors, as one value."""

from __future__ import annotations

import msgspec

from ..fitted import FittedForecast, JudgedForecasts
from ..panel import Panel
from ..results import ForecastResults
from .failures import (
    ErrorsBySlot,
    SeriesErrors,
    SpanErrors,
    WorstDay,
    errors_by_series,
    errors_by_slot,
    errors_by_span,
    worst_days,
)
from .reliance import Reliance, reliance
from .series import (
    LevelChange,
    SeriesAnalysis,
    SeriesParts,
    UnusualDay,
    examined_days,
    level_changes,
    series_parts,
    strengths,
    unusual_days,
)


class ForecastAnalysis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands behind the errors of a forecast.

    Args:
        by_slot: The errors by hour of the day, day of the week and month, as far as the steps tell them apart.
        by_span: The errors of consecutive spans of the test span.
        by_series: The errors of each series, the largest relative to its rival first.
        worst_days: The days with the largest errors.
        reliance: What the networks read.
        series: Trend and seasons of the first series; None if it is too short, or has no season.
        unusual_days: Days far from what trend and week explain, the farthest first.
        level_changes: Days from which on the level is another one.
    """

    by_slot: tuple[ErrorsBySlot, ...]
    by_span: tuple[SpanErrors, ...]
    by_series: tuple[SeriesErrors, ...]
    worst_days: tuple[WorstDay, ...]
    reliance: Reliance
    series: SeriesAnalysis | None
    unusual_days: tuple[UnusualDay, ...]
    level_changes: tuple[LevelChange, ...]


def analyse(
    fitted: FittedForecast,
    panel: Panel,
    results: ForecastResults,
    judged: JudgedForecasts,
    *,
    parts: SeriesParts | None = None,
    seed: int = 0,
) -> ForecastAnalysis:
    """Return when forecasts fail, what the networks read, and what the series are made of.

    Args:
        fitted: The networks.
        panel: The series, from training to the end of the test span.
        results, judged: The errors on the test span, and the forecasts that they are about, as
            :meth:`~plastica.forecasting.Forecaster.judged` returns them.
        parts: Trend and seasons of the first series, if they are known already.
        seed: The seed of what is exchanged.

    Example:
        >>> import numpy as np
        >>> from plastica import Forecaster
        >>> hours = np.arange("2026-01-01", "2026-03-01", dtype="datetime64[h]")
        >>> load = 5 + np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
        >>> forecaster = Forecaster("nlinear", horizon=6, members=1, epochs=1)
        >>> panel = forecaster.read({"time": hours, "load": load})
        >>> _ = forecaster.fit({"time": hours[:1200], "load": load[:1200]})
        >>> found = analyse(forecaster.fitted_, panel, *forecaster.judged(panel))
        >>> [each.slot for each in found.by_slot], len(found.reliance.lags)
        (['hour', 'weekday'], 9)
    """
    parts, days = parts or series_parts(panel), examined_days(panel)
    names = (results.model, results.rival)
    return ForecastAnalysis(
        by_slot=errors_by_slot(judged, fitted.frequency),
        by_span=errors_by_span(judged, fitted.frequency, *names),
        by_series=errors_by_series(judged, panel, *names),
        worst_days=worst_days(judged, panel, *names),
        reliance=reliance(fitted, judged, seed),
        series=strengths(panel, parts) if parts else None,
        unusual_days=unusual_days(days),
        level_changes=level_changes(days),
    )
