"""Darts on the series of ``benchmarks/forecast.py``, in a Python of its own: ``python darts_forecasts.py CASE``.

CASE is a file that the benchmark writes: filled series, the calendar of their steps, and what is to be forecast. The
model has the library's defaults; it reads the same past and the same calendar, standardised. The last line printed is
JSON.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings

import darts
import numpy as np
import pandas as pd
import torch
from darts import TimeSeries, models

warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning", "darts"):
    logging.getLogger(name).setLevel(logging.ERROR)


def main(path: str) -> None:
    """Train on the series before the cut, forecast from every step after it, and print the error and the time."""
    with np.load(path) as case:
        given = json.loads(str(case["given"]))
        series = [case[f"values{number}"] for number in range(given["series"])]
        calendars = [case[f"calendar{number}"] for number in range(given["series"])]
        truths = [case[f"truth{number}"] for number in range(given["series"])]
    torch.set_num_threads(given["threads"])
    cuts = given["cuts"]
    scales = [(values[:cut].mean(), values[:cut].std() or 1.0) for values, cut in zip(series, cuts, strict=True)]
    scaled = [of((each - mean) / spread) for each, (mean, spread) in zip(series, scales, strict=True)]
    calendar = [of(each) for each in calendars]
    began = time.perf_counter()
    options = {"n_epochs": given["epochs"]} if given["epochs"] else {}
    trainer = {"accelerator": "cpu", "enable_progress_bar": False, "logger": False, "enable_checkpointing": False}
    model = getattr(models, given["model"])(
        given["look_back"], given["horizon"], random_state=0, pl_trainer_kwargs=trainer, **options
    )
    extra = {"future_covariates": calendar} if model.supports_future_covariates else {}
    least = given["look_back"] + given["horizon"]
    own = [number for number, cut in enumerate(cuts) if cut >= least]
    model.fit(
        [scaled[number][: cuts[number]] for number in own],
        **{name: [values[number] for number in own] for name, values in extra.items()},
    )
    trained = time.perf_counter() - began
    off = []
    for number in own:
        more = {name: values[number] for name, values in extra.items()}
        mean, spread = scales[number]
        made = forecasts(model, scaled[number], more, cuts[number], given) * spread + mean
        truth = np.lib.stride_tricks.sliding_window_view(truths[number][cuts[number] :], given["horizon"])
        off.append(np.abs(made - truth[: len(made)]))
    told = {"mae": float(np.nanmean(np.concatenate(off))), "trained": trained}
    told |= {"whole": time.perf_counter() - began, "epochs": model.n_epochs, "version": f"Darts {darts.__version__}"}
    print(json.dumps(told))


def of(values: np.ndarray) -> TimeSeries:
    """Return values over whole numbers: steps of a series that is closed at night have no calendar of pandas."""
    wide = values.reshape(len(values), -1).astype(np.float32)
    return TimeSeries.from_times_and_values(pd.RangeIndex(len(wide)), wide)


def forecasts(model, series: TimeSeries, extra: dict, cut: int, given: dict) -> np.ndarray:
    """Return forecasts from each origin of the test span, ``(origins, horizon)``, in standard deviations."""
    made = model.historical_forecasts(
        series,
        start=cut,
        forecast_horizon=given["horizon"],
        stride=1,
        retrain=False,
        last_points_only=False,
        verbose=False,
        **extra,
    )
    return np.stack([each.values()[:, 0] for each in made])


if __name__ == "__main__":
    main(sys.argv[1])
