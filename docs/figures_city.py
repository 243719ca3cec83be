"""The figure of the page on a city: ``python docs/figures.py docs/figures city``.

It is drawn from forecasts that are kept in ``docs/comparisons/city_week.json``, and that the benchmark makes again:
``python -m benchmarks.forecast bikes traffic electricity air parking --week docs/comparisons/city_week.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.dates import DateFormatter, DayLocator
from matplotlib.figure import Figure

WEEK = Path(__file__).parent / "comparisons" / "city_week.json"
BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"
UNITS = {
    "bikes": "bikes hired an hour",
    "traffic": "vehicles an hour",
    "electricity": "mean load of a client",
    "air": "PM2.5 in µg/m³",
    "parking": "spaces taken in one car park",
}


def city() -> Figure:
    """Draw a week of five services: what happened, the forecast of each day, and the values of the day before."""
    week = json.loads(WEEK.read_text(encoding="utf-8"))
    units = {name: unit for name, unit in UNITS.items() if name in week}
    figure = Figure(figsize=(8.4, 1.8 * len(units)), layout="constrained", facecolor="white")
    for axes, (name, unit) in zip(figure.subplots(len(units), 1), units.items(), strict=True):
        found = {way: np.array(values, float) for way, values in week[name].items() if way != "times"}
        times = np.array(week[name]["times"], "datetime64[s]")
        breaks = np.flatnonzero(np.diff(times) > np.diff(times).min()) + 1  # nights in which car parks are closed
        parts = np.split(np.arange(len(times)), breaks)
        for part in parts:
            axes.fill_between(times[part], found["low"][part], found["high"][part], color=BLUE, alpha=0.15, lw=0)
            axes.plot(times[part], found["yesterday"][part], color=ORANGE, lw=1.0, ls=":")
            axes.plot(times[part], found["happened"][part], color=INK, lw=1.0)
            axes.plot(times[part], found["forecast"][part], color=BLUE, lw=1.6)
        off = {way: np.nanmean(np.abs(found[way] - found["happened"])) for way in ("forecast", "yesterday")}
        errors = f"mean error {off['forecast']:.3g}, by the day before {off['yesterday']:.3g}"
        axes.set_title(f"{unit}, {str(times[0])[:4]}: {errors}", loc="left", fontsize=9)
        axes.xaxis.set_major_locator(DayLocator())
        axes.xaxis.set_major_formatter(DateFormatter("%a %d %b"))
        axes.margins(x=0.01)
        axes.tick_params(labelsize=8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    lines = {"happened": INK, "forecast as the day begins": BLUE, "the day before": ORANGE}
    for label, color in lines.items():
        figure.axes[0].plot([], [], color=color, ls=":" if color == ORANGE else "-", label=label)
    figure.legend(loc="outside upper right", ncols=3, frameon=False, fontsize=8)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"city": city}
