"""Checks of predictions and targets that are to be calibrated."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, NotFitted, ShapeError
from ..typing import Float, Int

T = TypeVar("T")

# Probabilities are computed in float32, so that their sum over many classes is off by some rounding.
MOST_OFF = 1e-3


def as_probabilities(owner: str, values: ArrayLike) -> Float[np.ndarray, "rows classes"]:
    """Return probabilities with a column for each class; those of yes alone become the columns no and yes.

    Raises:
        ShapeError: If they have more than two axes, or no rows.
        DataError: If they are not finite, not from 0 to 1, or do not sum to 1.
    """
    given = np.asarray(values, np.float64)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim not in (1, 2) or not len(given):
        raise ShapeError(
            f"{owner}: probabilities of shape {np.shape(values)}; expected (rows, classes), or (rows,) for the "
            "probability of yes."
        )
    if not np.isfinite(given).all() or given.min() < 0 or given.max() > 1 + MOST_OFF:
        raise DataError(
            f"{owner}: the values reach from {np.min(given):.4g} to {np.max(given):.4g}; expected probabilities, as "
            "after softmax or sigmoid."
        )
    if given.ndim == 1:
        return np.stack([1 - given, given], axis=1)
    off = np.abs(given.sum(1) - 1)
    if off.max() > MOST_OFF:
        row = int(off.argmax())
        raise DataError(
            f"{owner}: the probabilities of row {row} sum to {given[row].sum():.4g}; expected 1. Independent labels "
            "are calibrated one column at a time."
        )
    return given / given.sum(1, keepdims=True)


def as_classes(owner: str, y: ArrayLike, rows: int, classes: int) -> Int[np.ndarray, "rows"]:
    """Return targets as class numbers.

    Raises:
        ShapeError: If there is not one number for each row.
        DataError: If they are not whole numbers from 0 to the last class.
    """
    given = as_column(owner, y, rows)
    whole = given.astype(np.int64)
    if (whole != given).any() or whole.min() < 0 or whole.max() >= classes:
        raise DataError(
            f"{owner}: y reaches from {given.min():.4g} to {given.max():.4g}; expected class numbers from 0 to "
            f"{classes - 1}, since there are {classes} columns of probabilities."
        )
    return whole


def as_column(owner: str, y: ArrayLike, rows: int) -> Float[np.ndarray, "rows"]:
    """Return one finite number for each row.

    Raises:
        ShapeError: If there is not one number for each row.
        DataError: If a number is not finite.
    """
    given = np.asarray(y, np.float64)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.shape != (rows,):
        raise ShapeError(f"{owner}: y of shape {np.shape(y)} for {rows} rows of predictions; expected ({rows},).")
    if not np.isfinite(given).all():
        raise DataError(f"{owner}: row {int(np.argmin(np.isfinite(given)))} is {given[~np.isfinite(given)][0]}.")
    return given


def fitted(owner: str, value: T | None) -> T:
    """Return a value that ``fit`` sets.

    Raises:
        NotFitted: If it is None.
    """
    if value is None:
        raise NotFitted(f"{owner} is not fitted yet; call fit(predictions, y) with rows that were not trained on.")
    return value
