"""Naive forecasts as baselines for time series: the last value, and the value one season before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data.inputs import truth_of
from ..data.series import Series, earlier
from ..notes import Note, note
from ..typing import Float, Int

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

NAIVE = ("last_value", "yesterday", "last_week", "last_year")


def naive_answers(prepared: Prepared, rows: Int[np.ndarray, "rows"]) -> dict[str, np.ndarray]:
    """Return the naive forecasts for rows of a time series; empty if rows are not split by time.

    "last_value" repeats the target at the time stamp before, within the same series; "yesterday", "last_week" and
    "last_year" repeat the target at the same time one season before (R. Hyndman, G. Athanasopoulos (2021), Forecasting:
    principles and practice, section 5.2). Several rows with one time stamp are averaged, classes by their frequencies.
    If there is no earlier value, the forecast is the mean of the training set.

    Args:
        prepared: The table, split and encoded.
        rows: The rows to predict.
    """
    series = prepared.scheme.series
    if series is None:
        return {}
    target, y = prepared.target, truth_of(prepared.target, prepared.y)
    classes = target.task in ("binary", "multiclass")
    values = (y[:, None] == np.arange(len(target.classes))).astype(np.float64) if classes else y.reshape(len(y), -1)
    values = values.astype(np.float64)
    usual = values[prepared.split.train].mean(0)
    found = {name: _filled(earlier(series, values, rows, lag), usual) for name, lag in _lags(series).items()}
    return {name: each[:, 0] if y.ndim == 1 and not classes else each for name, each in found.items()}


def say_naive(series: Series) -> Note:
    """Return a note on the naive forecasts with which the network is compared."""
    if not series.season:
        return note("splitting.naive")
    return note("splitting.naive_season", season=note(f"splitting.season_{series.season[0]}"))


def _lags(series: Series) -> dict[str, float]:
    return {"last_value": 0.0} | (dict([series.season]) if series.season else {})


def _filled(
    answers: Float[np.ndarray, "rows outputs"], usual: Float[np.ndarray, "outputs"]
) -> Float[np.ndarray, "rows outputs"]:
    return np.where(np.isnan(answers), usual, answers)
