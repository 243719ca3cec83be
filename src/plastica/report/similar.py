"""Training rows that are similar to a row, and which targets they have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..checks.leaks import features_by_column
from . import formats
from .importance import some
from .wording import plain, say

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork
    from .exemplary import Exemplary

MOST_ROWS, NEAREST = 5_000, 10


def nearest_rows(prepared: Prepared, row: int, names: Sequence[str]) -> np.ndarray:
    """Return the numbers of the ten training rows nearest to a row, the nearest first.

    The distance is that of encoded features in standard deviations of the training rows, in which each column weighs
    the same.

    Args:
        prepared: The table; at most 5,000 training rows are looked at.
        row: The number of the row, which is left out.
        names: The columns to compare.
    """
    train = prepared.split.train[some(len(prepared.split.train), MOST_ROWS)]
    train = train[train != row]
    x = prepared.x[train].astype(np.float64)
    spread = x.std(0)
    far = np.square((x - prepared.x[row]) / np.where(spread > 0, spread, 1.0))
    features = features_by_column(prepared)
    distance = np.sum([far[:, features[name]].mean(1) for name in names if name in features], axis=0)
    return train[np.argsort(distance, kind="stable")[:NEAREST]]


def similar_rows(network: TableNetwork, prepared: Prepared, row: Exemplary, names: Sequence[str]) -> Markup | None:
    """Return in words which targets the most similar training rows have; None if there are fewer than ten."""
    found = nearest_rows(prepared, row.row, names)
    if len(found) < NEAREST:
        return None
    y = prepared.y[found]
    if network.task == "regression":
        values = prepared.target.decode(y).reshape(len(found), -1)[:, row.output]
        low, high, mean = (formats.number(float(each)) for each in (values.min(), values.max(), values.mean()))
        return say("similar_number", rows=NEAREST, low=low, high=high, mean=mean)
    label = plain(network.target.classes[row.output], 60)
    same = int((y[:, row.output] > 0.5).sum() if network.task == "multilabel" else (y == row.output).sum())
    return say("similar_class", rows=NEAREST, same=same, label=label)
