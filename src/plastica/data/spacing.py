"""Rows spaced evenly, where all of them would take too long."""

from __future__ import annotations

import numpy as np

from ..typing import Int


def spaced(rows: int, most: int) -> Int[np.ndarray, "rows"]:
    """Return at most ``most`` of ``rows`` row numbers, spaced evenly.

    Example:
        >>> spaced(9, 3).tolist(), spaced(2, 3).tolist()
        ([0, 4, 8], [0, 1])
    """
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).round().astype(np.int64))
