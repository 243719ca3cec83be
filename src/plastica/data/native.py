"""Data frames of the user (pandas, polars or pyarrow): their column names, and new ones of the same type."""

from __future__ import annotations

from typing import Any

import numpy as np


def column_names(x: object) -> list[str]:
    """Return the column names of a data frame; an empty list for other objects."""
    import narwhals

    frame = narwhals.from_native(x, eager_only=True, pass_through=True)
    return list(map(str, frame.columns)) if isinstance(frame, narwhals.DataFrame) else []


def like(x: object, values: np.ndarray) -> Any:
    """Return values ``(rows, columns)`` as a data frame like ``x``; unchanged if ``x`` is not a data frame."""
    import narwhals

    frame = narwhals.from_native(x, eager_only=True, pass_through=True)
    if not isinstance(frame, narwhals.DataFrame):
        return values
    return narwhals.from_dict(dict(zip(frame.columns, values.T, strict=True)), backend=frame.implementation).to_native()
