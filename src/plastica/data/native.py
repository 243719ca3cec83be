"""A person's own frames, pandas, polars or pyarrow: their columns' names, and new ones of their kind."""

from __future__ import annotations

from typing import Any

import numpy as np


def column_names(x: Any) -> list[str]:
    """Return the names of a frame's columns; none for anything else."""
    import narwhals

    frame = narwhals.from_native(x, eager_only=True, pass_through=True)
    return list(map(str, frame.columns)) if isinstance(frame, narwhals.DataFrame) else []


def like(x: Any, values: np.ndarray) -> Any:
    """Return values ``(rows, columns)`` as a frame like ``x``, with its columns; as they are where ``x`` is none."""
    import narwhals

    frame = narwhals.from_native(x, eager_only=True, pass_through=True)
    if not isinstance(frame, narwhals.DataFrame):
        return values
    return narwhals.from_dict(dict(zip(frame.columns, values.T, strict=True)), backend=frame.implementation).to_native()
