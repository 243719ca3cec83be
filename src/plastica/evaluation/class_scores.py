"""Metrics of classification with two or more classes, or several labels."""

# The metrics of scikit-learn have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..typing import Float, Num
from .decisions import Decision
from .intervals import (
    Figure,
    around,
    between,
    delong,
    drawn,
    drawn_confusions,
    weighted_auc,
    weighted_average_precision,
    wilson,
)


def score_classes(
    y: Num[np.ndarray, "rows"], shares: Float[np.ndarray, "rows classes"], decision: Decision
) -> dict[str, Figure]:
    """Return the metrics for two or more classes.

    Args:
        y: Class indices, ``(rows,)``.
        shares: Probabilities of the classes, ``(rows, classes)``.
        decision: The decision from probabilities to predictions.
    """
    answers, classes = decision.decide(shares), shares.shape[1]
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (y, answers), 1)
    found = {"accuracy": wilson(int(np.trace(confusion)), len(y))}
    found |= _from_confusion(confusion, decision.positive if classes == 2 else None)
    found |= _two(y, shares, decision.positive) if classes == 2 else _each_against_the_rest(y, shares)
    surprise = surprise_of(y, shares)
    found["log_loss"] = around(float(surprise.mean()), surprise, lowest=0.0)
    if classes == 2:
        squares = (shares[:, 1] - y) ** 2
        found["brier"] = around(float(squares.mean()), squares, lowest=0.0)
    if decision.costs:
        paid = np.array(decision.costs)[y, answers]
        found["mean_cost"] = around(float(paid.mean()), paid)
    return found


def surprise_of(y: Num[np.ndarray, "rows"], shares: Float[np.ndarray, "rows classes"]) -> Float[np.ndarray, "rows"]:
    """Return the log loss of each row, clipped as in scikit-learn, so that a wrong prediction of 1 remains finite."""
    return -np.log(np.maximum(shares[np.arange(len(y)), y], np.finfo(np.float64).eps))


def score_labels(
    y: Num[np.ndarray, "rows labels"], shares: Float[np.ndarray, "rows labels"], decision: Decision
) -> dict[str, Figure]:
    """Return the metrics for several labels.

    Args:
        y: 0 and 1, ``(rows, labels)``.
        shares: Probabilities of the labels, ``(rows, labels)``.
        decision: The decision from probabilities to predictions.
    """
    from sklearn import metrics  # pyright: ignore[reportMissingTypeStubs]

    true, answers = y.astype(np.int64), decision.decide(shares)
    wrong = (true != answers).mean(1)
    whole, once = np.zeros(len(y), np.int64), np.ones((1, len(y)))
    micro, macro = micro_f1_of(true, answers), _macro_f1_of(true, answers)
    found = {
        "micro_f1": between(float(micro(once)[0]), drawn(whole, micro)),
        "macro_f1": between(float(macro(once)[0]), drawn(whole, macro)),
        "hamming_loss": around(float(wrong.mean()), wrong, lowest=0.0, highest=1.0),
        "subset_accuracy": wilson(int((wrong == 0).sum()), len(y)),
    }
    if true.any():
        flat = float(metrics.average_precision_score(true, shares, average="micro"))
        found["micro_average_precision"] = Figure(flat)
    ranking = metrics.label_ranking_average_precision_score(true, shares)
    found["label_ranking_average_precision"] = Figure(float(ranking))
    found["coverage_error"] = Figure(float(metrics.coverage_error(true, shares)))
    found["ranking_loss"] = Figure(float(metrics.label_ranking_loss(true, shares)))
    return found


def micro_f1_of(
    y: Num[np.ndarray, "rows labels"], answers: Num[np.ndarray, "rows labels"]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function for the micro F1 of rows with counts: 2 tp / (2 tp + fp + fn) over all labels."""
    hits, marked = ((y == 1) & (answers == 1)).sum(1), (y == 1).sum(1) + (answers == 1).sum(1)
    return lambda counts: 2 * (counts @ hits) / np.maximum(counts @ marked, 1)


def _macro_f1_of(
    y: Num[np.ndarray, "rows labels"], answers: Num[np.ndarray, "rows labels"]
) -> Callable[[np.ndarray], np.ndarray]:
    hits, marked = ((y == 1) & (answers == 1)).astype(float), (y == 1).astype(float) + (answers == 1)
    return lambda counts: (2 * (counts @ hits) / np.maximum(counts @ marked, 1)).mean(1)


def _from_confusion(confusion: Num[np.ndarray, "classes classes"], positive: int | None) -> dict[str, Figure]:
    """Return the metrics of a confusion matrix, with intervals from resampled matrices."""
    again = drawn_confusions(confusion)
    present = confusion.sum(1) > 0
    right = np.diagonal(again, axis1=1, axis2=2)
    recall = right[:, present] / again.sum(2)[:, present]
    values = np.diagonal(confusion)[present] / confusion.sum(1)[present]
    f1, f1_again = _f1_of(confusion[None])[0], _f1_of(again)
    found = {"balanced_accuracy": between(float(values.mean()), recall.mean(1))}
    if positive is None:
        used = present | (confusion.sum(0) > 0)
        found["macro_f1"] = between(float(f1[used].mean()), f1_again[:, used].mean(1))
    else:
        found["f1"] = between(float(f1[positive]), f1_again[:, positive])
        found["precision"] = wilson(int(confusion[positive, positive]), int(confusion[:, positive].sum()))
        found["recall"] = wilson(int(confusion[positive, positive]), int(confusion[positive].sum()))
    found["mcc"] = between(float(_matthews(confusion[None].astype(np.float64))[0]), _matthews(again))
    return found


def _f1_of(confusions: Num[np.ndarray, "draws classes classes"]) -> Float[np.ndarray, "draws classes"]:
    """Return the F1 of each class, 2 tp / (2 tp + fp + fn)."""
    right = np.diagonal(confusions, axis1=1, axis2=2)
    return 2 * right / np.maximum(confusions.sum(2) + confusions.sum(1), 1)


def _matthews(confusions: Num[np.ndarray, "draws classes classes"]) -> Float[np.ndarray, "draws"]:
    """Return the correlation of true and predicted classes (Gorodkin 2004); 0 if either is constant."""
    rows, right = confusions.sum((1, 2)), np.trace(confusions, axis1=1, axis2=2)
    true, answered = confusions.sum(2), confusions.sum(1)
    shared = right * rows - (true * answered).sum(1)
    spread = np.sqrt((rows**2 - (answered**2).sum(1)) * (rows**2 - (true**2).sum(1)))
    return np.where(spread > 0, shared / np.where(spread > 0, spread, 1), 0.0)


def _two(y: Num[np.ndarray, "rows"], shares: Float[np.ndarray, "rows classes"], positive: int) -> dict[str, Figure]:
    from sklearn.metrics import average_precision_score  # pyright: ignore[reportMissingTypeStubs]

    if len(np.unique(y)) < 2:
        return {}
    yes = y == positive
    value = float(average_precision_score(yes, shares[:, positive]))
    again = drawn(y, weighted_average_precision(yes, shares[:, positive]))
    return {"auc": delong(yes, shares[:, positive]), "average_precision": between(value, again)}


def _each_against_the_rest(y: Num[np.ndarray, "rows"], shares: Float[np.ndarray, "rows classes"]) -> dict[str, Figure]:
    """Return the mean area under the ROC curve over the classes present, with an interval from resampled rows."""
    from sklearn.metrics import roc_auc_score  # pyright: ignore[reportMissingTypeStubs]

    present = [number for number in range(shares.shape[1]) if 0 < (y == number).sum() < len(y)]
    if len(present) < 2:
        return {}
    value = float(np.mean([roc_auc_score(y == number, shares[:, number]) for number in present]))
    if len(y) * len(present) > 200_000:
        return {"auc": Figure(value)}
    areas = [weighted_auc(y == number, shares[:, number]) for number in present]
    return {"auc": between(value, drawn(y, lambda counts: np.mean([area(counts) for area in areas], axis=0)))}
