"""Conversion of arrays of any type to float32: what cannot be converted, and what would be lost."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NoReturn, TypeAlias, cast

import numpy as np

from ..errors import DataError, PlasticaWarning
from ..typing import Float, Integer, Shaped

EXACT_IN_FLOAT32 = 2**24  # float32 has 24 bits of mantissa: IEEE 754, table 3.2
COARSE = 1e-5  # if the spacing of float32 exceeds this share of a column's range, the lost values are counted
LOST = 0.01  # the share of distinct numbers that may become equal without a warning
FEW = 3  # distinct numbers needed to recognize measurements
COMPLEX: type = np.complexfloating
NUMBERS: tuple[type, ...] = (int, float, np.number, np.bool_, Decimal)
HOW_TO_ENCODE = (
    "A network takes numbers: encode it first (labels: np.unique({name}, return_inverse=True)[1]), "
    "or let `plastica train FILE --target COLUMN` encode the whole table."
)

# From the position of a value to its name in messages: "x[3, 1]", or "x['age'], row 3" of a frame; the whole is ().
ValuePlace: TypeAlias = Callable[[tuple[int, ...]], str]


def to_float32(given: Shaped[np.ndarray, "*shape"], place: ValuePlace) -> Float[np.ndarray, "*shape"]:
    """Return an array as float32; the array itself if it is.

    Warns of numbers that become equal to others, since differences between them are lost without an error.

    Args:
        given: Numbers, or Python objects that are numbers; masked values, None and pandas.NA become NaN.
        place: Names a value in messages.

    Raises:
        DataError: If something is not a number.
    """
    if isinstance(given, np.ma.MaskedArray):
        return to_float32(np.ma.filled(given.astype(np.float64), np.nan), place)
    if given.dtype == np.float32:
        return given
    kind = given.dtype.kind
    if kind == "O":
        given = _from_objects(given, place)
    elif kind in "SUMmc" or given.dtype.names:
        _refuse_kind(given, place)
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            made = np.asarray(given, dtype=np.float32)
        except (TypeError, ValueError):
            raise DataError(f"{place(())} has dtype {given.dtype}, which cannot be converted to numbers.") from None
    if kind in "iu" and given.dtype.itemsize > 2 and given.size:
        _warn_inexact(given, made, place)
    elif kind == "f" and given.dtype.itemsize > 4 and given.size:
        _warn_collapsed(given, made, place)
    return made


def _from_objects(given: Shaped[np.ndarray, "*shape"], place: ValuePlace) -> Float[np.ndarray, "*shape"]:
    """Convert an object array of Python numbers; None and pandas.NA become NaN."""
    missing = {"NoneType", "NAType", "NaTType"}
    made = np.empty(given.shape, np.float64)
    for position, value in cast("Iterator[tuple[tuple[int, ...], object]]", np.ndenumerate(given)):
        if isinstance(value, NUMBERS) and not isinstance(value, COMPLEX):
            try:
                made[position] = float(cast("float", value))
            except OverflowError:
                made[position] = np.inf
        elif type(value).__name__ in missing:
            made[position] = np.nan
        elif isinstance(value, list | tuple | np.ndarray):
            raise DataError(f"{place(position)} is itself a sequence: rows of different lengths, or one list too deep.")
        else:
            _refuse(value, place(position), place(()))
    return made


def _refuse_kind(given: Shaped[np.ndarray, "*shape"], place: ValuePlace) -> NoReturn:
    if given.dtype.names:
        raise DataError(f"{place(())} is a structured array; give a frame, or one plain array of numbers.")
    if given.dtype.kind == "c":
        raise DataError(f"{place(())} contains complex numbers; give real and imaginary parts as two columns.")
    first = (0,) * given.ndim
    if given.size and given.dtype.kind in "SU":
        position = next((at for at, value in np.ndenumerate(given) if not _reads_as_number(value)), first)
        _refuse(given[position].item(), place(position), place(()))
    raise DataError(f"{place(())} has dtype {given.dtype}. " + HOW_TO_ENCODE.format(name=place(())))


def _reads_as_number(value: str | bytes) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _refuse(value: object, where: str, whole: str) -> NoReturn:
    what = "the text" if isinstance(value, str | bytes) else f"a {type(value).__name__},"
    raise DataError(f"{where} is {what} {_short(value)}, not a number. " + HOW_TO_ENCODE.format(name=whole))


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _warn_inexact(given: Integer[np.ndarray, "*shape"], made: Float[np.ndarray, "*shape"], place: ValuePlace) -> None:
    if int(given.max()) <= EXACT_IN_FLOAT32 and int(given.min()) >= -EXACT_IN_FLOAT32:
        return
    # float64 would round integers beyond 2**53 itself and so call them exact.
    changed = given.astype(np.longdouble) != made.astype(np.longdouble)
    count = int(changed.sum())
    if count:
        position = tuple(int(part) for part in np.argwhere(changed)[0])
        warnings.warn(
            f"whole numbers beyond 2**24 cannot all be represented exactly in float32, {count} here: "
            f"{place(position)} = {given[position]} becomes {made[position]:.0f}. Subtract an offset or scale first "
            "if such differences matter; an identifier is better left out.",
            PlasticaWarning,
            stacklevel=4,
        )


def _warn_collapsed(given: Float[np.ndarray, "*shape"], made: Float[np.ndarray, "*shape"], place: ValuePlace) -> None:
    """Warn if numbers are so close together relative to their size that they become equal in float32."""
    rows = given.reshape(-1, given.shape[-1]) if given.ndim > 1 else given.reshape(-1, 1)
    low, high = rows.min(0), rows.max(0)
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.maximum(np.abs(low), np.abs(high)).astype(np.float32)
        spacing = np.spacing(largest)
        coarse = np.isfinite(spacing) & (spacing > COARSE * (high - low)) & (largest > np.finfo(np.float32).tiny)
    for column in np.flatnonzero(coarse):
        before = len(np.unique(rows[:, column]))
        after = len(np.unique(made.reshape(rows.shape)[:, column]))
        if before >= FEW and after < (1 - LOST) * before:
            where = place(()) + (f"[..., {column}]" if given.ndim > 1 and given.shape[-1] > 1 else "")
            warnings.warn(
                f"{where}: {before} different numbers become {after} in float32, as networks compute. They lie "
                f"between {low[column]:.12g} and {high[column]:.12g}, where it has steps of {spacing[column]:.3g}. "
                "Subtract an offset, such as the mean, first.",
                PlasticaWarning,
                stacklevel=4,
            )


def refuse_nonfinite(
    made: Float[np.ndarray, "*shape"], given: Shaped[np.ndarray, "*shape"], name: str, place: ValuePlace
) -> None:
    """Refuse NaN and infinity.

    Args:
        made: The numbers as the network takes them.
        given: The same numbers before the conversion, in which only some of them may be infinite.
        name: The name of the array.
        place: Names a value in messages.

    Raises:
        DataError: If there are any, with their number and the first place.
    """
    if _is_finite(made):
        return
    wrong = ~np.isfinite(made)
    missing, count = int(np.isnan(made).sum()), int(wrong.sum())
    position = tuple(int(part) for part in np.argwhere(wrong)[0])
    value = given[position]
    # A number that is finite as it was given became infinite.
    if isinstance(value, NUMBERS) and not isinstance(value, Decimal) and abs(cast("float", value)) < np.inf:
        raise DataError(f"{place(position)} = {value} is beyond float32's range of 3.4e38. Scale {name} first.")
    parts = [f"{missing} NaN"] * (missing > 0) + [f"{count - missing} infinite"] * (count > missing)
    what = " and ".join(parts) + (" value" if count == 1 else " values")
    raise DataError(
        f"{name} contains {what}, the first at {place(position)}. Fill or drop such rows first; `plastica train` "
        "fills missing values automatically."
    )


def _is_finite(array: Float[np.ndarray, "*shape"]) -> bool:
    """Return whether a float array contains neither NaN nor infinity, in one pass without a copy."""
    # A sum is finite only if every number is, and needs no array of truth values. It may overflow though all numbers
    # are finite, so that only a finite sum decides.
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum(dtype=array.dtype)
    return bool(np.isfinite(total)) or bool(np.isfinite(array).all())
