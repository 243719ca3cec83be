"""Ridge regression on lags beside scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.linear_model import Ridge

from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.forecasting.classical import ridge
from plastica.forecasting.classical.linear import LinearForecast

VALUES = 50 + 4 * np.random.default_rng(1).normal(size=300).cumsum()


def test_weights_are_those_of_scikit_learn():
    model = ridge(VALUES, lags=6, horizon=3, l2=10.0)
    windows = sliding_window_view((VALUES - VALUES.mean()) / VALUES.std(), 9)
    other = Ridge(10.0).fit(windows[:, :6], windows[:, 6:])
    np.testing.assert_allclose(model.kernel, other.coef_.T, rtol=1e-7)
    expected = other.predict(windows[-1:, 3:]) * VALUES.std() + VALUES.mean()
    np.testing.assert_allclose(model.forecast(3), expected[0], rtol=1e-9)


def test_blocks_of_windows_add_up(monkeypatch):
    whole = ridge(VALUES, 4)
    monkeypatch.setattr("plastica.forecasting.classical.linear.ROWS", 17)
    np.testing.assert_allclose(ridge(VALUES, 4).kernel, whole.kernel, rtol=1e-9)


def test_units_do_not_matter():
    np.testing.assert_allclose(ridge(1000 * VALUES, 4).forecast(9), 1000 * ridge(VALUES, 4).forecast(9), rtol=1e-9)


def test_forecasts_beyond_the_horizon_continue_from_forecasts():
    model = ridge(VALUES, lags=5, horizon=2)
    first = model.forecast(2)
    np.testing.assert_allclose(model.forecast(4)[2:], model.update(first).forecast(2))


def test_an_update_moves_the_window():
    model = ridge(VALUES[:200], lags=5, horizon=2).update(VALUES[200:])
    np.testing.assert_array_equal(model.forecast(2), model.predict(VALUES[-5:][None])[0])


def test_defaults_are_a_week_and_a_day_of_hours():
    model = ridge(np.arange(400.0), 24)
    assert model.kernel.shape == (168, 24)
    assert ridge(VALUES).kernel.shape == (12, 1)


def test_bad_arguments_are_refused():
    with pytest.raises(InvalidValue, match=r"l2 is 0; expected a number above 0"):
        ridge(VALUES, l2=0)
    with pytest.raises(DataError, match="20 values; expected at least 30, 28 lags and a horizon of 2"):
        ridge(VALUES[:20], lags=28, horizon=2)
    with pytest.raises(ShapeError, match=r"windows of shape \(3,\); the model was fitted with 2 lags: \(rows, 2\)"):
        LinearForecast(np.zeros((2, 1)), np.zeros(1), np.zeros(2)).predict(np.zeros(3))
