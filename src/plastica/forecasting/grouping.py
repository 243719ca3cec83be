"""The column that tells series of different lengths apart, where too few time stamps repeat to be sure of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.columns import Column
from ..data.series import KEYS, ROWS_OF_A_KEY, codes_of
from ..data.table import Table
from ..typing import Float

SOME_REPEATED = 0.05  # of the rows repeat a time stamp, so that there may be several series
FEW_REPEATED = 0.01  # of the rows may repeat one within a series
REGULAR = 0.9  # of the rows follow that before them in their series by one step


def regular_group(table: Table, columns: Sequence[Column], stamps: Float[np.ndarray, "rows"]) -> str:
    """Return the column within whose values rows follow each other step by step; empty if there is none.

    Shops that opened in different years share few of their days. A column of words that merely differs between rows of
    one time stamp, as the weather of several sensors, is none: its rows do not follow each other.

    Args:
        table: The rows.
        columns: The columns that may be it.
        stamps: The time stamp of each row, NaN where there is none.
    """
    known = np.flatnonzero(np.isfinite(stamps))
    distinct = np.unique(stamps[known])
    if len(distinct) < 3 or len(known) - len(distinct) < SOME_REPEATED * len(known):
        return ""
    steps, counts = np.unique(np.diff(distinct), return_counts=True)
    for column in sorted((each for each in columns if each.kind in KEYS), key=lambda each: each.distinct):
        codes = codes_of(table.column(column.name), len(stamps) / ROWS_OF_A_KEY)
        if codes is None:
            continue
        order = known[np.lexsort((stamps[known], codes[known]))]
        apart = np.diff(stamps[order])[np.diff(codes[order]) == 0]
        follows, repeats = apart == steps[counts.argmax()], apart == 0
        if len(apart) and follows.mean() >= REGULAR and repeats.mean() <= FEW_REPEATED:
            return column.name
    return ""
