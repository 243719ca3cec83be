"""The rows of an estimator: inputs, targets and weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..data.table import Table

ROWS_OF_A_STEP = 4  # rows are merged where they weigh no more than so many full steps


class EstimatorRows(NamedTuple):
    """Rows to learn from: numbers ``(rows, columns)`` or a table, targets, and weights or None."""

    x: np.ndarray | Table
    y: np.ndarray
    weight: np.ndarray | None

    def take(self, rows: np.ndarray) -> EstimatorRows:
        """Return some of the rows."""
        x = self.x.take(rows) if isinstance(self.x, Table) else self.x[rows]
        return EstimatorRows(x, self.y[rows], None if self.weight is None else self.weight[rows])


def settle(examples: EstimatorRows, step: int) -> EstimatorRows:
    """Leave rows without weight out, and merge equal rows where one step takes all of them.

    A step then sums over rows, and it does not matter in which order they stand or whether one stands twice or
    weighs 2: they are brought into one form, so that the answers are the same to the last bit.

    Args:
        examples: Rows as they were given.
        step: How many rows a step takes.
    """
    if examples.weight is not None and not examples.weight.all():
        examples = examples.take(np.flatnonzero(examples.weight))
    x, y, weight = examples
    total = len(y) if weight is None else weight.sum()
    if isinstance(x, Table) or total > ROWS_OF_A_STEP * step:
        return examples
    both = np.ascontiguousarray(np.column_stack([x, y]).astype(np.float64) + 0.0)  # -0.0 is 0.0
    keys = both.view(np.dtype((np.void, both.itemsize * both.shape[1])))[:, 0]
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    if len(first) > step:
        return examples
    return EstimatorRows(x[first], y[first], np.bincount(places, weight))


def relative(weight: np.ndarray | None, mean: float) -> np.ndarray | None:
    """Return weights whose mean over the training rows is 1; None where all are the same."""
    if weight is None or (weight == weight[0]).all():
        return None
    return (weight / mean).astype(np.float32)
