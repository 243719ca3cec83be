"""Figures and baselines beside scikit-learn, and intervals beside what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets, metrics

from plastica.estimators.baselines import baseline_answers
from plastica.estimators.intervals import delong
from plastica.estimators.scores import difference, score


def standard(x):
    return ((x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)).astype(np.float32)


def test_the_dummy_answers_the_classes_shares_and_the_linear_model_beats_it():
    x, y = datasets.load_wine(return_X_y=True)
    x, train = standard(x), np.arange(len(y)) % 3 > 0
    found = baseline_answers("multiclass", x[train], y[train], x[~train], 3)
    shares = np.bincount(y[train]) / train.sum()
    np.testing.assert_allclose(found["dummy"], np.tile(shares, (len(y) - train.sum(), 1)), rtol=1e-12)
    np.testing.assert_allclose(found["linear"].sum(1), 1, rtol=1e-12)
    assert (found["linear"].argmax(1) == y[~train]).mean() > 0.95


def test_a_class_that_is_not_among_the_training_rows_gets_no_share():
    x = np.array([[-1, 1], [-2, 1], [1, 1], [2, 1]], np.float32)
    found = baseline_answers("multiclass", x, np.array([0, 0, 2, 2]), x, 3)
    assert (found["linear"][:, 1] == 0).all()
    assert (found["dummy"] == [0.5, 0, 0.5]).all()


def test_the_linear_baseline_of_numbers_is_ridge_regression():
    x, y = datasets.load_diabetes(return_X_y=True)
    x = standard(x)
    found = baseline_answers("regression", x[:300], y[:300], x[300:], 0)
    centred, mean = x[:300] - x[:300].mean(0), y[:300].mean()
    weights = np.linalg.solve(centred.T @ centred + np.eye(10), centred.T @ (y[:300] - mean))
    np.testing.assert_allclose(found["linear"], (x[300:] - x[:300].mean(0)) @ weights + mean, rtol=1e-3)
    np.testing.assert_allclose(found["dummy"], mean)


@pytest.mark.parametrize("classes", [2, 4])
def test_figures_of_classes_are_scikit_learns(classes):
    rng = np.random.default_rng(0)
    y = np.arange(90) % classes
    shares = np.round(rng.dirichlet(np.ones(classes), 90), 2) + 1e-3  # rounded, so that there are ties
    shares /= shares.sum(1, keepdims=True)
    shares[0] = np.eye(classes)[(y[0] + 1) % classes]  # certain and wrong
    found = score("binary" if classes == 2 else "multiclass", y, shares)
    assert found["accuracy"].value == metrics.accuracy_score(y, shares.argmax(1))
    assert found["log_loss"].value == pytest.approx(metrics.log_loss(y, shares), rel=1e-12)
    assert "auc" in found
    if classes == 2:
        assert found["auc"].value == pytest.approx(metrics.roc_auc_score(y, shares[:, 1]), rel=1e-12)


def test_figures_of_numbers_are_scikit_learns():
    rng = np.random.default_rng(1)
    y = rng.normal(size=80)
    predicted = y + 0.5 * rng.normal(size=80)
    found = score("regression", y, predicted)
    assert found["mae"].value == pytest.approx(metrics.mean_absolute_error(y, predicted))
    assert found["rmse"].value == pytest.approx(metrics.root_mean_squared_error(y, predicted))
    assert found["r2"].value == pytest.approx(metrics.r2_score(y, predicted))


def test_wilsons_interval_is_the_published_one():
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I: 81 of 263 and 0 of 20.
    for hits, rows, low, high in ((81, 263, 0.2553, 0.3662), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)):
        y = np.zeros(rows, int)
        shares = np.eye(2)[(np.arange(rows) >= hits).astype(int)]
        figure = score("binary", y, shares)["accuracy"]
        assert (round(figure.low, 4), round(figure.high, 4)) == (low, high)


def simulated(kind, rng, rows=150):
    if kind == "auc":
        y = (np.arange(rows) % 3 == 0).astype(int)
        positive = 1 / (1 + np.exp(-rng.normal(size=rows) - y))
        return delong(y == 1, positive)
    y = rng.normal(size=rows)
    return score("regression", y, 0.7 * y + 0.5 * rng.normal(size=rows))[kind]


# The truth: P(N(1, 1) > N(0, 1)); mean |e| and sqrt mean e^2 of e ~ N(0, .09 + .25); 1 - .34.
@pytest.mark.parametrize(
    ("kind", "truth"),
    [("auc", 0.7602), ("mae", np.sqrt(0.34 * 2 / np.pi)), ("rmse", np.sqrt(0.34)), ("r2", 0.66)],
)
def test_intervals_hold_the_truth_as_often_as_they_say(kind, truth):
    rng = np.random.default_rng(2)
    figures = [simulated(kind, rng) for _ in range(400)]
    assert 0.91 < np.mean([figure.low <= truth <= figure.high for figure in figures]) < 0.985


def test_a_paired_difference_is_narrower_than_two_intervals():
    rng = np.random.default_rng(3)
    y = rng.normal(size=200)
    noise = rng.normal(size=200)
    one, other = y + noise, y + 1.1 * noise
    gap = difference("regression", y, one, other)
    assert gap.high < 0 and gap.value == pytest.approx(-0.1 * np.abs(noise).mean())
    found = score("regression", y, one)["mae"]
    assert gap.high - gap.low < found.high - found.low
    assert difference("regression", y, one, one).low is None


def test_what_the_rows_do_not_tell_is_left_out():
    shares = np.array([[0.4, 0.6], [0.3, 0.7]])
    assert "auc" not in score("binary", np.array([1, 1]), shares)
    assert score("binary", np.array([0, 1]), shares)["auc"].low is None
    one = score("regression", np.array([2.0]), np.array([1.0]))
    assert "r2" not in one and one["mae"].value == 1 and one["mae"].low is None
