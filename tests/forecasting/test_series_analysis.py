"""Decomposition, change points and anomalies beside statsmodels, exhaustive search and known noise."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.forecasting.classical import anomalies, change_points, mstl
from plastica.forecasting.classical.loess import loess


def two_seasons():
    steps = np.arange(100)
    noise = np.random.default_rng(0).normal(size=100)
    return 0.05 * steps + 2 * np.sin(steps * 2 * np.pi / 12) + noise * 0.3 + (steps % 5 == 0)


def test_stl_is_that_of_statsmodels():
    """statsmodels.tsa.seasonal.STL 0.15 with period 12 and seasonal=7, a translation of Cleveland's own program."""
    parts = mstl(two_seasons(), 12)
    np.testing.assert_allclose(parts.seasonal[0, :3], [0.04068565, 0.81235259, 1.28711002], atol=1e-8)
    np.testing.assert_allclose(parts.trend[[0, 50, 99]], [0.49611454, 2.83372246, 4.9504982], atol=1e-8)
    np.testing.assert_allclose(parts.rest[[3, 98]], [-0.41726665, -0.08691853], atol=1e-8)


def test_mstl_is_that_of_statsmodels():
    """MSTL(periods=(5, 12)); its filter for the season of 5 is wider than that of Cleveland et al., 7 instead of 5."""
    parts = mstl(two_seasons(), (12, 5))
    assert parts.seasons == (5, 12)
    np.testing.assert_allclose(parts.seasonal[:, 0], [0.77932968, -0.14626897], atol=2e-4)
    np.testing.assert_allclose(parts.trend[[0, 50, 99]], [0.3780188, 2.84538684, 5.01365037], atol=2e-4)


def test_parts_add_up_and_their_strengths_are_shares():
    values = two_seasons()
    parts = mstl(values, (5, 12), robust=True)
    np.testing.assert_allclose(parts.trend + parts.seasonal.sum(0) + parts.rest, values)
    assert 0.9 < parts.trend_strength <= 1
    assert all(0.5 < strength <= 1 for strength in parts.seasonal_strength)


def test_an_outlier_ends_in_the_rest_of_a_robust_decomposition():
    values = two_seasons()
    values[40] += 20
    robust, plain = mstl(values, (5, 12), robust=True), mstl(values, (5, 12))
    clean = mstl(two_seasons(), (5, 12), robust=True)
    assert np.abs(robust.trend - clean.trend).max() < 0.1 < np.abs(plain.trend - clean.trend).max()


def test_loess_is_weighted_least_squares():
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=30), rng.random(30)
    found = loess(values[None], 9, weights[None], beyond=1)[0]
    for place in (-1, 0, 3, 15, 29, 30):
        left = int(np.clip(place - 4, 0, 21))
        near = np.arange(left, left + 9)
        distance = np.abs(near - place)
        kernel = np.clip(1 - (distance / distance.max()) ** 3, 0, None) ** 3 * weights[near]
        _, at_place = np.polyfit(near - place, values[near], 1, w=np.sqrt(kernel))
        assert found[place + 1] == pytest.approx(at_place, abs=1e-9)


def cost(values, changes, price):
    parts = np.split(values, changes)
    return sum(np.square(part - part.mean()).sum() for part in parts) + price * len(changes)


@pytest.mark.parametrize("least", [1, 2, 3])
def test_change_points_are_those_of_an_exhaustive_search(least):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=14) + 2.5 * (np.arange(14) >= rng.integers(3, 11)) - 3 * (np.arange(14) >= 12)
        noise = (np.median(np.abs(np.diff(values))) / 0.6744897501960817) ** 2 / 2
        choices = [
            changes
            for count in range(5)
            for changes in combinations(range(1, 14), count)
            if min(np.diff([0, *changes, 14])) >= least
        ]
        best = min(choices, key=lambda changes: cost(values, list(changes), 3 * noise))
        found = change_points(values, penalty=3, least=least)
        assert cost(values, list(found), 3 * noise) <= cost(values, list(best), 3 * noise) + 1e-9
        assert len(found) > 4 or found == best


def test_noise_has_no_change_and_steps_are_found():
    noise = np.random.default_rng(2).normal(size=500)
    assert change_points(noise) == ()
    found = change_points(noise + 4 * (np.arange(500) >= 200) - 6 * (np.arange(500) >= 350))
    assert len(found) == 2
    assert np.abs(np.array(found) - [200, 350]).max() <= 1


def test_alarms_of_noise_are_as_many_as_expected():
    values = np.random.default_rng(3).normal(size=3000) + np.tile([0, 5, -5, 2], 750)
    found = anomalies(values, 4, rate=0.02)
    assert found.expected == pytest.approx(60)
    assert abs(len(found.steps) - 60) < 4 * np.sqrt(60)
    outside = (found.decomposition.rest < found.low) | (found.decomposition.rest > found.high)
    np.testing.assert_array_equal(np.flatnonzero(outside), found.steps)


def test_anomalies_are_found_and_do_not_widen_the_limits():
    noise = np.random.default_rng(4).normal(size=400)
    season = np.tile([0, 5, -5, 2], 100)
    places = [50, 51, 200, 333]
    spoiled = noise + season
    spoiled[places] += [15, 15, -15, 15]
    found, clean = anomalies(spoiled, 4), anomalies(noise + season, 4)
    assert set(places) <= set(found.steps.tolist()) and len(found.steps) <= 6
    assert found.high < 1.15 * clean.high


def test_a_series_without_noise_has_no_anomaly():
    assert not len(anomalies(np.tile([1.0, 2.0, 3.0], 20), 3).steps)
    assert change_points([2.0] * 9) == ()


def test_what_cannot_be_analysed_is_refused():
    with pytest.raises(
        InvalidValue, match=r"seasons are \(5, 5\); expected different numbers of steps, at least 2 each"
    ):
        mstl(two_seasons(), (5, 5))
    with pytest.raises(DataError, match="mstl: 100 values; expected at least 120, two cycles of 60 steps"):
        mstl(two_seasons(), (5, 60))
    with pytest.raises(InvalidValue, match=r"change_points: penalty is 0; expected a number above 0"):
        change_points(two_seasons(), 0)
    with pytest.raises(InvalidValue, match=r"anomalies: rate is 1\.5; expected a part of the values"):
        anomalies(two_seasons(), 5, 1.5)
