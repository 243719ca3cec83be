"""Patterns of two values: checked, and converted to the signs with which memories compute."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import DataError, ShapeError
from ..typing import Float, Shaped

SHOWN = 5  # values of a pattern that an error message lists


class TwoValues(NamedTuple):
    """The two values of a person's patterns, for answers in the same ones.

    Attributes:
        low: The value that stands for -1.
        high: The value that stands for 1.
        dtype: The dtype of the patterns.
        shape: The shape of one pattern.
    """

    low: float
    high: float
    dtype: np.dtype
    shape: tuple[int, ...]

    def restore(self, signs: Float[np.ndarray, "rows units"]) -> Shaped[np.ndarray, "rows *shape"]:
        """Return signs in the values and the shape of the patterns."""
        values = np.where(signs > 0, self.high, self.low).astype(self.dtype)
        return values.reshape(len(signs), *self.shape)


def read_patterns(patterns: object, owner: str) -> tuple[Float[np.ndarray, "rows units"], TwoValues]:
    """Return patterns as signs, -1 and 1, and their own values.

    Args:
        patterns: Patterns of two values, ``(rows, ...)``: -1 and 1, 0 and 1, or False and True.
        owner: What was called, for messages.

    Raises:
        DataError: If patterns differ in length or have other values.
        ShapeError: If there is only one axis or no pattern.
    """
    values = as_rows(patterns, owner)
    found = np.unique(values)
    for low, high in ((-1, 1), (0, 1)):
        if np.isin(found, (low, high)).all():
            return np.where(values.reshape(len(values), -1) > 0, 1, -1).astype(np.float32), TwoValues(
                low, high, values.dtype, values.shape[1:]
            )
    listed = ", ".join(f"{value:g}" for value in found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
    raise DataError(
        f"{owner}: patterns have {len(found)} different values ({listed}); expected two: -1 and 1, or 0 and 1. "
        "Compare numbers with a threshold first, such as x > x.mean()."
    )


def read_probes(probes: object, known: TwoValues, owner: str) -> Float[np.ndarray, "rows units"]:
    """Return probes as signs, in the shape and the values of the stored patterns.

    A single pattern without the axis of rows is not accepted: it could be a row of pixels.

    Raises:
        DataError: If they have other values.
        ShapeError: If they have another shape.
    """
    values = as_rows(probes, owner)
    if values.shape[1:] != known.shape:
        raise ShapeError(
            f"{owner}: got patterns of shape {values.shape[1:]}; those stored have {known.shape}. Several patterns are "
            "an array (patterns, ...), one is x[None]."
        )
    if not np.isin(np.unique(values), (known.low, known.high)).all():
        wrong = next(value for value in np.unique(values) if value not in (known.low, known.high))
        raise DataError(
            f"{owner}: got the value {wrong:g}; the stored patterns have {known.low:g} and {known.high:g} only."
        )
    return np.where(values.reshape(len(values), -1) == known.high, 1, -1).astype(np.float32)


def as_rows(patterns: object, owner: str) -> np.ndarray:
    """Return patterns as an array with an axis of rows.

    Raises:
        DataError: If they differ in length, are not numbers or have values that are not finite.
        ShapeError: If there is only one axis or no pattern.
    """
    try:
        values = np.asarray(patterns)
    except ValueError:
        raise DataError(f"{owner}: patterns differ in length{_lengths(patterns)}; all must have the same.") from None
    if values.dtype.kind not in "biuf":
        raise DataError(f"{owner}: got values of type {values.dtype}; expected numbers or booleans.")
    if values.ndim < 2 or not values.size:
        raise ShapeError(f"{owner}: got an array of shape {values.shape}; expected (patterns, values), not empty.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise DataError(f"{owner}: pattern {row} has a value that is not finite; expected two values, such as 0 and 1.")
    return values


def _lengths(patterns: object) -> str:
    """Return which patterns differ, as far as it can be told."""
    try:
        lengths = [len(each) for each in patterns]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType, reportUnknownArgumentType, reportAttributeAccessIssue]
    except TypeError:
        return ""
    place = next((place for place, length in enumerate(lengths) if length != lengths[0]), None)
    return "" if place is None else f" (pattern 0 has {lengths[0]} values, pattern {place} has {lengths[place]})"
