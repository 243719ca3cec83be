"""Forecasts of a day, made once a day, beside yesterday and last week; examples/city/day_ahead.py serves all services.

The networks are trained on the first 80 % of the time and tested on the rest. Run a service: parking.py, bikes.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from plastica import Forecaster
from plastica.forecasting import hold_out
from plastica.forecasting.analysis import WorstDay, worst_days

SIMPLE = {"yesterday": "as yesterday", "last_week": "as last week"}


@dataclass
class Days:
    """Forecasts of each day of the test span: arrays of (days, steps) for each way to forecast."""

    truth: np.ndarray
    forecasts: dict[str, np.ndarray]
    times: np.ndarray
    low: np.ndarray
    high: np.ndarray
    series: np.ndarray
    names: tuple[str, ...]
    verdict: str
    worst: tuple[WorstDay, ...]
    found: dict[str, dict[str, float]] = field(default_factory=dict)


def day_ahead(source, hour, model="auto", **options):
    """Return forecasts made every day at this hour, without days of which nothing is known."""
    forecaster = Forecaster(model, **options)
    panel, results, judged = hold_out(forecaster, source)
    stamps = panel.frequency.stamps(judged.windows.positions[judged.origins])
    rows = np.flatnonzero((stamps % 86_400 == 3600 * hour) & np.isfinite(judged.truth).any(axis=1))
    steps = judged.windows.positions[judged.origins[rows]][:, None] + np.arange(judged.truth.shape[1])
    times = panel.frequency.stamps(steps.ravel()).astype("int64").astype("datetime64[s]").reshape(steps.shape)
    forecasts = {"forecast": judged.forecasts[model][rows]}
    forecasts |= {SIMPLE[name]: made[rows] for name, made in judged.forecasts.items() if name in SIMPLE}
    series = judged.windows.series[judged.origins[rows]]
    ends = (judged.low[rows], judged.high[rows])
    worst = worst_days(judged, panel, results.model, results.rival)[:5]
    return Days(judged.truth[rows], forecasts, times, *ends, series, panel.names, str(results.verdict), worst)
