"""Errors, alarms and a picture of forecasts of a day; examples/city/outcome.py serves all services.

Run a service: parking.py, bikes.py, traffic.py, air.py or energy.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure


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
