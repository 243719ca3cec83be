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
    from sklearn import metrics

    right = shares.argmax(1) == y
    # The metrics' own clipping keeps the logarithm of a certain and wrong answer finite.
    surprise = -np.log(np.maximum(shares[np.arange(len(y)), y], np.finfo(shares.dtype).eps))
    loss = float(metrics.log_loss(y, shares, labels=range(shares.shape[1])))
    found = {
        "accuracy": _wilson(int(right.sum()), len(y)),
        "log_loss": _around(loss, surprise, lowest=0.0),
    }
    if shares.shape[1] == 2 and len(np.unique(y)) == 2:
        found["auc"] = _delong(float(metrics.roc_auc_score(y, shares[:, 1])), y, shares[:, 1])
    return found


def _score_numbers(y: np.ndarray, predicted: np.ndarray) -> Scores:
    from sklearn import metrics

    errors = predicted - y
    squares = errors**2
    mse = float(metrics.mean_squared_error(y, predicted))
    around = _around(mse, squares, lowest=0.0)
    found = {
        "mae": _around(float(metrics.mean_absolute_error(y, predicted)), np.abs(errors), lowest=0.0),
        "rmse": Figure(math.sqrt(mse), _root(around.low), _root(around.high)),
    }
    spread = (y - y.mean()) ** 2
    if len(y) > 1 and spread.any():
        r2 = float(metrics.r2_score(y, predicted))
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


def _delong(value: float, y: np.ndarray, positive: np.ndarray) -> Figure:
    """DeLong, DeLong, Clarke-Pearson 1988, with the ranks of Sun and Xu 2014."""
    from scipy.stats import rankdata

    ranks = rankdata(positive)
    yes, no = y == 1, y == 0
    above = (ranks[yes] - rankdata(positive[yes])) / no.sum()
    below = 1 - (ranks[no] - rankdata(positive[no])) / yes.sum()
    if min(len(above), len(below)) < 2:
        return Figure(value)
    variance = above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)
    if variance <= 0:
        return Figure(value)
    half = Z * math.sqrt(variance)
    return Figure(value, max(0.0, value - half), min(1.0, value + half))


def _root(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)
