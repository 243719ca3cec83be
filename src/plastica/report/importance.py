"""Permutation importance: the increase in error when the values of a column are shuffled among the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..checks.leaks import features_by_column
from ..evaluation.permutation import shuffled_losses
from .judged import HeldOutAnswers, decide, row_losses
from .relations import groups_of, items_of

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_ROWS, MOST_COLUMNS, MOST_SCREENED, REPEATS = 2_000, 50, 1_000, 5
SCREENING_ROWS = 300
MOST_WORK = 100_000_000_000  # rows times parameters of the screening, so that very wide tables also take seconds
FEWEST_ROWS = 256  # fewer rows take as long as these


@dataclass(frozen=True)
class Weight:
    """The increase in error when a column is shuffled, with its standard error over the repetitions.

    The columns of a correlated group are shuffled together; its members have the increase for each column alone.
    """

    column: str
    worse: float
    error: float
    members: tuple[Weight, ...] = ()


@dataclass(frozen=True)
class Importance:
    """The importance of columns and of groups of correlated columns, the most important first.

    Args:
        weights: Each column alone.
        groups: Groups of strongly correlated columns.
        rows, repeats: The number of test rows and of repetitions.
        unseen: The number of columns that were not measured after screening.
    """

    weights: tuple[Weight, ...]
    groups: tuple[Weight, ...]
    rows: int
    repeats: int
    unseen: int

    @property
    def ranked(self) -> tuple[Weight, ...]:
        """Groups, and columns outside of groups."""
        grouped = {member.column for group in self.groups for member in group.members}
        alone = [weight for weight in self.weights if weight.column not in grouped]
        return tuple(sorted([*self.groups, *alone], key=lambda weight: -weight.worse))


def measure(network: TableNetwork, prepared: Prepared, judged: HeldOutAnswers) -> Importance:
    """Permute each column on at most 2,000 test rows, five times; with many columns, the 50 most important ones.

    All features of a column are permuted together, so that each category or date remains consistent.

    Reference:
        Breiman (2001), Random forests, section 10; Fisher, Rudin, Dominici (2019), All models are wrong, but
        many are useful, section 3.
    """
    columns = features_by_column(prepared)
    rows = some(len(judged.rows), MOST_ROWS)
    # Of very many columns, one permutation on few rows finds those worth the full measurement.
    names = list(columns)[: _screened(network.model.count_params(), len(judged.rows))]
    if len(names) > MOST_COLUMNS:
        looked = some(len(judged.rows), SCREENING_ROWS)
        first = {name: _worse(network, prepared, judged, looked, [columns[name]], 1)[0] for name in names}
        names = sorted(names, key=lambda name: -first[name])[:MOST_COLUMNS]

    def weigh(label: str, together: Sequence[str], members: tuple[Weight, ...] = ()) -> Weight:
        worse = _worse(network, prepared, judged, rows, [columns[name] for name in together], REPEATS)
        return Weight(label, float(worse.mean()), float(worse.std(ddof=1) / np.sqrt(REPEATS)), members)

    found = sorted((weigh(name, [name]) for name in names), key=lambda weight: -weight.worse)
    groups = []
    for group in _correlated(prepared, names):
        members = tuple(weight for weight in found if weight.column in group)
        groups.append(weigh(", ".join(weight.column for weight in members), group, members))
    return Importance(tuple(found), tuple(groups), len(rows), REPEATS, len(columns) - len(names))


def _correlated(prepared: Prepared, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return groups of strongly correlated columns among the named ones."""
    table = prepared.table.take(some(prepared.table.height, MOST_ROWS))
    return groups_of(items_of(table, [column for column in prepared.encoder.columns if column.name in set(names)]))


def _screened(parameters: int, rows: int) -> int:
    """Return the number of columns to screen: a thousand, or fewer for a large network."""
    each = parameters * min(max(rows, FEWEST_ROWS), SCREENING_ROWS)
    return max(MOST_COLUMNS, min(MOST_SCREENED, MOST_WORK // each))


def _worse(
    network: TableNetwork,
    prepared: Prepared,
    judged: HeldOutAnswers,
    rows: np.ndarray,
    features: Sequence[slice],
    repeats: int,
) -> np.ndarray:
    """Return the increase in mean loss for each repetition, when the columns are shuffled together."""
    x, y = prepared.x[judged.rows[rows]], judged.y[rows]

    def mean_losses(copies: np.ndarray) -> np.ndarray:
        decided = decide(network, network.answers(copies.reshape(-1, x.shape[-1])))
        losses = row_losses(judged.task, np.concatenate([y] * len(copies)), decided, judged.scales)
        return losses.reshape(len(copies), -1).mean(1)

    together = np.concatenate([np.arange(x.shape[1])[part] for part in features])
    return shuffled_losses(x, [together], mean_losses, repeats)[:, 0] - judged.losses[rows].mean()


def some(rows: int, most: int) -> np.ndarray:
    """Return at most ``most`` row numbers, spaced evenly."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))
