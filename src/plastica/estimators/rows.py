"""The rows of an estimator: inputs, targets and weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..data.table import Table

ROWS_OF_A_STEP = 4  # rows are merged if their total weight is at most this many full steps


class EstimatorRows(NamedTuple):
    """Training rows: numbers ``(rows, columns)`` or a table, targets, and weights or None."""

    x: np.ndarray | Table
    y: np.ndarray
    weight: np.ndarray | None

    def take(self, rows: np.ndarray) -> EstimatorRows:
        """Return some of the rows."""
        x = self.x.take(rows) if isinstance(self.x, Table) else self.x[rows]
        return EstimatorRows(x, self.y[rows], None if self.weight is None else self.weight[rows])


def settle(examples: EstimatorRows, step: int) -> EstimatorRows:
    """Leave out rows with weight 0, and merge equal rows if all rows fit into one step.

    A step then sums over all rows, so that their order does not matter, nor whether a row occurs twice or has weight 2.
    They are converted to one canonical form, so that predictions are equal to the last bit.

    Args:
        examples: The rows.
        step: The number of rows in a step.
    """
    if examples.weight is not None and not examples.weight.all():
        examples = examples.take(np.flatnonzero(examples.weight))
    x, y, weight = examples
    total = len(y) if weight is None else weight.sum()
    if isinstance(x, Table) or total > ROWS_OF_A_STEP * step:
        return examples
    both = np.ascontiguousarray(np.column_stack([x, y]).astype(np.float64) + 0.0)  # -0.0 becomes 0.0
    keys = both.view(np.dtype((np.void, both.itemsize * both.shape[1])))[:, 0]
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    if len(first) > step:
        return examples
    return EstimatorRows(x[first], y[first], np.bincount(places, weight))


def relative(weight: np.ndarray | None, mean: float) -> np.ndarray | None:
    """Return weights with mean 1 over the training rows; None if all are equal."""
    if weight is None or (weight == weight[0]).all():
        return None
    return (weight / mean).astype(np.float32)
