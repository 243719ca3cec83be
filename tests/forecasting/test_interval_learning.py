"""Intervals from few forecasts: what they promise is kept on average over simulated series whose truth is known."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import polars
import pytest
from scipy.special import ndtr

from plastica.forecasting.candidates import Candidate, unseen
from plastica.forecasting.interval_learning import growth_of, independent_errors, learn_intervals
from plastica.forecasting.panel import read_panel
from plastica.forecasting.parts import ForecastPart
from plastica.forecasting.rolling import RollingFold
from plastica.forecasting.scales import learn_scales
from plastica.forecasting.windows import PanelWindows, windows_of

RANDOM = np.random.default_rng(5)
HORIZON, SEASON, HISTORIES = 8, 4, 200


class History(NamedTuple):
    """A series that was simulated, and forecasts of it."""

    windows: PanelWindows
    origins: np.ndarray
    forecasts: np.ndarray


def series_of(values: np.ndarray, horizon: int) -> PanelWindows:
    """Return the windows of a series of quarters."""
    quarters = (np.datetime64("1960-01", "M") + 3 * np.arange(len(values))).astype("datetime64[us]")
    panel = read_panel(polars.DataFrame({"time": quarters, "value": values}), target="value")
    return windows_of(panel, learn_scales(panel), 4, horizon, flags=False)


PLAIN = series_of(RANDOM.normal(size=24), HORIZON)


def simulated(correlation: float) -> History:
    """Return a first-order process of 24 quarters beside a season, and its best forecasts."""
    noise = RANDOM.normal(size=224)
    level = np.zeros(224)
    for step in range(1, 224):
        level[step] = correlation * level[step - 1] + noise[step]
    level, season = level[200:], np.tile([0.0, 3.0, 1.0, -2.0], 6)
    windows = dataclasses.replace(PLAIN, values=(level + season)[:, None])
    origins = windows.origins()
    steps = np.arange(HORIZON)
    made = level[origins - 1][:, None] * correlation ** (steps + 1) + season[origins[:, None] + steps]
    return History(windows, origins, made)


def inside(history: History, correlation: float, coverage: float) -> float:
    """Return the probability with which later values lie inside, from the variance of errors of the process."""
    made = learn_intervals(*history, SEASON, coverage)
    steps = np.arange(HORIZON)
    variance = sum(np.where(steps >= lag, correlation ** (2 * lag), 0.0) for lag in range(HORIZON))
    half = np.array(made.thresholds) * np.array(made.spread)[steps % SEASON] / np.sqrt(variance)
    return float((2 * ndtr(half) - 1).mean())


@pytest.mark.parametrize("correlation", [0.0, 0.8])
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_a_short_series_is_covered_as_promised(correlation, coverage):
    """Over simulated series, within the 99 % limits of a binomial share (thirteen overlapping forecasts each)."""
    found = np.mean([inside(simulated(correlation), correlation, coverage) for _ in range(HISTORIES)])
    limit = 2.58 * np.sqrt(coverage * (1 - coverage) / HISTORIES)
    assert found == pytest.approx(coverage, abs=limit)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_errors_that_last_count_less(correlation):
    """The variance of a first-order process is known as from fewer errors; all forecasts of a time are off alike."""
    windows, errors = series_of(RANDOM.normal(size=3000), 20), np.zeros(3000)
    for step in range(1, 3000):
        errors[step] = correlation * errors[step - 1] + RANDOM.normal()
    origins = windows.origins()
    found = independent_errors(windows, origins, errors[origins[:, None] + np.arange(20)])
    lags = correlation ** (2.0 * np.arange(1, 500))
    assert found == pytest.approx(2996 / (1 + 2 * lags.sum()), rel=0.15)


def test_an_error_that_stays_is_one():
    origins = PLAIN.origins()
    horizons = (len(origins) + HORIZON) / HORIZON
    assert independent_errors(PLAIN, origins, np.ones((len(origins), HORIZON))) == pytest.approx(horizons)


def test_errors_grow_with_the_horizon():
    off = np.abs(RANDOM.normal(size=(200, 4))) * [1.0, 3.0, 2.0, np.nan]
    found = growth_of(off)
    assert (np.diff(found) >= 0).all() and found[1] == found[2] == found[3]
    assert found[1] / found[0] == pytest.approx(np.abs(off[:, 1:3]).mean() / np.abs(off[:, 0]).mean())


def test_weights_come_from_the_other_folds():
    """Two models that are each perfect in one fold: their combination is not as good as its own weights make it."""
    origins = PLAIN.origins()
    folds = [RollingFold(0, origins[:3], part) for part in np.split(origins, [6])]
    truth, first = PLAIN.scaled_truth(origins), (origins < origins[6])[:, None]
    made = [np.where(place, truth, truth + 1) for place in (first, ~first)]
    candidates = [Candidate(ForecastPart(name), each) for name, each in zip(("theta", "last_value"), made, strict=True)]
    found = unseen(candidates, PLAIN, folds, "mae")
    assert np.abs(found - truth).mean() > 0.9
    alone = unseen(candidates, PLAIN, [RollingFold(0, origins[:3], origins)], "mae")  # there is no other fold
    assert np.abs(alone - truth).mean() < 0.7
