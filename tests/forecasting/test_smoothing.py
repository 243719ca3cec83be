"""Exponential smoothing beside published examples, statsmodels and its own recursion."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError
from plastica.forecasting.classical import holt, holt_winters, simple_exponential_smoothing
from plastica.forecasting.classical.smoothing import Smoothed

# Saudi Arabian oil production, 1996 to 2013 (Hyndman and Athanasopoulos 2018, section 7.1), where alpha is .83 and the
# forecast 542.68.
OIL = [445.3641, 453.1950, 454.4096, 422.3789, 456.0371, 440.3866, 425.1944, 486.2052, 500.4291]
OIL += [521.2759, 508.9476, 488.8889, 509.8706, 456.7229, 473.8166, 525.9509, 549.8338, 542.3405]
# Passengers of Australian airlines, 1990 to 2016 (the same, section 7.2).
AIR = [17.55340, 21.86010, 23.88660, 26.92930, 26.88850, 28.83140, 30.07510, 30.95350, 30.18570, 31.57970]
AIR += [32.57757, 33.47740, 39.02158, 41.38643, 41.59655, 44.65732, 46.95177, 48.72884, 51.48843, 50.02697]
AIR += [60.64091, 63.36031, 66.35527, 68.19795, 68.12324, 69.77935, 72.59770]


def seasonal_series():
    steps = np.arange(60)
    return 10 + 0.2 * steps + 3 * np.sin(steps * np.pi / 2) + np.random.default_rng(0).normal(size=60)


def test_simple_smoothing_has_the_published_rate_and_forecast():
    model = simple_exponential_smoothing(OIL)
    assert round(model.alpha, 4) == 0.8338
    np.testing.assert_allclose(model.forecast(2), 542.6804, atol=1e-3)
    assert model.error == pytest.approx((14235.587 / 18) ** 0.5, rel=1e-5)  # statsmodels 0.15


def test_holt_is_that_of_statsmodels():
    np.testing.assert_allclose(holt(AIR, damped=False).forecast(3), [74.59334, 76.69128, 78.78922], rtol=1e-4)
    assert holt(AIR, damped=False).error == pytest.approx(2.18154, rel=1e-4)


def test_a_damped_trend_fades_to_a_level():
    model = holt(AIR)
    far = model.forecast(2000)
    assert far[-1] == pytest.approx(model.level + model.trend * model.phi / (1 - model.phi))
    np.testing.assert_allclose(np.diff(far)[1:9] / np.diff(far)[:8], model.phi)


@pytest.mark.parametrize(
    ("damped", "expected", "error"),
    [
        (True, [20.96841, 24.57236, 21.36059, 18.72461, 21.30892], 0.883493),
        (False, [21.39823, 25.10722, 21.99839, 19.46396, 22.16714], 0.868242),
    ],
)
def test_holt_winters_is_that_of_statsmodels(damped, expected, error):
    """statsmodels.tsa.holtwinters.ExponentialSmoothing 0.15, initialization_method="estimated", damping .8 to .98."""
    model = holt_winters(seasonal_series(), 4, damped=damped)
    np.testing.assert_allclose(model.forecast(5), expected, rtol=1e-3)
    assert model.error == pytest.approx(error, rel=2e-4)


@pytest.mark.parametrize("season", [1, 2, 5])
def test_states_are_those_of_the_recursion(season):
    """The filter has the states that the recursion reaches from the first ones, found backwards from the last."""
    values = seasonal_series() + np.arange(60) % season
    fit = (lambda part: holt_winters(part, season)) if season > 1 else holt
    model = fit(values)
    undone = list(model.seasonal)
    level, trend, total = model.level, model.trend, 0.0
    for value in values[::-1]:
        # A step: level = before + alpha e, trend = phi b + beta e, season = s + gamma e, value = before + s + e.
        season_after = undone.pop()
        error = (value - level - season_after) / (1 - model.alpha - model.gamma)
        before, trend = level - model.alpha * error, (trend - model.beta * error) / model.phi
        level, total = before - model.phi * trend, total + error**2
        undone.insert(0, season_after - model.gamma * error)
    assert (total / 60) ** 0.5 == pytest.approx(model.error, rel=1e-6)
    again = Smoothed(*_rates(model), level, trend, tuple(undone), 0.0).update(values)
    np.testing.assert_allclose(again.forecast(6), model.forecast(6), rtol=1e-8)


def _rates(model):
    return model.alpha, model.beta, model.gamma, model.phi


def test_no_nearby_rate_and_no_other_first_state_is_better():
    """A grid of rates, each with the first level by least squares."""
    values, best = np.array(OIL), simple_exponential_smoothing(OIL).error
    for alpha in np.linspace(0.01, 0.99, 99):
        decay = (1 - alpha) ** np.arange(len(values))
        errors = np.array(
            [v - sum(alpha * (1 - alpha) ** j * values[t - 1 - j] for j in range(t)) for t, v in enumerate(values)]
        )
        errors -= decay * (decay @ errors) / (decay @ decay)
        assert (np.square(errors).mean()) ** 0.5 >= best - 1e-9


def test_a_constant_series_stays_constant():
    for model in (simple_exponential_smoothing([2.0] * 9), holt([2.0] * 9), holt_winters([2.0] * 9, 3)):
        np.testing.assert_allclose(model.forecast(4), 2.0, atol=1e-9)


def test_two_seasons_are_needed():
    with pytest.raises(
        DataError, match="holt_winters: 30 values; expected at least 51, two seasons of 24 and three more"
    ):
        holt_winters(np.arange(30.0), 24)
