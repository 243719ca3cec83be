"""Forecasts of a city, 24 hours ahead, beside simple ones; and ETTh1, 96 hours ahead.

Usage: python benchmarks/forecast.py [NAMES] [--model=NAME]. The data are in the folder of the environment variable
PLASTICA_CITY (default: ../shared/data/city). Each series is trained on the first 80 % of its time; errors are means of
the 24 hours of a forecast from every hour of the rest. No future weather is used. ETTh1 has its usual split, 12 months
for training and the last 4 of 20 for the test; its errors are in standard deviations of the training span.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

import plastica as pl
from plastica.forecasting import Forecaster
from plastica.forecasting.joining import before, boundary, only, with_values

CITY = Path(os.environ.get("PLASTICA_CITY", "../shared/data/city"))
SERIES = {
    "bikes": ("hourly_bikesharing.csv.gz", {"target": "count"}),
    "electricity": ("hourly_electricity.csv.gz", {}),
    "traffic": ("hourly_traffic_volume.csv.gz", {"target": "traffic_volume"}),
    "air": ("hourly_beijing_pm.csv.gz", {"target": "pm2.5", "past": ["DEWP", "TEMP", "PRES", "Iws"], "look_back": 72}),
    "parking": ("hourly_parking.csv.gz", {"target": "Occupancy", "group": "SystemCodeNumber", "horizon": 18}),
}
TRAFFIC_SINCE = np.datetime64("2016-01-01", "s").astype(np.int64).astype(float)  # before, ten months are missing
ETT = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
MONTH = 30 * 24


def city(name: str, model: str) -> None:
    """Print the errors of one series."""
    file, given = SERIES[name]
    began = time.perf_counter()
    forecaster = Forecaster(model, **given)
    panel = forecaster.read(CITY / file)
    if name == "traffic":
        since = int(panel.frequency.positions(np.array([TRAFFIC_SINCE]))[0])
        panel = since_position(panel, since)
    cut = boundary(panel, 0.2)
    train = with_values(before(panel, cut))
    found = forecaster.fit(train).evaluate(only(panel, train.names), cut)
    errors = {each: f"{value.mae:.1f}" for each, value in found.errors.items()}
    gain = (
        f"{100 * found.gain.value:.1f} % [{100 * found.gain.low:.1f}, {100 * found.gain.high:.1f}] below {found.rival}"
    )
    seconds = time.perf_counter() - began
    print(
        f"{name:12} {errors}  MASE {found.own.mase:.2f}  {gain}  coverage {found.coverage:.2f}  {seconds:.0f} s",
        flush=True,
    )


def since_position(panel, position):
    """Return a panel of one series from a position on."""
    import dataclasses

    kept = panel.positions >= position
    return dataclasses.replace(
        panel, values=panel.values[kept], starts=np.array([position]), bounds=np.array([0, kept.sum()])
    )


def etth1(model: str) -> None:
    """Print the standardised errors on ETTh1."""
    began = time.perf_counter()
    forecaster = Forecaster(model, horizon=96, target=ETT, loss="mse")
    panel = forecaster.read(CITY / "ETTh1.csv.gz")
    start = int(panel.starts[0])
    forecaster.fit(before(panel, start + 12 * MONTH))
    _, judged = forecaster.judged(before(panel, start + 20 * MONTH), start + 16 * MONTH)
    scale = judged.windows.deviations[judged.windows.series[judged.origins]][:, None]
    errors = {name: f"{np.mean(((judged.truth - made) / scale) ** 2):.3f}" for name, made in judged.forecasts.items()}
    print(f"{'ETTh1':12} standardised MSE {errors}  {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    """Print the errors of the series named on the command line, or of all."""
    names = [each for each in sys.argv[1:] if not each.startswith("--")] or [*SERIES, "etth1"]
    models = [each.removeprefix("--model=") for each in sys.argv[1:] if each.startswith("--model=")]
    print(f"plastica {pl.__version__}: mean absolute errors")
    for name in names:
        if name == "etth1":
            etth1(models[0] if models else "auto")
        else:
            city(name, models[0] if models else "mlp")


if __name__ == "__main__":
    main()
