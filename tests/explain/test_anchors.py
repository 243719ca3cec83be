"""Anchors: known rules are found, bounds of the divergence, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.explain.arms import ArmCounts, best_arms, bounds

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(800, 5))
ROW = np.array([1.0, 0.0, 0.0, 1.2, 0.0])


EDGES = np.quantile(X[:, 0], 0.5, method="lower"), np.quantile(X[:, 3], 0.75, method="lower")


def both(x):
    found = (x[:, 0] > EDGES[0]) & (x[:, 3] > EDGES[1])
    return np.stack([found, ~found], 1) * 1.0


def test_a_rule_of_two_conditions_is_found():
    found = pl.explain.anchors(both, ROW, X, output_names=["yes", "no"])
    assert found.conditions == (f"x0 > {EDGES[0]:.4g}", f"x3 > {EDGES[1]:.4g}")
    assert found.answer == "yes" and found.reached and found.low >= 0.95
    assert found.coverage == pytest.approx(both(X)[:, 0].mean())
    assert "if x0 >" in repr(found) and "precision" in repr(found)


def test_the_wider_of_two_sufficient_rules_is_chosen():
    # Either condition suffices; that of x1 holds for three quarters of the rows, that of x0 for a quarter.
    found = pl.explain.anchors(
        lambda x: 1.0 * ((x[:, 0] > 0.6) | (x[:, 1] > -0.8)), [1.0, 1.0, 0.0, 0.0, 0.0], X, precision=0.9
    )
    assert [each.split()[0] for each in found.conditions] == ["x1"] and found.coverage > 0.6


def test_an_answer_that_all_rows_have_needs_no_condition():
    found = pl.explain.anchors(lambda x: np.ones(len(x)), ROW, X)
    assert found.conditions == () and found.coverage == 1 and repr(found).startswith("always: answer above 0.5")


def test_few_values_are_compared_by_equality_and_numbers_by_tolerance():
    codes = RANDOM.integers(0, 3, (300, 3))
    found = pl.explain.anchors(lambda x: 1.0 * (x[:, 1] == 2), [0, 2, 1], codes, feature_names=["a", "b", "c"])
    assert found.conditions == ("b = 2",)
    near = pl.explain.anchors(lambda x: 10.0 * (x[:, 2] > 0), [0.0, 0.0, -1.0, 0.0, 0.0], X, tolerance=1.0)
    assert [each.split()[0] for each in near.conditions] == ["x2"] and near.answer == "answer near 0"


def test_an_answer_without_a_rule_says_so():
    random = np.random.default_rng(1)
    found = pl.explain.anchors(lambda x: 1.0 * (random.random(len(x)) < 0.5), ROW, X, most=1)
    assert not found.reached and "no rule of this length is shown to have the precision 95%" in repr(found)


def test_bounds_have_the_given_divergence():
    mean, level = np.array([0.3, 0.8, 0.0]), np.array([0.05, 0.2, 0.1])
    for bound in bounds(mean, level):
        inner = (bound > 1e-9) & (bound < 1 - 1e-9) & (mean > 0)
        p, q = mean[inner], bound[inner]
        np.testing.assert_allclose(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)), level[inner], rtol=1e-6)
    assert bounds(mean, level)[1][2] == pytest.approx(1 - np.exp(-0.1))


def test_best_arms_are_found():
    means, random = np.array([0.1, 0.9, 0.5, 0.85, 0.2]), np.random.default_rng(0)
    draws, hits = np.full(5, 20), random.binomial(20, means)

    def draw(arm):
        draws[arm] += 20
        hits[arm] += random.binomial(20, means[arm])

    found = best_arms(draw, lambda: ArmCounts(draws, hits), 2, gap=0.1, risk=0.05, most=200)
    assert set(found.tolist()) == {1, 3}


def test_what_is_refused():
    ask = pl.explain.anchors
    with pytest.raises(InvalidValue, match=r"precision=1.5; expected a share between 0 and 1"):
        ask(both, ROW, X, precision=1.5)
    with pytest.raises(InvalidValue, match="is no probability; say with tolerance="):
        ask(lambda x: 10 * x[:, 0], ROW, X)
    with pytest.raises(InvalidValue, match="2 outputs; expected a number of at least 0 and one output"):
        ask(both, ROW, X, tolerance=1.0)
