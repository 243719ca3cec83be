"""The Theta method beside statsmodels and its own lines."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.forecasting.classical import simple_exponential_smoothing, theta
from plastica.forecasting.classical.theta import has_season

STEPS = np.arange(60)
VALUES = 100 + 2 * STEPS + 10 * np.sin(STEPS * np.pi / 2) + 4 * np.random.default_rng(0).normal(size=60)


def test_slope_and_forecasts_are_those_of_statsmodels():
    """statsmodels.tsa.forecasting.theta.ThetaModel 0.15, which fits the rate to the series and not to Theta line 2."""
    model = theta(VALUES, 4)
    assert model.multiplied
    assert model.slope == pytest.approx(2.038220, rel=1e-6)
    expected = [216.73975, 235.38106, 221.06877, 208.72710, 220.77452, 239.74255]
    np.testing.assert_allclose(model.forecast(6), expected, rtol=0.01)
    below = [64.04840567, 77.41340654, 67.3201182, 59.28600336, 68.11800494, 81.48300581]
    np.testing.assert_allclose(theta(VALUES - 150, 4).forecast(6), below, rtol=1e-3)


def test_forecasts_are_the_mean_of_two_theta_lines():
    values = VALUES[:20] - 150
    slope, intercept = np.polyfit(np.arange(20), values, 1)
    line = intercept + slope * np.arange(25)
    second = simple_exponential_smoothing(2 * values - line[:20]).forecast(5)
    np.testing.assert_allclose(theta(values).forecast(5), (line[20:] + second) / 2)


def test_a_season_is_taken_out_only_where_it_is_significant():
    noise = np.random.default_rng(1).normal(size=60)
    assert has_season(VALUES - 2 * STEPS, 4)
    assert not has_season(noise, 4)
    assert theta(noise, 4).seasonal == (0.0,)
    assert not has_season(np.full(60, 3.0), 4)


def test_an_update_keeps_lines_and_season_in_step():
    model = theta(VALUES[:51], 4)
    smoothed = model.update(VALUES[51:])
    later = model.update(VALUES[51:54]).update(VALUES[54:])
    np.testing.assert_allclose(later.forecast(7), smoothed.forecast(7))
    exact = theta(2.0 * STEPS + 100 + np.tile([5, 0, -5, 0], 15), 4)
    np.testing.assert_allclose(exact.update(exact.forecast(3)).forecast(4), exact.forecast(7)[3:], rtol=1e-2)
