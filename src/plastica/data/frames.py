"""Conversion of data frames, dictionaries and arrays in memory to tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from ..errors import DataError
from ..notes import Note
from ..typing import Shaped, is_array
from .table import Table, distinct_names, show
from .values import MOST_EXACT, as_categories, is_declared_category

if TYPE_CHECKING:
    import polars as pl
    from narwhals.typing import IntoFrame, IntoSeries

    from .frame_arrays import AnyFrame, AnySeries

# Unsupported as values of cells: such a column is left out with a note.
NESTED = (list, tuple, dict, set, bytes, bytearray, complex, np.ndarray)
PLAIN = ("Boolean", "Date", "Datetime")
MOST_INTEGER = 2**64  # polars reads Python integers below this limit as one type


def from_memory(data: object) -> Table:
    """Return a table from a pandas, polars or pyarrow data frame (any narwhals supports), a dict, or a 2-D array."""
    if is_array(data):
        return _from_array(data)
    if isinstance(data, Mapping):
        columns = cast("Mapping[object, object]", data)
        return _table(list(columns), [_column(show(name), values) for name, values in columns.items()])
    frame, names, notes = _frame(data)
    columns = [_from_narwhals(frame[:, number]) for number in range(len(names))]
    return _table(names, columns, notes)


class _Renamed(Protocol):
    """A pandas data frame, of which narwhals does not take columns with equal names."""

    columns: Iterable[object]

    def set_axis(self, labels: list[str], /, *, axis: int) -> IntoFrame: ...


def _frame(data: object) -> tuple[AnyFrame, list[str], list[Note]]:
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    names: list[str] = []
    notes: list[Note] = []
    try:
        read = nw.from_native(cast("IntoFrame", data))
    except DuplicateError:
        doubled = cast("_Renamed", data)
        names, notes = distinct_names([str(name) for name in doubled.columns])
        read = nw.from_native(doubled.set_axis(names, axis=1))
    except TypeError:
        raise DataError(
            f"a {type(data).__name__} is not a table; give the path of a file, a pandas, polars or pyarrow frame, a "
            "dict of columns or a two-dimensional array."
        ) from None
    frame = cast("AnyFrame", read.collect() if isinstance(read, nw.LazyFrame) else read)
    if not names:
        names, notes = distinct_names([str(name) for name in frame.columns])
    return frame, names, notes


def plain(values: pl.Series, category: bool = False) -> pl.Series:
    """Return durations as seconds, times of day as text, and categorical types as one type; others unchanged.

    Args:
        values: A column.
        category: Whether it contains categories, although its type does not show this.
    """
    import polars as pl

    if category or is_declared_category(values):
        return as_categories(values)
    if values.dtype == pl.Duration:
        return values.dt.total_microseconds() / 1e6
    return values.cast(pl.String) if values.dtype == pl.Time else values


def _table(names: Sequence[object], columns: list[pl.Series], notes: list[Note] | None = None) -> Table:
    if not columns:
        raise DataError("the table has no columns.")
    lengths = {len(values) for values in columns}
    if len(lengths) > 1:
        first, other = (
            next(number for number, values in enumerate(columns) if len(values) != len(columns[0])),
            columns[0],
        )
        raise DataError(
            f"the columns are of different lengths: {show(names[0])} has {len(other)} values, "
            f"{show(names[first])} has {len(columns[first])}."
        )
    if not lengths.pop():
        raise DataError("the table has columns and no rows.")
    distinct, renamed = distinct_names([str(name) for name in names])
    named = {name: plain(values).alias(name) for name, values in zip(distinct, columns, strict=True)}
    return Table(named, "the table", tuple((notes or []) + renamed), np.arange(len(columns[0])), "row index")


def _from_array(array: Shaped[np.ndarray, "*shape"]) -> Table:
    if array.dtype.names:
        return _table(list(array.dtype.names), [_column(name, array[name]) for name in array.dtype.names])
    if array.ndim != 2:
        raise DataError(f"got an array of shape {array.shape}; a table is two-dimensional (rows, columns).")
    names = [f"column_{number}" for number in range(1, array.shape[1] + 1)]
    return _table(names, [_column(name, array[:, number]) for number, name in enumerate(names)])


def _from_narwhals(series: AnySeries) -> pl.Series:
    """Convert through NumPy and lists, so that pandas data frames do not need pyarrow."""
    import polars as pl

    if isinstance(native := series.to_native(), pl.Series):
        return native
    kind = str(series.dtype)
    if kind.startswith(("Categorical", "Enum")):
        return as_categories(_as_series(_list(series)))
    if series.dtype.is_numeric():
        return _numbers(series)
    if kind.startswith("String"):
        return pl.Series(_list(series), dtype=pl.String, strict=False)
    return pl.Series(_list(series)) if kind.startswith(PLAIN) else _from_objects(_list(series))


def _numbers(series: AnySeries) -> pl.Series:
    import polars as pl

    if str(series.dtype).startswith("Decimal"):
        return pl.Series(_list(series))
    if series.is_null().any():
        return pl.Series([None if _is_nan(value) else value for value in _list(series)], strict=False)
    return pl.Series(np.ascontiguousarray(series.to_numpy()))


def _list(series: AnySeries) -> list[object]:
    """Return the values, with None for every kind of missing value."""
    missing = series.is_null().to_list()
    return [None if gone else value for value, gone in zip(series.to_list(), missing, strict=True)]


def _column(name: str, given: object) -> pl.Series:
    import polars as pl

    if isinstance(given, pl.Series):
        return given
    if is_array(given):
        return _from_array_column(name, given)
    if not isinstance(given, list | tuple | range):
        import narwhals as nw

        try:
            return _from_narwhals(nw.from_native(_as_native(given), series_only=True))
        except TypeError:
            raise DataError(f"column {name} is a {type(given).__name__}; give a list, an array or a series.") from None
    return _from_objects(list(cast("list[object]", given)))


def _from_array_column(name: str, values: Shaped[np.ndarray, "*shape"]) -> pl.Series:
    import polars as pl

    if values.ndim != 1:
        raise DataError(f"column {name} has shape {values.shape}; a column is one-dimensional.")
    if values.dtype.kind in "biuf":
        # polars takes only contiguous arrays in the byte order of the machine.
        return pl.Series(np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False)))
    if values.dtype.kind == "M":
        return pl.Series(values.astype("datetime64[us]"))
    if values.dtype.kind == "m":
        return pl.Series(values.astype("timedelta64[us]"))
    return _from_objects(list(values))


def _as_native(values: object) -> IntoSeries:
    """Return a pandas array (Categorical) as a series, and a pyarrow array (dictionary) as a chunked array."""
    kinds = {(kind.__module__.split(".")[0], kind.__name__) for kind in type(values).__mro__}
    if ("pandas", "ExtensionArray") in kinds:
        import pandas as pd  # pyright: ignore[reportMissingTypeStubs]

        return pd.Series(values)
    if ("pyarrow", "Array") in kinds:
        import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

        return pa.chunked_array([values])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return cast("IntoSeries", values)


def _as_series(values: list[object]) -> pl.Series:
    """Return the values of categories: numbers and text unchanged, types unknown to polars (intervals) as text."""
    import polars as pl

    made = _from_objects(values)
    return made if made.dtype.is_numeric() or made.dtype in (pl.String(), pl.Boolean()) else made.cast(pl.String)


def _from_objects(values: list[object]) -> pl.Series:
    """Return Python objects as a series: all numbers, all Booleans or all dates unchanged, mixed types as text."""
    import polars as pl

    values = [None if type(value).__name__ in {"NoneType", "NAType", "NaTType"} else value for value in values]
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {str}:
        return pl.Series(values, dtype=pl.String)
    if kinds <= {int, float}:
        return _python_numbers(cast("list[float | None]", values), kinds)
    if {kind.__name__ for kind in kinds} <= {"timedelta", "Timedelta"}:
        return pl.Series(values, dtype=pl.Duration("us"))
    if any(issubclass(kind, NESTED) for kind in kinds):
        return pl.Series(values, dtype=pl.Object)
    if len(kinds) == 1 and {kind.__name__ for kind in kinds} <= {"bool", "date", "datetime", "Timestamp"}:
        return pl.Series(values)
    return pl.Series([None if _is_nan(value) else str(value) for value in values], dtype=pl.String)


def _python_numbers(values: list[float | None], kinds: set[type]) -> pl.Series:
    """Return doubles; if they would round integers, integers, or text if polars has no type for them."""
    import polars as pl

    largest = max((abs(value) for value in values if value is not None), default=0) if kinds == {int} else 0
    if largest < MOST_EXACT:
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    if largest < MOST_INTEGER:
        return pl.Series(values, strict=False)
    return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)


def _is_nan(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
