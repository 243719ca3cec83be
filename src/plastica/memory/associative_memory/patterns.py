"""Patterns of two values: checked, and converted to the signs with which memories compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...errors import DataError, NotFitted, ShapeError
from ...typing import Float, Shaped

SHOWN = 5  # values of a pattern that an error message lists
SIGNS, BITS = (-1, 1), (0, 1)  # the two values that patterns may have


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


class Pairs(NamedTuple):
    """Pairs of patterns as signs.

    Attributes:
        first, second: The signs.
        values: The two values of each.
    """

    first: Float[np.ndarray, "pairs inputs"]
    second: Float[np.ndarray, "pairs outputs"]
    values: tuple[TwoValues, TwoValues]


def nothing_stored(owner: str, call: str = "store(patterns)") -> NotFitted:
    """Return the error of a memory that is used before anything is stored.

    Args:
        owner: What was called.
        call: What to call first.
    """
    return NotFitted(f"{owner}: nothing is stored yet; call {call} first.")


def read_patterns(
    patterns: object, owner: str, allowed: Sequence[tuple[int, int]] = (SIGNS, BITS)
) -> tuple[Float[np.ndarray, "rows units"], TwoValues]:
    """Return patterns as signs, -1 and 1, and their own values.

    Args:
        patterns: Patterns of two values, ``(rows, ...)``: -1 and 1, 0 and 1, or False and True.
        owner: What was called, for messages.
        allowed: The pairs of values that patterns may have, the usual one first: it is that of patterns of ones only.

    Raises:
        DataError: If patterns differ in length or have other values.
        ShapeError: If there is only one axis or no pattern.
    """
    values = as_rows(patterns, owner)
    found = np.unique(values)
    for low, high in (BITS,) if values.dtype == bool else allowed:
        if np.isin(found, (low, high)).all():
            return np.where(values.reshape(len(values), -1) > 0, 1, -1).astype(np.float32), TwoValues(
                low, high, values.dtype, values.shape[1:]
            )
    listed = ", ".join(f"{value:g}" for value in found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
    expected = ", or ".join(f"{low} and {high}" for low, high in allowed)
    raise DataError(
        f"{owner}: patterns have {len(found)} different values ({listed}); expected two: {expected}. "
        "Compare numbers with a threshold first, such as x > x.mean()."
    )


def read_pairs(
    first: object,
    second: object,
    known: tuple[TwoValues, TwoValues] | None,
    owner: str,
    *,
    names: tuple[str, str] = ("left", "right patterns"),
    allowed: Sequence[tuple[int, int]] = (SIGNS, BITS),
) -> Pairs:
    """Return pairs of patterns as signs.

    Args:
        first, second: The patterns, ``(pairs, ...)``, of two values.
        known: The values of the pairs stored before. None: there are none.
        owner: What was called, for messages.
        names: What the patterns of a pair are called in messages.
        allowed: As for :func:`read_patterns`.

    Raises:
        DataError: If the numbers of patterns differ, or patterns have other values.
        ShapeError: If they do not have the shape of those stored before.
    """
    if known is None:
        (x, one), (y, other) = read_patterns(first, owner, allowed), read_patterns(second, owner, allowed)
    else:
        one, other = known
        x, y = read_probes(first, one, owner), read_probes(second, other, owner)
    if len(x) != len(y):
        raise DataError(f"{owner}: got {len(x)} {names[0]} and {len(y)} {names[1]}; they are pairs.")
    return Pairs(x, y, (one, other))


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
