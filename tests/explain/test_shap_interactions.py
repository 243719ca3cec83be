"""SHAP interactions: their definition, closed forms, estimates with errors, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, UnknownName

RANDOM = np.random.default_rng(0)
BACKGROUND = RANDOM.normal(size=(4, 5))
ROWS = RANDOM.normal(size=(2, 5))


def answer(x):
    return np.stack([x[:, 0] * x[:, 1] + x[:, 2] * x[:, 0] * x[:, 3] + np.abs(x[:, 4]), x.sum(1)], 1)


def by_definition(row, one, other, output):
    """Return the interaction of two features, summed over all coalitions of the others."""
    others = [each for each in range(5) if each not in (one, other)]

    def value(*coalition):
        made = BACKGROUND.copy()
        made[:, list(coalition)] = row[list(coalition)]
        return answer(made)[:, output].mean()

    total = 0.0
    for size in range(4):
        weight = math.factorial(size) * math.factorial(3 - size) / (2 * math.factorial(4))
        for rest in itertools.combinations(others, size):
            gain = value(*rest, one, other) - value(*rest, one) - value(*rest, other) + value(*rest)
            total += weight * gain
    return total


def test_all_coalitions_give_the_definition():
    found = pl.explain.shap_interactions(answer, ROWS, BACKGROUND)
    for one, other in itertools.permutations(range(5), 2):
        assert found.values[1, one, other, 0] == pytest.approx(by_definition(ROWS[1], one, other, 0))
    np.testing.assert_allclose(found.values[..., 1] * (1 - np.eye(5)), 0, atol=1e-12)  # a sum has no interactions
    shap = pl.explain.exact_shap(answer, ROWS, BACKGROUND)
    np.testing.assert_allclose(found.shap_values, shap.values, atol=1e-12)
    np.testing.assert_allclose(found.values.sum((1, 2)), found.answers - found.baseline, atol=1e-12)
    assert found.error is None and "x0 and x1 act together most (0)" in repr(found)


@pytest.mark.parametrize("features", [5, 6])
def test_random_rounds_estimate_them_within_their_errors(features):
    rows, background = RANDOM.normal(size=(2, features)), RANDOM.normal(size=(4, features))
    exact = pl.explain.shap_interactions(answer, rows, background)
    found = pl.explain.shap_interactions(answer, rows, background, rounds=40)
    assert np.abs(found.values - exact.values).max() < 0.05
    off = np.abs(found.values - exact.values)[found.error > 1e-9] / found.error[found.error > 1e-9]
    assert np.mean(off < 2) > 0.9
    np.testing.assert_allclose(found.values, found.values.swapaxes(1, 2))
    np.testing.assert_allclose(found.values.sum((1, 2)), found.answers - found.baseline, atol=1e-9)


def test_many_features_are_drawn_by_default_and_groups_are_one():
    rows, background = RANDOM.normal(size=(1, 12)), np.zeros((1, 12))
    found = pl.explain.shap_interactions(answer, rows, background)
    assert found.error is not None and found.values.shape == (1, 12, 12, 2)
    grouped = pl.explain.shap_interactions(answer, rows, background, groups={"a": [0, 1], "rest": range(2, 12)})
    assert grouped.feature_names == ("a", "rest") and grouped.error is None
    assert found.to_frame().columns == ["feature", "other feature", "output", "interaction", "error"]


def test_pictures_name_features(tmp_path):
    found = pl.explain.shap_interactions(answer, ROWS, BACKGROUND, feature_names=list("abcde"))
    found.plot(tmp_path / "row.svg", row=1, output="1")
    assert "interactions of row 1" in (tmp_path / "row.svg").read_text()
    found.plot(tmp_path / "mean.svg")
    assert "mean absolute interaction" in (tmp_path / "mean.svg").read_text()
    with pytest.raises(InvalidValue, match="there are rows 0 to 1"):
        found.plot(row=2)
    with pytest.raises(UnknownName, match="no output"):
        found.plot(output="sum")


def test_one_feature_has_no_pair():
    with pytest.raises(InvalidValue, match="needs two features; there is one"):
        pl.explain.shap_interactions(lambda x: x[:, 0], [[1.0]], [[0.0]])
