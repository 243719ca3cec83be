"""Conversion of array-like data to float32 NumPy arrays, with errors that name the first invalid value."""

# What is converted may be of any library and type.
# pyright: standard
from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from ..errors import DataError, PlasticaWarning, caution

EXACT_IN_FLOAT32 = 2**24  # float32 has 24 bits of mantissa: IEEE 754, table 3.2
COARSE = 1e-5  # if the spacing of float32 exceeds this share of a column's range, the lost values are counted
LOST = 0.01  # the share of distinct numbers that may become equal without a warning
FEW = 3  # distinct numbers needed to recognize measurements
NUMBERS = (int, float, np.number, np.bool_, Decimal)
HOW_TO_ENCODE = (
    "A network takes numbers: encode it first (labels: np.unique({name}, return_inverse=True)[1]), "
    "or let `plastica train FILE --target COLUMN` encode the whole table."
)


def to_array(x: Any, name: str = "x", *, allow_nonfinite: bool = False) -> np.ndarray:
    """Return ``x`` as a float32 array; a float32 NumPy array is returned without a copy.

    Use it for all data that users pass to a network. For NumPy arrays, the cost is one pass for the check of finite
    values, and nothing is imported.

    Args:
        x: A NumPy or JAX array, numbers, (nested) lists, or a pandas, polars or pyarrow data frame or series.
        name: The name used in error messages.
        allow_nonfinite: Whether NaN and infinity are allowed.

    Raises:
        DataError: If there are text, dates or objects, rows of different lengths, NaN or infinity (with their count and
            the first position), or a number beyond the range of float32.

    Example:
        >>> to_array([[1, 2], [3, 4]]).dtype
        dtype('float32')
    """
    if not isinstance(x, np.ndarray) and _is_frame(x):
        return _from_frame(x, name, allow_nonfinite)
    given = x if isinstance(x, np.ndarray) else _as_numpy(x, name)
    made = _to_float32(given, lambda position: _place(name, position))
    if not allow_nonfinite:
        _refuse_nonfinite(made, given, name, lambda position: _place(name, position))
    return made


def to_compact_array(x: Any, name: str = "x", *, tokens: bool = False, double: bool = False) -> np.ndarray:
    """Return ``x`` as :func:`to_array` does, but keep narrow types.

    Integers of one or two bytes, such as the pixels of images, and half-precision floats are exact in float32; the
    compiled program converts them batch by batch. Booleans become bytes.

    Args:
        x: As for :func:`to_array`.
        name: The name used in error messages.
        tokens: Whether wider integers remain integers, for token ids.
        double: Whether float64 remains float64.

    Raises:
        DataError: As for :func:`to_array`.

    Example:
        >>> to_compact_array(np.zeros((2, 3), np.uint8)).dtype, to_compact_array([[1, 2]]).dtype
        (dtype('uint8'), dtype('float32'))
    """
    kind = getattr(x, "dtype", None)
    if kind is None or _is_frame(x) or isinstance(x, np.ma.MaskedArray):
        return to_array(x, name)
    given = x if isinstance(x, np.ndarray) else _as_numpy(x, name)
    kind, size = given.dtype.kind, given.dtype.itemsize
    if kind == "b":
        return given.view(np.uint8)
    if kind in "iu" and (size <= 2 or (tokens and _fits_int32(given))):
        return given if size <= 2 else given.astype(np.int32, copy=False)
    if (kind, size) == ("f", 2) or (double and (kind, size) == ("f", 8)):
        _refuse_nonfinite(given, given, name, lambda position: _place(name, position))
        return given
    return to_array(given, name)


def _fits_int32(given: np.ndarray) -> bool:
    bounds = np.iinfo(np.int32)
    return not given.size or (int(given.min()) >= bounds.min and int(given.max()) <= bounds.max)


def is_finite(array: np.ndarray) -> bool:
    """Return whether a float array contains neither NaN nor infinity, in one pass without a copy."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum(dtype=array.dtype)
    return bool(np.isfinite(total)) or bool(np.isfinite(array).all())


def _place(name: str, position: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, position))}]" if position else name


def _as_numpy(x: Any, name: str) -> np.ndarray:
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(x):
        raise DataError(f"{name} is a sparse matrix; networks take dense arrays. Use {name}.toarray().")
    if isinstance(x, dict | set | str | bytes):
        raise DataError(f"{name} is a {type(x).__name__}; give an array, a list of numbers or a frame.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = np.asarray(x)
    except Exception as problem:
        raise DataError(_ragged(x, name) or f"{name} cannot become an array: {problem}.") from None
    if made.dtype == object and made.ndim == 0 and not isinstance(x, NUMBERS):
        raise DataError(f"{name} is a {type(x).__name__}; give an array, a list of numbers or a frame.")
    return made


def _ragged(x: Any, name: str) -> str:
    """Return a message that names the first row whose length differs from the row before, if there is one."""
    if not isinstance(x, list | tuple):
        return ""
    shapes: list[tuple[int, ...]] = []
    for number, row in enumerate(x):
        try:
            shapes.append(np.shape(row))
        except ValueError:
            return _ragged(row, f"{name}[{number}]")
        if shapes[number] != shapes[0]:
            return (
                f"{name} has rows of different shapes: {name}[0] has {_size(shapes[0])}, "
                f"{name}[{number}] has {_size(shapes[number])}. Make them equally long (pad or cut)."
            )
    return ""


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} values" if len(shape) == 1 else f"shape {shape}"


def _to_float32(given: np.ndarray, place: Any) -> np.ndarray:
    if isinstance(given, np.ma.MaskedArray):
        return _to_float32(np.ma.filled(given.astype(np.float64), np.nan), place)
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


def _from_objects(given: np.ndarray, place: Any) -> np.ndarray:
    """Convert an object array of Python numbers; None and pandas.NA become NaN."""
    missing = {"NoneType", "NAType", "NaTType"}
    made = np.empty(given.shape, np.float64)
    for position, value in np.ndenumerate(given):
        if isinstance(value, NUMBERS) and not isinstance(value, np.complexfloating):
            try:
                made[position] = float(value)
            except OverflowError:
                made[position] = np.inf
        elif type(value).__name__ in missing:
            made[position] = np.nan
        elif isinstance(value, list | tuple | np.ndarray):
            raise DataError(f"{place(position)} is itself a sequence: rows of different lengths, or one list too deep.")
        else:
            _refuse(value, place(position), place(()))
    return made


def _refuse_kind(given: np.ndarray, place: Any) -> None:
    if given.dtype.names:
        raise DataError(f"{place(())} is a structured array; give a frame, or one plain array of numbers.")
    if given.dtype.kind == "c":
        raise DataError(f"{place(())} contains complex numbers; give real and imaginary parts as two columns.")
    first = (0,) * given.ndim
    if given.size and given.dtype.kind in "SU":
        position = next((at for at, value in np.ndenumerate(given) if not _reads_as_number(value)), first)
        _refuse(given[position].item(), place(position), place(()))
    raise DataError(f"{place(())} has dtype {given.dtype}. " + HOW_TO_ENCODE.format(name=place(())))


def _reads_as_number(value: Any) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _refuse(value: Any, where: str, whole: str) -> None:
    what = "the text" if isinstance(value, str | bytes) else f"a {type(value).__name__},"
    raise DataError(f"{where} is {what} {_short(value)}, not a number. " + HOW_TO_ENCODE.format(name=whole))


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _warn_inexact(given: np.ndarray, made: np.ndarray, place: Any) -> None:
    if int(given.max()) <= EXACT_IN_FLOAT32 and int(given.min()) >= -EXACT_IN_FLOAT32:
        return
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


def _warn_collapsed(given: np.ndarray, made: np.ndarray, place: Any) -> None:
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


def _refuse_nonfinite(made: np.ndarray, given: np.ndarray, name: str, place: Any) -> None:
    if is_finite(made):
        return
    wrong = ~np.isfinite(made)
    missing, count = int(np.isnan(made).sum()), int(wrong.sum())
    position = tuple(int(part) for part in np.argwhere(wrong)[0])
    value = given[position]
    if isinstance(value, NUMBERS) and not isinstance(value, Decimal) and abs(value) < np.inf:
        raise DataError(f"{place(position)} = {value} is beyond float32's range of 3.4e38. Scale {name} first.")
    parts = [f"{missing} NaN"] * (missing > 0) + [f"{count - missing} infinite"] * (count > missing)
    what = " and ".join(parts) + (" value" if count == 1 else " values")
    raise DataError(
        f"{name} contains {what}, the first at {place(position)}. Fill or drop such rows first; `plastica train` "
        "fills missing values automatically."
    )


def _is_frame(x: Any) -> bool:
    """Decide by the module of the type, so that NumPy arrays, lists and JAX arrays cause no imports."""
    homes = {part.__module__.partition(".")[0] for part in type(x).__mro__}
    return bool(homes & {"pandas", "polars", "pyarrow", "narwhals", "modin", "cudf", "duckdb"})


def _from_frame(x: Any, name: str, allow_nonfinite: bool) -> np.ndarray:
    import narwhals as nw
    from narwhals.exceptions import NarwhalsError

    try:
        frame = nw.from_native(x, allow_series=True)
        if isinstance(frame, nw.LazyFrame):
            frame = frame.collect()
    except (TypeError, NarwhalsError):  # an index, or duplicate column names
        _say_doubled(name, getattr(x, "columns", ()))
        return to_array(np.asarray(x), name, allow_nonfinite=allow_nonfinite)
    if isinstance(frame, nw.Series):
        return _from_series(frame, name, name, allow_nonfinite)
    _say_doubled(name, frame.columns)
    made = np.empty(frame.shape, np.float32)
    for number, column in enumerate(frame.columns):
        series = frame[:, number]
        made[:, number] = _from_series(series, name, f"{name}[{column!r}]", allow_nonfinite)
    return made


def _say_doubled(name: str, columns: Iterable[Any]) -> None:
    counts = Counter(map(str, columns))
    for column, count in counts.items():
        if count > 1:
            times = "two" if count == 2 else count
            caution(
                f"{name} has {times} columns called {column!r}; all of them are used, by position. Rename or drop "
                "some if only one is meant."
            )
            return


def _from_series(series: Any, name: str, path: str, allow_nonfinite: bool) -> np.ndarray:
    def place(position: tuple[int, ...]) -> str:
        return f"{path}, row {position[0]}" if position else path

    dtype = series.dtype
    textual = str(dtype).startswith(("String", "Categorical", "Enum"))
    if not (dtype.is_numeric() or textual or str(dtype) in {"Boolean", "Object", "Unknown"}):
        raise DataError(f"{path} has dtype {dtype}. " + HOW_TO_ENCODE.format(name=path))
    given = np.asarray(series.to_list(), dtype=object) if _nullable(series) else series.to_numpy()
    made = _to_float32(given, place)
    if not allow_nonfinite:
        _refuse_nonfinite(made, given, path, place)
    return made


def _nullable(series: Any) -> bool:
    return bool(series.is_null().any()) and not series.dtype.is_float()
