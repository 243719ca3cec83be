"""Forecasts of a city, 24 hours ahead, beside simple ones and Darts; and ETTh1, 96 hours ahead.

    python -m benchmarks.forecast                        # all series
    python -m benchmarks.forecast electricity parking    # some of them
    python -m benchmarks.forecast electricity --darts ~/darts/bin/python --darts-epochs 5

The data are in the folder of the environment variable PLASTICA_CITY (default: ../shared/data/city); parking ships with
plastica. Each series is trained on the first 80 % of its time; errors are means over the steps of a forecast from every
step of the rest. No future weather is used. ETTh1 has its usual split, 12 months for training and the last 4 of 20 for
the test; its errors are in standard deviations of the training span. Darts runs in a Python of its own, with the
defaults of its model, on the same filled series, the same calendar and the same threads.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import plastica as pl
from plastica.datasets import path_of
from plastica.forecasting import Forecaster, Panel
from plastica.forecasting.calendar import calendar_features
from plastica.forecasting.fitted import JudgedForecasts
from plastica.forecasting.fitting import usual_look_back
from plastica.forecasting.holdout import HeldOutSpan, held_out_span
from plastica.forecasting.imputation import filled
from plastica.forecasting.joining import before
from plastica.forecasting.settings import MODELS
from plastica.training.calls import count_cores

CITY = Path(os.environ.get("PLASTICA_CITY", "../shared/data/city"))
SERIES: dict[str, tuple[str, dict[str, Any]]] = {
    "bikes": ("hourly_bikesharing.csv.gz", {"target": "count"}),
    "electricity": ("hourly_electricity.csv.gz", {}),
    "traffic": ("hourly_traffic_volume.csv.gz", {"target": "traffic_volume"}),
    "air": ("hourly_beijing_pm.csv.gz", {"target": "pm2.5", "past": ["DEWP", "TEMP", "PRES", "Iws"], "look_back": 72}),
    "parking": ("parking", {"target": "Occupancy", "group": "SystemCodeNumber", "horizon": 18}),
}
TRAFFIC_SINCE = np.datetime64("2016-01-01", "s").astype(np.int64).astype(float)  # before, ten months are missing
ETT = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
MONTH = 30 * 24
DAYS = 7  # that are kept for the figure
DARTS = Path(__file__).parent / "peers" / "darts_forecasts.py"


def city(name: str, given: argparse.Namespace) -> None:
    """Print the errors of one series, or of all series of one table."""
    file, options = SERIES[name]
    began = time.perf_counter()
    forecaster = Forecaster(given.model or "auto", **options)
    span = held_out_span(read(name, forecaster, file), 0.2, forecaster.horizon)
    forecaster.fit(span.train)
    trained = time.perf_counter() - began
    results, judged = forecaster.judged(span.whole, span.cut)
    seconds = time.perf_counter() - began
    errors = {each: f"{value.mae:.1f}" for each, value in results.errors.items()}
    gain = results.gain
    words = (
        f"{100 * gain.value:.1f} % [{100 * (gain.low or 0):.1f}, {100 * (gain.high or 0):.1f}] below {results.rival}"
    )
    last = f"at step {forecaster.horizon} {results.own.by_step[-1]:.1f}"
    weights = ", ".join(f"{each} {weight:.2f}" for each, weight in results.weights.items())
    print(
        f"{name:12} {len(span.train)} series  {errors}  {last}  MASE {results.own.mase:.2f}  {words}  "
        f"weights {weights}  coverage {results.coverage:.2f}  {trained:.0f} s of training, {seconds:.0f} s in all",
        flush=True,
    )
    if given.week:
        keep_week(name, forecaster, judged, Path(given.week))
    if given.darts:
        beside_darts(name, forecaster, span, results.own.mae, trained, given)


def keep_week(name: str, forecaster: Forecaster, judged: JudgedForecasts, path: Path) -> None:
    """Keep the first week of the test span in a file, for the figure of docs/city.md: a forecast as each day begins."""
    frequency = forecaster.fitted_.frequency
    own = np.flatnonzero(judged.windows.series[judged.origins] == 0)
    positions = judged.windows.positions[judged.origins[own]]
    days, before = (frequency.moments(each).astype("datetime64[D]") for each in (positions, positions - 1))
    mornings, weekdays = np.flatnonzero(days > before), (days.astype(np.int64) + 3) % 7  # 1 January 1970: a Thursday
    chosen = mornings[np.flatnonzero(weekdays[mornings] == 0)[0] :][:DAYS]
    steps = positions[chosen][:, None] + np.arange(forecaster.horizon)
    ways = {"happened": judged.truth, "forecast": judged.forecasts[forecaster.model], "low": judged.low}
    ways |= {"high": judged.high, "yesterday": judged.forecasts["yesterday"]}
    found = {way: [shortened(value) for value in made[own[chosen]].ravel()] for way, made in ways.items()}
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept[name] = {"times": frequency.moments(steps).ravel().astype(str).tolist(), **found}
    path.write_text(json.dumps(kept) + "\n", encoding="utf-8")


def shortened(value: float) -> float | None:
    """Return four digits of a number, and None for one that is not known."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def read(name: str, forecaster: Forecaster, file: str) -> Panel:
    """Return the series of a table; those of traffic from 2016 on."""
    panel = forecaster.read(path_of(file) if file == "parking" else CITY / file)
    if name != "traffic":
        return panel
    position = int(panel.frequency.positions(np.array([TRAFFIC_SINCE]))[0])
    kept = panel.positions >= position
    bounds = np.array([0, kept.sum()])
    return dataclasses.replace(panel, values=panel.values[kept], starts=np.array([position]), bounds=bounds)


def beside_darts(
    name: str, forecaster: Forecaster, span: HeldOutSpan, own: float, trained: float, given: argparse.Namespace
) -> None:
    """Print the error and the time of Darts on the same series, and by how much plastica is faster."""
    told = run_darts(forecaster, span, given)
    full = told["trained"] * (100 / told["epochs"])  # its default is 100 epochs
    print(
        f"{'':12} {told['version']} {given.darts_model}, {told['epochs']} epochs: error {told['mae']:.1f} (plastica "
        f"{own:.1f}); {told['trained']:.0f} s of training, {told['trained'] / trained:.1f} times plastica's; "
        f"100 epochs, its default, would take {full / trained:.0f} times as long",
        flush=True,
    )


def run_darts(forecaster: Forecaster, span: HeldOutSpan, given: argparse.Namespace) -> dict[str, Any]:
    """Train Darts in another Python and return what it prints."""
    whole, frequency = span.whole, span.whole.frequency
    horizon = forecaster.horizon
    arrays: dict[str, Any] = {}
    cuts = []
    for number, part in whole.spans():
        values, positions = whole.values[part, 0], whole.positions[part]
        arrays |= {
            f"values{number}": filled(values, max(frequency.seasons, default=1)),
            f"truth{number}": values,
            f"calendar{number}": calendar_features(frequency, positions),
        }
        cuts.append(int((positions < span.cut).sum()))
    case = {
        "series": len(whole),
        "cuts": cuts,
        "look_back": forecaster.look_back or usual_look_back(span.train, horizon),
        "horizon": horizon,
        "model": given.darts_model,
        "epochs": given.darts_epochs,
        "threads": count_cores(),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(path, given=json.dumps(case), **arrays)
        ran = subprocess.run([given.darts, str(DARTS), str(path)], capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"Darts ended with: {(ran.stderr.splitlines() or ['nothing'])[-1]}")
    return json.loads(ran.stdout.splitlines()[-1])


def etth1(given: argparse.Namespace) -> None:
    """Print the standardised errors on ETTh1."""
    began = time.perf_counter()
    forecaster = Forecaster(given.model or "auto", horizon=96, target=ETT, loss="mse")
    panel = forecaster.read(CITY / "ETTh1.csv.gz")
    start = int(panel.starts[0])
    forecaster.fit(before(panel, start + 12 * MONTH))
    _, judged = forecaster.judged(before(panel, start + 20 * MONTH), start + 16 * MONTH)
    scale = judged.windows.deviations[judged.windows.series[judged.origins]][:, None]
    errors = {name: f"{np.mean(((judged.truth - made) / scale) ** 2):.3f}" for name, made in judged.forecasts.items()}
    print(f"{'etth1':12} standardised MSE {errors}  {time.perf_counter() - began:.0f} s", flush=True)


def arguments() -> argparse.Namespace:
    known = [*SERIES, "etth1"]
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="The data are in the folder of the environment variable PLASTICA_CITY; parking ships with plastica.",
    )
    parser.add_argument("series", nargs="*", metavar="SERIES", help=f"{', '.join(known)}; default: all")
    parser.add_argument("--model", choices=[*MODELS], help="architecture; default: auto")
    parser.add_argument("--week", metavar="FILE", help="keep a week of forecasts there, for docs/figures_city.py")
    parser.add_argument("--darts", metavar="PYTHON", help="a Python that has Darts (u8darts[torch]), to run it beside")
    parser.add_argument("--darts-model", default="TiDEModel", help="TiDEModel, NHiTSModel, TSMixerModel, ...")
    parser.add_argument("--darts-epochs", type=int, default=0, help="fewer epochs than its default of 100")
    given = parser.parse_args()
    if unknown := set(given.series) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    given.series = given.series or known
    return given


def main() -> None:
    """Print the errors of the series named on the command line, or of all."""
    given = arguments()
    print(f"plastica {pl.__version__}: mean absolute errors")
    for name in given.series:
        if name != "parking" and not CITY.is_dir():
            print(f"{name:12} left out: there is no folder {CITY}; set PLASTICA_CITY")
        elif name == "etth1":
            etth1(given)
        else:
            city(name, given)


if __name__ == "__main__":
    main()
