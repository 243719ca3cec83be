"""Integers that a double would round: codes, which arrays of numbers cannot represent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data.table import show
from ..data.values import MOST_EXACT
from ..errors import DataError


def holds_codes(X: object) -> bool:
    """Return whether a data frame contains integers that doubles cannot distinguish."""
    return next(_found(X), None) is not None


def refuse_codes(X: object) -> None:
    """Raise an error for integers that doubles cannot distinguish.

    Raises:
        DataError: If there are any; with column and value.
    """
    for name, value in _found(X):
        raise DataError(
            f"X, column {show(name)}: {value} is a whole number beyond 2**53, which would be rounded. Pass codes as "
            "text in a frame, or quantities as floats."
        )


def _found(X: object) -> Iterator[tuple[str, int]]:
    """Yield the name and a value of each column with such integers."""
    import narwhals as nw
    from narwhals import dependencies

    if isinstance(X, np.ndarray):
        columns = ((f"x{place}", X[:, place]) for place in range(X.shape[1])) if X.ndim == 2 else iter(())
        columns = columns if X.dtype.kind in "iu" else iter(())
    elif dependencies.is_into_dataframe(X):
        frame = nw.from_native(X, eager_only=True)
        whole = [name for name, kind in frame.schema.items() if kind.is_integer()]
        columns = ((str(name), frame[name].drop_nulls().to_numpy()) for name in whole)
    else:
        columns = iter(())
    for name, values in columns:
        # Most columns have none that large, and comparing Python integers one by one is slow.
        large = values[np.abs(values.astype(np.float64)) >= MOST_EXACT] if len(values) else values
        value = next((int(value) for value in large if int(value) != int(float(value))), None)
        if value is not None:
            yield name, value
