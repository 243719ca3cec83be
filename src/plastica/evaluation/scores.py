"""Metrics of predictions on the test set, with confidence intervals."""

from __future__ import annotations

import numpy as np

from ..notes import TEXTS, Note, as_written, note
from ..typing import Bool, Float, Num
from .class_scores import micro_f1_of, score_classes, score_labels, surprise_of
from .decisions import Decision, usual_decision
from .intervals import Figure, around, between, drawn, weighted_average_precision
from .number_scores import r2_parts, score_numbers

__all__ = ["LOWER_IS_BETTER", "MAIN", "Figure", "Scores", "difference", "main_figure", "score"]

Scores = dict[str, Figure]
MAIN = {"binary": "accuracy", "multiclass": "accuracy", "multilabel": "micro_f1", "regression": "mae"}
LOWER_IS_BETTER = ("log_loss", "brier", "hamming_loss", "coverage_error", "ranking_loss", "mae", "rmse", "mean_cost")


def main_figure(task: str, outputs: int = 1, rare: bool = False, costs: bool = False) -> str:
    """Return the metric that decides which model is better.

    Accuracy is misleading if a class is rare: two classes are then compared by average precision (T. Saito,
    M. Rehmsmeier (2015), The precision-recall plot is more informative than the ROC plot), more classes by balanced
    accuracy. With a cost matrix, the mean cost is used. Several numbers have no common unit and are compared by R2.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        outputs: The number of predicted numbers.
        rare: Whether a class is rare.
        costs: Whether there is a cost matrix.
    """
    if costs and task in ("binary", "multiclass"):
        return "mean_cost"
    if rare and task in ("binary", "multiclass"):
        return "average_precision" if task == "binary" else "balanced_accuracy"
    return "r2" if task == "regression" and outputs > 1 else MAIN[task]


def score(
    task: str,
    y: Num[np.ndarray, "rows *outputs"],
    answers: Float[np.ndarray, "rows *classes"],
    decision: Decision | None = None,
    names: tuple[str, ...] = (),
) -> Scores:
    """Return the metrics of a task by name; the values are those of scikit-learn.

    - Two classes: accuracy, balanced accuracy, F1, precision and recall of the positive class, area under the ROC
      curve, average precision, log loss, Brier score, Matthews' correlation.
    - More: accuracy, balanced accuracy, macro F1, area under the ROC curve (each class against the rest, mean),
      log loss, Matthews' correlation.
    - Several labels: Hamming loss, subset accuracy, micro and macro F1, micro average precision, label ranking
      average precision, coverage error, ranking loss.
    - Numbers: mean absolute error, root mean squared error, R2; for several, the means, then those of each target.

    Intervals: Wilson's for proportions, DeLong's for the area of two classes, the delta method for means over rows,
    otherwise the percentile bootstrap with 500 resamples within classes; None if there are too many rows.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: Class indices or numbers, ``(rows,)``; labels or several numbers ``(rows, outputs)``.
        answers: Probabilities of classes or labels ``(rows, classes)``, or numbers like ``y``.
        decision: The decision from probabilities to predictions. Default: the largest, or a threshold of 0.5 for
            labels.
        names: The names of several numbers.
    """
    if task == "regression":
        return score_numbers(y, answers, names)
    chosen = decision or usual_decision(task, answers.shape[1])
    return score_labels(y, answers, chosen) if task == "multilabel" else score_classes(y, answers, chosen)


def difference(
    task: str,
    y: Num[np.ndarray, "rows *outputs"],
    one: Float[np.ndarray, "rows *classes"],
    other: Float[np.ndarray, "rows *classes"],
    main: str | None = None,
    decisions: tuple[Decision, Decision] | None = None,
) -> Figure:
    """Return the difference in the main metric between ``one`` and ``other``, paired by rows.

    The interval of paired differences is narrower than two separate intervals suggest.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: As for :func:`score`.
        one, other: Predictions of two models for the same rows.
        main: The metric. Default: the main metric of the task.
        decisions: The decision from probabilities to predictions for each model.
    """
    name = main or main_figure(task, 1 if y.ndim == 1 else y.shape[1])
    if name == "mae":
        gaps = np.abs(one - y) - np.abs(other - y)
        return _mean(gaps.reshape(len(y), -1).mean(1))
    if name == "r2":
        (first, one_parts), (second, other_parts) = r2_parts(y, one), r2_parts(y, other)
        return around(first - second, one_parts - other_parts)
    usual = usual_decision(task, one.shape[1])
    return _of_classes(name, y, (one, other), decisions or (usual, usual))


def _of_classes(
    name: str,
    y: Num[np.ndarray, "rows *outputs"],
    shares: tuple[np.ndarray, np.ndarray],
    decisions: tuple[Decision, Decision],
) -> Figure:
    positive = decisions[0].positive
    if name == "log_loss":
        return _mean(surprise_of(y, shares[0]) - surprise_of(y, shares[1]))
    if name == "average_precision":
        return _average_precision(y == positive, shares[0][:, positive], shares[1][:, positive])
    one, other = (decision.decide(each) for decision, each in zip(decisions, shares, strict=True))
    if name == "micro_f1":
        return _micro_f1(y, one, other)
    if name == "mean_cost":
        costs = np.array(decisions[0].costs)
        return _mean(costs[y, one] - costs[y, other])
    pairs = (one == y).astype(float) - (other == y)
    return _mean(pairs) if name == "accuracy" else _balanced(y, pairs)


def _mean(pairs: Num[np.ndarray, "rows"]) -> Figure:
    return around(float(pairs.mean()), pairs)


def _balanced(y: Num[np.ndarray, "rows"], pairs: Num[np.ndarray, "rows"]) -> Figure:
    """Return the mean over classes of the mean over the rows of a class."""
    shares = np.bincount(y) / len(y)
    weights = 1 / (shares[y] * (shares > 0).sum())
    value = float((weights * pairs).mean())
    means = np.bincount(y, weights=pairs)[y] / (shares[y] * len(y))
    return around(value, value + weights * (pairs - means))  # rows vary within classes of fixed sizes


def _average_precision(
    yes: Bool[np.ndarray, "rows"], one: Num[np.ndarray, "rows"], other: Num[np.ndarray, "rows"]
) -> Figure:
    first, second = weighted_average_precision(yes, one), weighted_average_precision(yes, other)

    def gap(counts: Num[np.ndarray, "draws rows"]) -> Float[np.ndarray, "draws"]:
        return first(counts) - second(counts)

    return between(float(gap(np.ones((1, len(yes))))[0]), drawn(yes.astype(np.int64), gap))


def _micro_f1(
    y: Num[np.ndarray, "rows labels"], one: Num[np.ndarray, "rows labels"], other: Num[np.ndarray, "rows labels"]
) -> Figure:
    first, second = micro_f1_of(y, one), micro_f1_of(y, other)

    def gap(counts: Num[np.ndarray, "draws rows"]) -> Float[np.ndarray, "draws"]:
        return first(counts) - second(counts)

    return between(float(gap(np.ones((1, len(y))))[0]), drawn(np.zeros(len(y), np.int64), gap))


def figure_named(name: str) -> Note:
    """Return the name of a metric as a translatable note."""
    return note(f"score_{name}") if f"score_{name}" in TEXTS else as_written(name.replace("_", " "))
