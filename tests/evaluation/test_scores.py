"""Metrics and baselines compared with scikit-learn, and the coverage of intervals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets, metrics

from plastica.evaluation.baselines import baseline_answers
from plastica.evaluation.decisions import Decision
from plastica.evaluation.intervals import delong, drawn, weighted_auc, weighted_average_precision
from plastica.evaluation.scores import difference, main_figure, score


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


def dirichlet(classes, rows=90):
    y = np.arange(rows) % classes
    shares = np.round(np.random.default_rng(0).dirichlet(np.ones(classes), rows), 2) + 1e-3  # rounded for ties
    shares /= shares.sum(1, keepdims=True)
    shares[0] = np.eye(classes)[(y[0] + 1) % classes]  # certain and wrong
    return y, shares


def test_figures_of_two_classes_are_scikit_learns():
    y, shares = dirichlet(2)
    answers = (shares[:, 1] >= 0.3).astype(int)
    costs = ((0.0, 1.0), (5.0, 0.0))
    found = score("binary", y, shares, Decision(rule="threshold", thresholds=(0.3,), costs=costs))
    wanted = {
        "accuracy": metrics.accuracy_score(y, answers),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, answers),
        "f1": metrics.f1_score(y, answers),
        "precision": metrics.precision_score(y, answers),
        "recall": metrics.recall_score(y, answers),
        "mcc": metrics.matthews_corrcoef(y, answers),
        "auc": metrics.roc_auc_score(y, shares[:, 1]),
        "average_precision": metrics.average_precision_score(y, shares[:, 1]),
        "log_loss": metrics.log_loss(y, shares),
        "brier": metrics.brier_score_loss(y, shares[:, 1]),
        "mean_cost": (((y == 0) & (answers == 1)).sum() + 5 * ((y == 1) & (answers == 0)).sum()) / len(y),
    }
    assert {name: figure.value for name, figure in found.items()} == pytest.approx(wanted, rel=1e-12)
    rare = score("binary", y, shares, Decision(positive=0))
    assert rare["f1"].value == pytest.approx(metrics.f1_score(y, shares.argmax(1), pos_label=0))
    assert rare["average_precision"].value == pytest.approx(metrics.average_precision_score(y == 0, shares[:, 0]))


def test_figures_of_many_classes_are_scikit_learns():
    y, shares = dirichlet(4)
    answers = shares.argmax(1)
    found = score("multiclass", y, shares)
    wanted = {
        "accuracy": metrics.accuracy_score(y, answers),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, answers),
        "macro_f1": metrics.f1_score(y, answers, average="macro"),
        "mcc": metrics.matthews_corrcoef(y, answers),
        "auc": metrics.roc_auc_score(y, shares, multi_class="ovr"),
        "log_loss": metrics.log_loss(y, shares),
    }
    assert {name: figure.value for name, figure in found.items()} == pytest.approx(wanted, rel=1e-12)
    assert all(figure.low < figure.value < figure.high for figure in found.values())


def test_figures_of_labels_are_scikit_learns():
    rng = np.random.default_rng(4)
    y = (rng.random((80, 5)) < 0.3).astype(np.float32)
    shares = np.round(rng.random((80, 5)), 1)
    answers = (shares >= 0.5).astype(int)
    found = score("multilabel", y, shares)
    wanted = {
        "micro_f1": metrics.f1_score(y, answers, average="micro"),
        "macro_f1": metrics.f1_score(y, answers, average="macro"),
        "hamming_loss": metrics.hamming_loss(y, answers),
        "subset_accuracy": metrics.accuracy_score(y, answers),
        "micro_average_precision": metrics.average_precision_score(y, shares, average="micro"),
        "label_ranking_average_precision": metrics.label_ranking_average_precision_score(y, shares),
        "coverage_error": metrics.coverage_error(y, shares),
        "ranking_loss": metrics.label_ranking_loss(y, shares),
    }
    assert {name: figure.value for name, figure in found.items()} == pytest.approx(wanted, rel=1e-12)


def test_figures_of_several_numbers_are_scikit_learns_and_each_targets_own():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(80, 2)) * (1, 100)
    predicted = y + rng.normal(size=(80, 2)) * (0.5, 20)
    found = score("regression", y, predicted, names=("length", "price"))
    assert found["mae"].value == pytest.approx(metrics.mean_absolute_error(y, predicted))
    assert found["rmse"].value == pytest.approx(metrics.root_mean_squared_error(y, predicted))
    assert found["r2"].value == pytest.approx(metrics.r2_score(y, predicted))
    assert found["r2 of price"].value == pytest.approx(metrics.r2_score(y[:, 1], predicted[:, 1]))
    assert found["rmse of length"] == score("regression", y[:, 0], predicted[:, 0])["rmse"]


def test_figures_of_rows_drawn_again_are_those_of_the_repeated_rows():
    rng = np.random.default_rng(6)
    y, share = rng.random(60) < 0.3, np.round(rng.random(60), 1)
    counts = rng.integers(0, 4, (1, 60))
    again = np.repeat(np.arange(60), counts[0])
    found = weighted_average_precision(y, share)(counts)[0]
    assert found == pytest.approx(metrics.average_precision_score(y[again], share[again]))
    assert weighted_auc(y, share)(counts)[0] == pytest.approx(metrics.roc_auc_score(y[again], share[again]))


def test_drawn_intervals_agree_with_the_closed_forms():
    rng = np.random.default_rng(7)
    y = (np.arange(900) % 3 == 0).astype(int)
    share = 1 / (1 + np.exp(1 - rng.normal(size=900) - 1.5 * y))
    closed, again = delong(y == 1, share), drawn(y, weighted_auc(y == 1, share))
    assert np.quantile(again, (0.025, 0.975)) == pytest.approx([closed.low, closed.high], abs=0.006)
    whole = score("binary", y, np.stack([1 - share, share], 1))
    assert whole["balanced_accuracy"].low < whole["balanced_accuracy"].value < whole["balanced_accuracy"].high
    assert drawn(np.zeros(10**6, int), np.sum) is None


@pytest.mark.parametrize(
    ("task", "main"),
    [
        ("binary", "average_precision"),
        ("multiclass", "balanced_accuracy"),
        ("multilabel", "micro_f1"),
        ("binary", "accuracy"),
    ],
)
def test_differences_are_those_of_the_figures(task, main):
    rng = np.random.default_rng(8)
    if task == "multilabel":
        y, one, other = (rng.random((70, 3)) < 0.4).astype(np.float32), rng.random((70, 3)), rng.random((70, 3))
    else:
        y, one = dirichlet(2 if task == "binary" else 3)
        other = one[::-1]
    gap = difference(task, y, one, other, main)
    assert gap.value == pytest.approx(score(task, y, one)[main].value - score(task, y, other)[main].value)
    assert gap.low < gap.value < gap.high


def test_the_figure_that_decides():
    assert main_figure("binary") == "accuracy" and main_figure("binary", rare=True) == "average_precision"
    assert main_figure("multiclass", rare=True) == "balanced_accuracy"
    assert main_figure("binary", rare=True, costs=True) == "mean_cost"
    assert (main_figure("regression"), main_figure("regression", 2)) == ("mae", "r2")


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
    # A duplicated target carries no additional information.
    twice = difference("regression", *(np.stack([each, each], axis=1) for each in (y, one, other)), "mae")
    assert (twice.low, twice.high) == pytest.approx((gap.low, gap.high))


def test_what_the_rows_do_not_tell_is_left_out():
    shares = np.array([[0.4, 0.6], [0.3, 0.7]])
    assert "auc" not in score("binary", np.array([1, 1]), shares)
    assert score("binary", np.array([0, 1]), shares)["auc"].low is None
    one = score("regression", np.array([2.0]), np.array([1.0]))
    assert "r2" not in one and one["mae"].value == 1 and one["mae"].low is None
