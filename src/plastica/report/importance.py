"""What the network leans on: how much worse it gets when a column's values are dealt anew among the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..estimators.leaks import features_by_column
from .judged import HeldOut, decide, row_losses

if TYPE_CHECKING:
    from ..estimators import TableNetwork
    from ..estimators.preparing import Prepared

MOST_ROWS, MOST_COLUMNS, MOST_SCREENED, REPEATS = 2_000, 50, 1_000, 5
SCREENING_ROWS = 300
MOST_WORK = 100_000_000_000  # rows times parameters of the first look, so that a very wide table takes seconds too
FEWEST_ROWS = 256  # a handful of rows takes as long as these


@dataclass(frozen=True)
class Weight:
    """How much wronger the network is without a column's order, with its standard error over the repeats."""

    column: str
    worse: float
    error: float


@dataclass(frozen=True)
class Importance:
    """The columns, the weightiest first; on how many rows; how many columns were left out after a first look."""

    weights: tuple[Weight, ...]
    rows: int
    repeats: int
    unseen: int


def measure(network: TableNetwork, prepared: Prepared, judged: HeldOut) -> Importance:
    """Permute each column on at most 2,000 held-out rows, five times; of many columns the 50 weightiest.

    All features of a column move together, so that a category or a date stays what it is.

    Reference:
        Breiman (2001), Random forests, section 10; Fisher, Rudin, Dominici (2019), All models are wrong, but
        many are useful, section 3.
    """
    columns = features_by_column(prepared)
    rows = _some(len(judged.rows), MOST_ROWS)
    names = list(columns)[: _screened(network.model.count_params(), len(judged.rows))]
    if len(names) > MOST_COLUMNS:
        looked = _some(len(judged.rows), SCREENING_ROWS)
        first = {name: _worse(network, prepared, judged, looked, columns[name], 1)[0] for name in names}
        names = sorted(names, key=lambda name: -first[name])[:MOST_COLUMNS]
    found = []
    for name in names:
        worse = _worse(network, prepared, judged, rows, columns[name], REPEATS)
        found.append(Weight(name, float(worse.mean()), float(worse.std(ddof=1) / np.sqrt(REPEATS))))
    found.sort(key=lambda weight: -weight.worse)
    return Importance(tuple(found), len(rows), REPEATS, len(columns) - len(names))


def _screened(parameters: int, rows: int) -> int:
    """Return how many columns have a first look: a thousand, of a large network fewer."""
    each = parameters * min(max(rows, FEWEST_ROWS), SCREENING_ROWS)
    return max(MOST_COLUMNS, min(MOST_SCREENED, MOST_WORK // each))


def _worse(
    network: TableNetwork, prepared: Prepared, judged: HeldOut, rows: np.ndarray, features: slice, repeats: int
) -> np.ndarray:
    """Return the rise of the mean loss in each repeat; the same orders for every column, so that they compare."""
    x = np.repeat(prepared.x[judged.rows[rows]][None], repeats, axis=0)
    rng = np.random.default_rng(0)
    for copy in x:
        copy[:, features] = copy[rng.permutation(len(rows)), features]
    decided = decide(network, network.answers(x.reshape(-1, x.shape[-1])))
    y = np.concatenate([judged.y[rows]] * repeats)
    losses = row_losses(judged.task, y, decided, judged.scales).reshape(repeats, -1)
    return losses.mean(1) - judged.losses[rows].mean()


def _some(rows: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))
