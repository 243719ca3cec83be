import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from plastica import losses, metrics

ROWS, CLASSES = 200, 4
rng = np.random.default_rng(0)
WEIGHT = rng.uniform(0, 2, ROWS).astype(np.float32)
WEIGHT[::7] = 0

YES = rng.integers(0, 2, (ROWS, 1)).astype(np.float32)
CHANCE = np.clip(0.35 * YES + rng.uniform(0, 0.65, (ROWS, 1)), 0, 1).astype(np.float32)
NUMBER = rng.choice([0, 1, 3], ROWS, p=[0.6, 0.3, 0.1])  # class 2 never occurs
SHARES = rng.dirichlet(np.ones(CLASSES), ROWS)
SHARES = (0.7 * SHARES + 0.3 * np.eye(CLASSES)[NUMBER]).astype(np.float32)
SHARES[:, 2] = 0.0  # and is never predicted
SHARES /= SHARES.sum(1, keepdims=True)
ONE_HOT = np.eye(CLASSES, dtype=np.float32)[NUMBER]
TAGS = rng.integers(0, 2, (ROWS, CLASSES)).astype(np.float32)
TAG_CHANCE = np.clip(0.3 * TAGS + rng.uniform(0, 0.7, TAGS.shape), 0, 1).astype(np.float32)
Y = rng.normal(3, 2, (ROWS, 3)).astype(np.float32)
GUESS = (Y + rng.normal(0.3, 1, Y.shape)).astype(np.float32)

ANSWER, TAG_ANSWER, BEST = CHANCE > 0.5, TAG_CHANCE > 0.5, SHARES.argmax(1)
AVERAGES = ["macro", "micro", "weighted"]


@jax.jit
def run(metric, target, prediction, weight):
    return metric.sums(target, prediction, weight)


def sums(metric, *parts, size):
    """Return the sums of one batch, padded to ``size`` with rows of weight 0, so that shapes are constant."""
    filled = [np.concatenate([x, np.zeros((size - len(x), *x.shape[1:]), x.dtype)]) for x in parts]
    return np.asarray(run(metric, *filled))


def figure(metric, target, prediction, weight=None, batch=64):
    """Return the metric from the sums of batches."""
    weight = np.ones(len(target), np.float32) if weight is None else weight
    starts = range(0, len(target), batch)
    return metric.result(
        sum(sums(metric, *(x[i : i + batch] for x in (target, prediction, weight)), size=batch) for i in starts)
    )


def recall_of_no(y, a, sample_weight=None):
    return sk.recall_score(y, a, pos_label=0, sample_weight=sample_weight)


CASES = {
    "accuracy": (metrics.Accuracy(), YES, CHANCE, sk.accuracy_score, YES, ANSWER),
    "accuracy of classes": (metrics.Accuracy(), NUMBER, SHARES, sk.accuracy_score, NUMBER, BEST),
    "accuracy of (n, 1) classes": (metrics.Accuracy(), NUMBER[:, None], SHARES, sk.accuracy_score, NUMBER, BEST),
    "accuracy of one-hot": (metrics.Accuracy(), ONE_HOT, SHARES, sk.accuracy_score, NUMBER, BEST),
    "balanced": (metrics.BalancedAccuracy(), YES, CHANCE, sk.balanced_accuracy_score, YES, ANSWER),
    "balanced classes": (metrics.BalancedAccuracy(), NUMBER, SHARES, sk.balanced_accuracy_score, NUMBER, BEST),
    "mcc": (metrics.MatthewsCorrelation(), YES, CHANCE, sk.matthews_corrcoef, YES, ANSWER),
    "mcc of classes": (metrics.MatthewsCorrelation(), ONE_HOT, SHARES, sk.matthews_corrcoef, NUMBER, BEST),
    "kappa": (metrics.CohenKappa(), YES, CHANCE, sk.cohen_kappa_score, YES, ANSWER),
    "kappa of classes": (metrics.CohenKappa(), NUMBER, SHARES, sk.cohen_kappa_score, NUMBER, BEST),
    "specificity": (metrics.Specificity(), YES, CHANCE, recall_of_no, YES, ANSWER),
    "precision": (metrics.Precision(), YES, CHANCE, sk.precision_score, YES, ANSWER),
    "recall": (metrics.Recall(), YES, CHANCE, sk.recall_score, YES, ANSWER),
    "f1": (metrics.F1Score(), YES, CHANCE, sk.f1_score, YES, ANSWER),
    "f1 at 0.7": (metrics.F1Score(threshold=0.7), YES, CHANCE, sk.f1_score, YES, CHANCE > 0.7),
    "mse": (metrics.MeanSquaredError(), Y, GUESS, sk.mean_squared_error, Y, GUESS),
    "mae": (metrics.MeanAbsoluteError(), Y, GUESS, sk.mean_absolute_error, Y, GUESS),
    "rmse": (metrics.RootMeanSquaredError(), Y[:, :1], GUESS[:, :1], sk.root_mean_squared_error, Y[:, 0], GUESS[:, 0]),
    "r2": (metrics.R2Score(), Y, GUESS, sk.r2_score, Y, GUESS),
    "explained variance": (metrics.ExplainedVariance(), Y, GUESS, sk.explained_variance_score, Y, GUESS),
    "log loss": (metrics.LogLoss(), YES, CHANCE, sk.log_loss, YES, CHANCE[:, 0].astype(float)),
    "roc": (metrics.AUC(), YES, CHANCE, sk.roc_auc_score, YES, CHANCE),
    "pr": (metrics.AUC(curve="PR"), YES, CHANCE, sk.average_precision_score, YES, CHANCE),
    "roc of tags": (metrics.AUC(multi_label=True), TAGS, TAG_CHANCE, sk.roc_auc_score, TAGS, TAG_CHANCE),
    **{
        f"{cls.__name__} {average} of {kind}": (
            cls(average=average, threshold=0.5 if kind == "tags" else None),
            *data,
            lambda *a, f=function, k=average, **b: f(*a, average=k, zero_division=0, **b),
            *theirs,
        )
        for cls, function in [
            (metrics.Precision, sk.precision_score),
            (metrics.Recall, sk.recall_score),
            (metrics.F1Score, sk.f1_score),
        ]
        for average in AVERAGES
        for kind, data, theirs in [
            ("classes", (NUMBER, SHARES), (NUMBER, BEST)),
            ("one-hot", (ONE_HOT, SHARES), (NUMBER, BEST)),
            ("tags", (TAGS, TAG_CHANCE), (TAGS, TAG_ANSWER)),
        ]
    },
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["even", "weighted"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_figure_is_scikit_learns(case, weight):
    metric, target, prediction, theirs, *their_data = case
    tolerance = 3e-3 if isinstance(metric, metrics.AUC) else 1e-5
    wanted = theirs(*(np.squeeze(x) for x in their_data), sample_weight=weight)
    assert figure(metric, target, prediction, weight) == pytest.approx(wanted, abs=tolerance)


@pytest.mark.parametrize("curve", ["ROC", "PR"])
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(20, 3000), sharp=st.floats(0.1, 8), weighted=st.booleans())
@settings(max_examples=25, deadline=None)
def test_auc_is_within_its_bound(curve, seed, rows, sharp, weighted):
    draw = np.random.default_rng(seed)
    yes = np.arange(rows) % 5 == 0
    score = (1 / (1 + np.exp(-sharp * (draw.normal(size=rows) + yes)))).astype(np.float32)
    weight = draw.uniform(0.1, 2, rows).astype(np.float32) if weighted else np.ones(rows, np.float32)
    metric = metrics.AUC(curve=curve, bins=64)
    counted = sums(metric, yes.astype(np.float32), score, weight, size=3000)
    theirs = sk.roc_auc_score if curve == "ROC" else sk.average_precision_score
    off = abs(metric.result(counted) - theirs(yes, score, sample_weight=weight))
    assert off <= metric.error_bound(counted) + 1e-5


@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_auc_is_near_on_many_sharp_predictions(curve):
    draw = np.random.default_rng(1)
    yes = draw.integers(0, 2, 50_000)
    score = (1 / (1 + np.exp(-6 * (draw.normal(size=yes.size) + 2 * yes - 1)))).astype(np.float32)
    metric = metrics.AUC(curve=curve)
    counted = sums(metric, yes.astype(np.float32), score, np.ones(yes.size, np.float32), size=yes.size)
    theirs = (sk.roc_auc_score if curve == "ROC" else sk.average_precision_score)(yes, score)
    assert metric.result(counted) == pytest.approx(theirs, abs=5e-4)
    assert metric.error_bound(counted) < (2e-3 if curve == "ROC" else 0.05)


def test_auc_of_logits_is_that_of_their_probabilities():
    logit = np.random.default_rng(2).normal(0, 4, (ROWS, 1)).astype(np.float32)
    probability = 1 / (1 + np.exp(-logit.astype(float)))
    ours = figure(metrics.AUC(from_logits=True), YES, logit)
    assert ours == pytest.approx(sk.roc_auc_score(YES, probability), abs=2e-3)


def test_auc_of_classes_is_one_against_the_rest():
    number = NUMBER % 3
    shares = SHARES[:, [0, 1, 3]]
    ours = figure(metrics.AUC(multi_label=True), number, shares)
    theirs = np.mean([sk.roc_auc_score(number == k, shares[:, k]) for k in range(3) if (number == k).any()])
    assert np.isnan(ours) if len(set(number)) < 3 else ours == pytest.approx(theirs, abs=3e-3)


def test_top_k_is_scikit_learns():
    for k in (1, 2, 3):
        wanted = sk.top_k_accuracy_score(NUMBER, SHARES, k=k, labels=range(CLASSES), sample_weight=WEIGHT)
        assert figure(metrics.SparseTopKCategoricalAccuracy(k), NUMBER, SHARES, WEIGHT) == pytest.approx(wanted)
        assert figure(metrics.TopKCategoricalAccuracy(k), ONE_HOT, SHARES, WEIGHT) == pytest.approx(wanted)


def test_any_loss_is_a_metric():
    ours = figure(metrics.get("huber"), Y, GUESS, WEIGHT)
    values = np.asarray(losses.Huber().values(Y, GUESS))
    assert ours == pytest.approx(np.average(values, weights=WEIGHT))


ALL = {
    **{f"{n} binary": (m, YES, CHANCE) for n, m in metrics.NAMES.items() if "categorical" not in n},
    **{
        f"{n} classes": (m, NUMBER, SHARES)
        for n, m in metrics.NAMES.items()
        if n.startswith("sparse") or m in (metrics.Accuracy, metrics.F1Score, metrics.Precision, metrics.AUC)
    },
}


@pytest.mark.parametrize("case", ALL.values(), ids=ALL.keys())
@given(cuts=st.lists(st.integers(0, ROWS), max_size=4), order=st.integers(0, 2**32 - 1))
@settings(max_examples=3, deadline=None)
def test_the_figure_does_not_depend_on_batches(case, cuts, order):
    cls, *data = case
    metric = cls()
    data = (*data, WEIGHT)
    shuffled = np.random.default_rng(order).permutation(ROWS)
    parts = np.split(shuffled, sorted(cuts))
    total = sum(sums(metric, *(x[rows] for x in data), size=ROWS) for rows in parts)
    assert metric.result(total) == pytest.approx(metric.result(sums(metric, *data, size=ROWS)), rel=1e-4, abs=1e-3)
