"""The errors of a classifier: confusion matrix, calibration, and the effect of the threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from markupsafe import Markup

from ..evaluation.decisions import Decision
from ..evaluation.intervals import Figure, wilson
from . import charts
from .judged import HeldOutAnswers
from .wording import plain

if TYPE_CHECKING:
    from ..tables import TableNetwork

MOST_CLASSES, MOST_LINES, MOST_POINTS, BINS = 20, 6, 200, 10


@dataclass(frozen=True)
class ClassRow:
    """A class or label with its metrics."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    threshold: float | None = None
    auc: float | None = None


@dataclass(frozen=True)
class Classes:
    """The evaluation by classes.

    Args:
        rows: The classes or labels in order; only the largest of very many.
        labels: Their labels.
        confusion: The confusion matrix, with a row for each true class; None for several labels.
        more: The number of classes that are not shown.
        reliability: The reliability diagram.
        error: The expected calibration error.
        charts: ROC and precision-recall curves.
        threshold: The probability from which the positive class is predicted; None if the largest one decides.
        positive: The positive class of two.
    """

    rows: tuple[ClassRow, ...]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    more: int
    reliability: Markup
    error: float
    charts: tuple[Markup, ...]
    threshold: float | None
    positive: str


def describe(network: TableNetwork, judged: HeldOutAnswers) -> Classes:
    """Return the evaluation of a classifier by classes on the test set."""
    labels = [plain(label, 60) for label in network.target.classes]
    support = _truth(judged, len(labels)).sum(0)
    kept = np.sort(np.argsort(-support, kind="stable")[:MOST_CLASSES])
    decision = judged.decisions[judged.own]
    forecast, right = _sureness(judged)
    bins = _bins(forecast, right)
    return Classes(
        rows=_rows(decision, judged, labels, kept),
        labels=tuple(labels[place] for place in kept),
        confusion=None if judged.task == "multilabel" else _confusion(judged, kept),
        more=len(labels) - len(kept),
        reliability=charts.reliability(bins[0], _observed(judged, *bins[1:]), bins[2]),
        error=float(np.abs(bins[0] - bins[1]) @ bins[2] / bins[2].sum()),
        charts=tuple(_curves(decision.positive, judged, labels, support)),
        threshold=_threshold(decision) if judged.task == "binary" else None,
        positive=labels[decision.positive] if judged.task == "binary" else "",
    )


def _truth(judged: HeldOutAnswers, classes: int) -> np.ndarray:
    """Return whether each row belongs to each class, ``(rows, classes)``."""
    return judged.y > 0.5 if judged.task == "multilabel" else judged.y[:, None] == np.arange(classes)


def _rows(decision: Decision, judged: HeldOutAnswers, labels: list[str], kept: np.ndarray) -> tuple[ClassRow, ...]:
    from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

    truth, numbers = _truth(judged, len(labels)), None if judged.task == "multilabel" else np.arange(len(labels))
    zero = cast(str, 0.0)  # without predictions of the class, or without rows
    found = precision_recall_fscore_support(judged.y, judged.decided, labels=numbers, average=None, zero_division=zero)
    precision, recall, f1, support = (np.asarray(each, np.float64) for each in found)
    return tuple(
        ClassRow(
            label=labels[place],
            precision=float(precision[place]),
            recall=float(recall[place]),
            f1=float(f1[place]),
            support=int(support[place]),
            threshold=decision.thresholds[place] if judged.task == "multilabel" else None,
            auc=float(roc_auc_score(truth[:, place], judged.network[:, place])) if _varies(truth[:, place]) else None,
        )
        for place in kept
    )


def _confusion(judged: HeldOutAnswers, kept: np.ndarray) -> tuple[tuple[int, ...], ...]:
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(judged.y, judged.decided, labels=np.arange(judged.network.shape[1]))[np.ix_(kept, kept)]
    return tuple(tuple(row) for row in counts.tolist())


def _sureness(judged: HeldOutAnswers) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and outcomes: of the second of two classes, the most probable of more, all labels."""
    if judged.task == "binary":
        return judged.network[:, 1], judged.y == 1
    if judged.task == "multilabel":
        return judged.network.ravel(), judged.y.ravel() > 0.5
    return judged.network.max(1), judged.network.argmax(1) == judged.y


def _bins(forecast: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean probability, observed frequency and number of rows for each nonempty tenth from 0 to 1."""
    places = np.clip((forecast * BINS).astype(np.int64), 0, BINS - 1)
    rows = np.bincount(places, minlength=BINS)
    some = rows > 0
    sums = (np.bincount(places, values, BINS)[some] for values in (forecast, right.astype(np.float64)))
    mean, share = (total / rows[some] for total in sums)
    return mean, share, rows[some]


def _observed(judged: HeldOutAnswers, share: np.ndarray, rows: np.ndarray) -> list[Figure]:
    """Return the observed frequency in each bin with its interval; the labels of a row are dependent: one row."""
    labels = judged.network.shape[1] if judged.task == "multilabel" else 1
    counts = np.maximum(rows // labels, 1)
    found = [wilson(round(float(each * count)), int(count)) for each, count in zip(share, counts, strict=True)]
    return [Figure(float(each), figure.low, figure.high) for each, figure in zip(share, found, strict=True)]


def _curves(positive: int, judged: HeldOutAnswers, labels: list[str], support: np.ndarray) -> Iterator[Markup]:
    from sklearn.metrics import precision_recall_curve, roc_curve

    truth = _truth(judged, len(labels))
    places = [positive] if judged.task == "binary" else list(np.argsort(-support, kind="stable")[:MOST_LINES])
    places = [place for place in places if _varies(truth[:, place])]
    if not places:
        return
    roc, pr = [], []
    for place in places:
        false, true, _ = roc_curve(truth[:, place], judged.network[:, place])
        precision, recall, _ = precision_recall_curve(truth[:, place], judged.network[:, place])
        roc.append((labels[place], *_thinned(false, true)))
        pr.append((labels[place], *_thinned(recall, precision)))
    points = _points(truth[:, positive], judged.decided == positive) if judged.task == "binary" else (None, None)
    yield charts.curves("roc", roc, points[0], None)
    yield charts.curves("pr", pr, points[1], float(truth[:, positive].mean()) if judged.task == "binary" else None)


def _points(truth: np.ndarray, said: np.ndarray) -> tuple[tuple[float, float], tuple[float, float] | None]:
    """Return the point of the predictions as (false, true positive rate) and as (recall, precision)."""
    recall = float(said[truth].mean())
    return (float(said[~truth].mean()), recall), (recall, float(truth[said].mean())) if said.any() else None


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(x) <= MOST_POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).astype(np.int64))
    return x[kept], y[kept]


def _varies(truth: np.ndarray) -> bool:
    return bool(truth.any() and not truth.all())


def _threshold(decision: Decision) -> float | None:
    """Return the probability from which the positive class is predicted; None if costs or weights decide."""
    if decision.rule == "threshold":
        return decision.thresholds[0]
    return 0.5 if decision.rule == "largest" else None
