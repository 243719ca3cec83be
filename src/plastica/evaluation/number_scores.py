"""Metrics of regression with one or several targets."""

from __future__ import annotations

import math

import numpy as np

from ..typing import Float
from .intervals import Figure, around


def score_numbers(
    y: Float[np.ndarray, "rows *outputs"], predicted: Float[np.ndarray, "rows *outputs"], names: tuple[str, ...] = ()
) -> dict[str, Figure]:
    """Return MAE, RMSE and R2; for several targets, their means, then those of each target as "mae of NAME".

    Args:
        y: Numbers in the units of the targets, ``(rows,)`` or ``(rows, targets)``.
        predicted: The predictions, with the same shape.
        names: The names of the targets.
    """
    if y.ndim == 1:
        return _of_one(y, predicted)
    columns = list(zip(y.T, predicted.T, strict=True))
    called = names or tuple(str(number) for number in range(1, len(columns) + 1))
    errors = np.abs(predicted - y).mean(1)
    made = {"mae": around(float(errors.mean()), errors, lowest=0.0), "rmse": _mean_rmse(predicted - y)}
    if all(np.ptp(values) for values in y.T):
        made["r2"] = around(*r2_parts(y, predicted), highest=1.0)
    for name, (true, answer) in zip(called, columns, strict=True):
        made |= {f"{figure} of {name}": found for figure, found in _of_one(true, answer).items()}
    return made


def r2_parts(
    y: Float[np.ndarray, "rows *outputs"], predicted: Float[np.ndarray, "rows *outputs"]
) -> tuple[float, np.ndarray]:
    """Return R2 (the mean over several targets) and its influence function at each row."""
    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    squares, spread = (predicted - y) ** 2, (y - y.mean(0)) ** 2
    r2 = 1 - squares.sum(0) / spread.sum(0)
    return float(r2.mean()), ((squares - (1 - r2) * spread) / spread.mean(0)).mean(1)


def _of_one(y: Float[np.ndarray, "rows"], predicted: Float[np.ndarray, "rows"]) -> dict[str, Figure]:
    errors = predicted - y
    squares = errors**2
    mean_square = around(float(squares.mean()), squares, lowest=0.0)
    found = {
        "mae": around(float(np.abs(errors).mean()), np.abs(errors), lowest=0.0),
        "rmse": Figure(math.sqrt(mean_square.value), _root(mean_square.low), _root(mean_square.high)),
    }
    if np.ptp(y):
        found["r2"] = around(*r2_parts(y, predicted), highest=1.0)
    return found


def _mean_rmse(errors: Float[np.ndarray, "rows outputs"]) -> Figure:
    """Return the mean of the root mean squared errors of the targets; d sqrt(m) is dm / (2 sqrt(m))."""
    squares = errors**2
    roots = np.sqrt(squares.mean(0))
    return around(float(roots.mean()), ((squares - roots**2) / np.maximum(2 * roots, 1e-300)).mean(1), lowest=0.0)


def _root(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)
