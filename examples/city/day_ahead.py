"""What all services of a city share: forecasts of a day, made once a day, beside yesterday and last week.

The networks are trained on the first 80 % of the time and tested on the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

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


def compare(days, unit, *figures):
    """Print a line for each way to forecast: its mean absolute error, and figures of the service by name."""
    print(days.verdict)
    print(f"{len(days.truth)} forecasts of a day; mean absolute error in {unit}")
    for name, forecast in days.forecasts.items():
        found = {"error": float(np.nanmean(np.abs(forecast - days.truth)))}
        for figure in figures:
            found |= figure(forecast)
        print(f"{name:14}" + "  ".join(f"{word} {value:,.4g}" for word, value in found.items()))
        days.found[name] = found
    for day in days.worst:
        print(f"far off on {day.day} {day.series}: {day.happened:,.4g} instead of {day.forecast:,.4g}")


def alarms(days, is_alarm):
    """Return a function that counts how many alarms a forecast would have given, and how many were right."""

    def count(forecast):
        called, happened = is_alarm(forecast), is_alarm(days.truth)
        return {
            "caught": (called & happened).sum(),
            "missed": (~called & happened).sum(),
            "false": (called & ~happened).sum(),
        }

    return count


def picture(days, path, title, last=7):
    """Draw the last days of the first series with their forecasts and intervals."""
    own = np.flatnonzero(days.series == days.series[0])[-last:]
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axes = figure.subplots()
    for day in own:
        axes.fill_between(days.times[day], days.low[day], days.high[day], color="#0072B2", alpha=0.2, lw=0)
        axes.plot(days.times[day], days.truth[day], color="#222222", lw=1)
        axes.plot(days.times[day], days.forecasts["forecast"][day], color="#0072B2")
    axes.set_title(title, loc="left")
    figure.savefig(Path(path), dpi=150)
