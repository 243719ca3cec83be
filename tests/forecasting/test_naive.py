"""Naive forecasts by their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.forecasting import classical

MODELS = {
    "naive": classical.naive,
    "seasonal_naive": classical.seasonal_naive,
    "drift": classical.drift,
    "mean": classical.mean,
    "simple_exponential_smoothing": classical.simple_exponential_smoothing,
    "holt": classical.holt,
    "holt_winters": classical.holt_winters,
    "ridge": classical.ridge,
    "theta": classical.theta,
}
VALUES = np.random.default_rng(0).normal(size=60).cumsum()


def test_formulas_by_hand():
    values, season = VALUES[:30], 7
    steps = np.arange(1, 10)
    assert (classical.naive(values).forecast(9) == values[-1]).all()
    np.testing.assert_array_equal(
        classical.seasonal_naive(values, season).forecast(9),
        [values[30 + h - season * (-(-h // season)) - 1] for h in steps],
    )
    np.testing.assert_allclose(classical.drift(values).forecast(9), values[-1] + steps * np.diff(values).mean())
    np.testing.assert_allclose(classical.mean(values).forecast(9), np.mean(values))


@pytest.mark.parametrize("name", MODELS)
def test_every_model_forecasts_any_horizon(name):
    model = MODELS[name](VALUES, 4)
    long = model.forecast(11)
    assert long.shape == (11,) and long.dtype == np.float64 and np.isfinite(long).all()
    np.testing.assert_array_equal(model.forecast(3), long[:3])


@pytest.mark.parametrize("name", ["naive", "seasonal_naive", "drift", "mean"])
def test_an_update_is_a_fit_of_all_values(name):
    updated = MODELS[name](VALUES[:40], 4).update(VALUES[40:43]).update(VALUES[43:])
    np.testing.assert_allclose(updated.forecast(5), MODELS[name](VALUES, 4).forecast(5), rtol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_bad_values_are_refused(name):
    fit = MODELS[name]
    with pytest.raises(ShapeError, match=r"values of shape \(60, 1\); expected one series, \(time,\)"):
        fit(VALUES[:, None], 4)
    with pytest.raises(DataError, match="value 3 is nan; fill in or leave out missing values first"):
        fit(np.where(np.arange(60) == 3, np.nan, VALUES), 4)
    with pytest.raises(DataError, match=r"0 values; expected at least \d+"):
        fit([], 4)
    with pytest.raises(InvalidValue, match="horizon is 0; expected a whole number of steps, at least 1"):
        fit(VALUES, 4).forecast(0)


@pytest.mark.parametrize("name", ["seasonal_naive", "holt_winters", "ridge", "theta"])
def test_a_bad_season_is_refused(name):
    with pytest.raises(InvalidValue, match=r"season is 2\.5; expected a whole number of steps"):
        MODELS[name](VALUES, 2.5)
