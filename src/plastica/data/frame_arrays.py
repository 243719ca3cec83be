"""Data frames and series of other libraries as float32 arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ..errors import DataError, caution
from ..typing import Float
from .float32 import HOW_TO_ENCODE, refuse_nonfinite, to_float32

if TYPE_CHECKING:
    import narwhals as nw
    from narwhals.typing import IntoFrame

# Frames and a column of one, whichever library they are from.
AnyFrame: TypeAlias = "nw.DataFrame[Any]"
AnyLazyFrame: TypeAlias = "nw.LazyFrame[Any]"
AnySeries: TypeAlias = "nw.Series[Any]"


def is_frame(x: object) -> bool:
    """Decide by the module of the type, so that NumPy arrays, lists and JAX arrays cause no imports."""
    homes = {part.__module__.partition(".")[0] for part in type(x).__mro__}
    return bool(homes & {"pandas", "polars", "pyarrow", "narwhals", "modin", "cudf", "duckdb"})


def from_frame(x: object, name: str, allow_nonfinite: bool) -> Float[np.ndarray, "rows *columns"] | None:
    """Return a frame or a series as an array; None for what narwhals does not read, such as an index.

    Raises:
        DataError: If a column has other values than numbers, or NaN or infinity that are not allowed.
    """
    import narwhals as nw
    from narwhals.exceptions import NarwhalsError

    try:
        read = cast("AnyFrame | AnyLazyFrame | AnySeries", nw.from_native(cast("IntoFrame", x), allow_series=True))
        frame = read.collect() if isinstance(read, nw.LazyFrame) else read
    except (TypeError, NarwhalsError):  # an index, or duplicate column names
        _say_doubled(name, getattr(x, "columns", ()))
        return None
    if isinstance(frame, nw.Series):
        return _from_series(frame, name, name, allow_nonfinite)
    _say_doubled(name, frame.columns)
    made = np.empty(frame.shape, np.float32)
    for number, column in enumerate(frame.columns):
        series = frame[:, number]
        made[:, number] = _from_series(series, name, f"{name}[{column!r}]", allow_nonfinite)
    return made


def _say_doubled(name: str, columns: Iterable[object]) -> None:
    counts = Counter(map(str, columns))
    for column, count in counts.items():
        if count > 1:
            times = "two" if count == 2 else count
            caution(
                f"{name} has {times} columns called {column!r}; all of them are used, by position. Rename or drop "
                "some if only one is meant."
            )
            return


def _from_series(series: AnySeries, name: str, path: str, allow_nonfinite: bool) -> Float[np.ndarray, "rows"]:
    def place(position: tuple[int, ...]) -> str:
        return f"{path}, row {position[0]}" if position else path

    dtype = series.dtype
    textual = str(dtype).startswith(("String", "Categorical", "Enum"))
    if not (dtype.is_numeric() or textual or str(dtype) in {"Boolean", "Object", "Unknown"}):
        raise DataError(f"{path} has dtype {dtype}. " + HOW_TO_ENCODE.format(name=path))
    given = np.asarray(series.to_list(), dtype=object) if _nullable(series) else series.to_numpy()
    made = to_float32(given, place)
    if not allow_nonfinite:
        refuse_nonfinite(made, given, path, place)
    return made


def _nullable(series: AnySeries) -> bool:
    return bool(series.is_null().any()) and not series.dtype.is_float()
