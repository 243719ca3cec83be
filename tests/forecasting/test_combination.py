"""Weights of combined forecasts: against a search, and what they are with few forecasts to tell models apart."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.forecasting.selection import ShortSpan, combination_weights, step_groups

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.normal(size=(400, 4))


def with_noise(*sizes):
    return np.stack([TRUTH + RANDOM.normal(size=TRUTH.shape) * size for size in sizes])


def test_squared_errors_have_the_weights_of_the_formula():
    """Independent errors: weights in proportion to the inverse variance (Bates and Granger 1969)."""
    weights = combination_weights(with_noise(1.0, 2.0), TRUTH, 1e9, "mse")
    np.testing.assert_allclose(weights, np.array([0.8, 0.2])[:, None].repeat(4, 1), atol=0.06)
    np.testing.assert_allclose(weights.sum(0), 1)


def test_absolute_errors_are_as_small_as_a_search_finds():
    made = with_noise(1.0, 1.5) + np.array([0.0, 0.7])[:, None, None]
    weights = combination_weights(made, TRUTH, 1e9)
    found = np.abs(TRUTH - (weights[:, None] * made).sum(0)).mean()
    best = min(np.abs(TRUTH - w * made[0] - (1 - w) * made[1]).mean() for w in np.linspace(0, 1, 201))
    assert found <= best * 1.003


def test_useless_models_are_left_out_and_steps_may_differ():
    good, bad = with_noise(0.5, 8.0)
    weights = combination_weights(np.stack([good, bad]), TRUTH, 1e9)
    np.testing.assert_array_equal(weights, [[1] * 4, [0] * 4])
    first, last = with_noise(0.1, 0.1)
    first[:, 2:] += RANDOM.normal(size=(400, 2)) * 2
    last[:, :2] += RANDOM.normal(size=(400, 2)) * 2
    weights = combination_weights(np.stack([first, last]), TRUTH, 1e9)
    assert weights[0, 0] > 0.9 and weights[1, 3] > 0.9
    assert [(each.start, each.stop) for each in step_groups(1)] == [(0, 1)]


def test_with_few_forecasts_the_weights_stay_near_those_of_the_mean_errors():
    made = with_noise(1.0, 1.0, 1.05)
    many, few = (combination_weights(made[:, :8], TRUTH[:8], horizons) for horizons in (1e9, 1.0))
    assert few.min() > 0.15 and np.ptp(few) < np.ptp(many)


def test_a_perfect_model_and_missing_values_do_not_divide_by_zero():
    truth = np.where(RANDOM.uniform(size=TRUTH.shape) < 0.2, np.nan, TRUTH)
    weights = combination_weights(np.stack([TRUTH, TRUTH + 1]), truth, 50.0)
    np.testing.assert_allclose(weights, [[1] * 4, [0] * 4], atol=1e-6)
    assert combination_weights(TRUTH[None], truth, 2.0).tolist() == [[1.0] * 4]
    assert weights.sum(0) == pytest.approx(1)


def test_a_short_series_tells_less_of_models_that_learn_many_weights():
    made = with_noise(1.0, 1.0)[:, :20]
    ages = np.arange(20)[::-1, None] + np.arange(4)[::-1]
    plain, short = (
        combination_weights(made, TRUTH[:20], 5.0, short=ShortSpan(np.array([1.0, trust]), ages)) for trust in (1, 0.2)
    )
    assert (short[1] < plain[1] - 0.1).all()
    np.testing.assert_allclose(short.sum(0), 1)


@pytest.mark.parametrize("known", [True, False])
def test_after_a_change_of_the_series_models_must_have_been_good_since_then(known):
    """The first model does not follow the change of the last three steps; the second, a worse one before it, does."""
    followed = np.stack([TRUTH, TRUTH])[:, :60] + RANDOM.normal(size=(2, 60, 4)) * np.array([0.5, 0.7])[:, None, None]
    ages = np.arange(60)[::-1, None] + np.arange(4)[::-1]
    changed = TRUTH[:60] + 10 * (ages < 3)
    followed[1] += 10 * (ages < 3)
    truth = changed if known else np.where(ages < 3, np.nan, changed)
    weights = combination_weights(followed, truth, 15.0, short=ShortSpan(np.ones(2), ages))
    assert (weights[1] > 0.9).all() if known else (weights[0] > 0.5).all()
