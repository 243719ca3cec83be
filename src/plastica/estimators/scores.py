"""How good answers are, on rows that nobody learned from, with what chance leaves open."""

from __future__ import annotations

import math

import msgspec
import numpy as np

Z = 1.959964  # the normal quantile of a 95 % interval


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure with its 95 % interval, where one can be told from the rows.

    Args:
        value: The figure.
        low, high: The interval; None where the rows do not tell.
    """

    value: float
    low: float | None = None
    high: float | None = None


Scores = dict[str, Figure]
MAIN = {"binary": "accuracy", "multiclass": "accuracy", "regression": "mae"}


def score(task: str, y: np.ndarray, answers: np.ndarray) -> Scores:
    """Return the figures of a task by name.

    Classes: accuracy (interval: Wilson), log loss, and for two classes the area under the ROC curve (interval:
    DeLong). Numbers: mean absolute error, root mean squared error, R2 (intervals: delta method). The values are
    scikit-learn's.

    Args:
        task: "binary", "multiclass" or "regression".
        y: Class numbers or numbers, ``(rows,)``.
        answers: Shares of classes ``(rows, classes)``, or numbers ``(rows,)``.
    """
    return _score_numbers(y, answers) if task == "regression" else _score_classes(y, answers)


def difference(task: str, y: np.ndarray, one: np.ndarray, other: np.ndarray) -> Figure:
    """Return by how much the main figure of ``one`` is above that of ``other``, row by row on the same rows.

    The interval is that of paired differences, which is narrower than two intervals side by side suggest.
    """
    if task == "regression":
        pairs = np.abs(one - y) - np.abs(other - y)
    else:
        pairs = (one.argmax(1) == y).astype(float) - (other.argmax(1) == y)
    return _around(float(pairs.mean()), pairs)


def _score_classes(y: np.ndarray, shares: np.ndarray) -> Scores:
    right = shares.argmax(1) == y
    # Clipped as scikit-learn does, so that one certain and wrong answer leaves the mean finite.
    surprise = -np.log(np.maximum(shares[np.arange(len(y)), y], np.finfo(np.float64).eps))
    found = {
        "accuracy": _wilson(int(right.sum()), len(y)),
        "log_loss": _around(float(surprise.mean()), surprise, lowest=0.0),
    }
    if shares.shape[1] == 2 and len(np.unique(y)) == 2:
        found["auc"] = _delong(y == 1, shares[:, 1])
    return found


def _score_numbers(y: np.ndarray, predicted: np.ndarray) -> Scores:
    errors = predicted - y
    squares = errors**2
    around = _around(float(squares.mean()), squares, lowest=0.0)
    found = {
        "mae": _around(float(np.abs(errors).mean()), np.abs(errors), lowest=0.0),
        "rmse": Figure(math.sqrt(around.value), _root(around.low), _root(around.high)),
    }
    spread = (y - y.mean()) ** 2
    if spread.any():
        r2 = 1 - float(squares.sum() / spread.sum())
        found["r2"] = _around(r2, (squares - (1 - r2) * spread) / spread.mean(), highest=1.0)
    return found


def _wilson(hits: int, rows: int) -> Figure:
    """Wilson 1927: the interval of a share that holds at 0, at 1 and for few rows."""
    share, square = hits / rows, Z * Z / rows
    centre = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / rows + square / (4 * rows)) / (1 + square)
    return Figure(share, max(0.0, centre - half), min(1.0, centre + half))


def _around(value: float, parts: np.ndarray, lowest: float = -math.inf, highest: float = math.inf) -> Figure:
    """The interval of a mean of the rows' parts, or of a figure whose influence function they are."""
    rows = len(parts)
    spread = float(parts.std(ddof=1)) if rows > 1 else 0.0
    if not (math.isfinite(spread) and spread > 0):
        return Figure(value)
    half = Z * spread / math.sqrt(rows)
    return Figure(value, max(lowest, value - half), min(highest, value + half))


def _delong(positive: np.ndarray, score: np.ndarray) -> Figure:
    """DeLong, DeLong, Clarke-Pearson 1988, with the ranks of Sun and Xu 2014."""
    yes, no = score[positive], score[~positive]
    ranks = _ranks(score)
    above = (ranks[positive] - _ranks(yes)) / len(no)
    below = 1 - (ranks[~positive] - _ranks(no)) / len(yes)
    value = float(above.mean())
    if min(len(yes), len(no)) < 2:
        return Figure(value)
    half = Z * math.sqrt(above.var(ddof=1) / len(yes) + below.var(ddof=1) / len(no))
    return Figure(value, max(0.0, value - half), min(1.0, value + half)) if half else Figure(value)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def _root(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)
