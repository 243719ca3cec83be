"""Ranks of numbers."""

from __future__ import annotations

import numpy as np

from ..typing import Float


def ranks(values: Float[np.ndarray, "rows *columns"]) -> Float[np.ndarray, "rows *columns"]:
    """Return the ranks along the first axis, from 1; equal numbers share the mean of their ranks, NaN has rank NaN.

    This is ``scipy.stats.rankdata(values, axis=0, nan_policy="omit")``, without half a second for importing it.

    Args:
        values: Numbers, ``(rows,)`` or ``(rows, columns)``.

    Example:
        >>> ranks(np.array([0.5, 0.1, 0.5, np.nan])).tolist()
        [2.5, 1.0, 2.5, nan]
    """
    if values.ndim == 1:
        return _ranks(np.asarray(values))
    return np.stack([_ranks(column) for column in values.T], axis=1) if values.size else np.zeros(values.shape)


def _ranks(column: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows"]:
    order = np.argsort(column, kind="stable")  # NaN comes last
    ascending = column[order]
    count = len(ascending) - int(np.isnan(ascending).sum())
    found = np.full(len(column), np.nan)
    if not count:
        return found
    ends = np.flatnonzero(np.concatenate([[True], ascending[1:count] != ascending[: count - 1], [True]]))
    # Equal numbers at the places a to b - 1 have the ranks a + 1 to b.
    found[order[:count]] = np.repeat((ends[:-1] + ends[1:] + 1) / 2, np.diff(ends))
    return found
