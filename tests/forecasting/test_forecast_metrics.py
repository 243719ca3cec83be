"""Metrics of forecasts by hand, from scikit-learn and from closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from sklearn.metrics import mean_pinball_loss

from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.forecasting.metrics import coverage, crps, mase, pinball, smape

DRAWS = np.random.default_rng(0).normal(size=(40, 3))


def test_seasonal_naive_forecasts_of_the_past_have_a_mase_of_one():
    past = DRAWS[:, 0]
    assert mase(past[7:], past[:-7], past, season=7) == pytest.approx(1)


def test_smape_is_symmetric_and_at_most_200():
    y, forecast = np.abs(DRAWS[:, 0]), np.abs(DRAWS[:, 1])
    assert smape(y, forecast) == pytest.approx(smape(forecast, y))
    assert smape(y, np.zeros(40)) == pytest.approx(200)
    assert smape([100.0], [110.0]) == pytest.approx(200 * 10 / 210)


def test_pinball_is_that_of_scikit_learn():
    levels = (0.1, 0.5, 0.8)
    losses = pinball(DRAWS[:, 0], np.sort(DRAWS), levels)
    expected = [
        mean_pinball_loss(DRAWS[:, 0], np.sort(DRAWS)[:, place], alpha=level) for place, level in enumerate(levels)
    ]
    np.testing.assert_allclose(losses, expected)


def test_crps_of_normal_quantiles_is_the_closed_form():
    """CRPS of N(0, 1) at y: y (2 Phi(y) - 1) + 2 phi(y) - 1/sqrt(pi) (Gneiting and Raftery 2007, equation 21)."""
    levels = (np.arange(2000) + 0.5) / 2000
    for y, closed in ((0.0, 2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi)), (1.0, 0.602441)):
        assert crps([y], ndtri(levels)[None], levels) == pytest.approx(closed, abs=2e-4)


def test_crps_of_one_point_is_the_absolute_error():
    point = np.repeat(DRAWS[:, 1:2], 4, axis=1)
    assert crps(DRAWS[:, 0], point, (0.1, 0.4, 0.5, 0.9)) == pytest.approx(
        np.abs(DRAWS[:, 0] - DRAWS[:, 1]).mean(), rel=0.05
    )
    assert crps(DRAWS[:, 0], point[:, :1], (0.5,)) == pytest.approx(np.abs(DRAWS[:, 0] - DRAWS[:, 1]).mean())


def test_coverage_counts_values_inside():
    y = np.arange(10.0)
    assert coverage(y, np.full(10, 2.0), np.full(10, 5.0)) == 0.4


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match=r"values of shape \(2,\), forecasts of shape \(2, 1\); expected equal ones"):
        smape([1.0, 2.0], [[1.0], [2.0]])
    with pytest.raises(DataError, match=r"smape: forecast\[1\] is nan; leave such steps out of both"):
        smape([1.0, 2.0], [1.0, np.nan])
    with pytest.raises(DataError, match="each value of the past is that of 2 steps before"):
        mase([1.0], [1.0], past=[1.0, 2.0, 1.0, 2.0], season=2)
    with pytest.raises(ShapeError, match=r"past of shape \(2,\); expected one series of more than 2 values"):
        mase([1.0], [1.0], past=[1.0, 2.0], season=2)
    with pytest.raises(InvalidValue, match=r"levels are \(0\.9, 0\.1\); expected rising numbers between 0 and 1"):
        pinball([1.0], [[1.0, 2.0]], (0.9, 0.1))
    with pytest.raises(ShapeError, match=r"forecasts of shape \(1, 3\) for values of shape \(1,\) and 2 levels"):
        pinball([1.0], [[1.0, 2.0, 3.0]], (0.1, 0.9))
    with pytest.raises(DataError, match=r"interval \(0,\) reaches from 3 to 2; low is above high"):
        coverage([1.0], [3.0], [2.0])
