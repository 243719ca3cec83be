"""Groups of rows in which the network is significantly worse than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns import Column
from ..data.table import Table
from ..data.values import read_categories, read_dates, read_numbers
from ..evaluation.scores import Figure
from ..evaluation.significance import fisher_exact, welch
from . import formats
from .judged import HeldOutAnswers
from .wording import plain

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

SMALLEST = {
    "binary": 10,
    "multiclass": 10,
    "multilabel": 20,
    "regression": 20,
}  # minimum sizes of a group; Fisher's test is exact, Welch's is not
LEVEL = 0.05
MOST_COLUMNS, MOST_GROUPS, MOST_SHOWN = 100, 20, 12


@dataclass(frozen=True)
class Slice:
    """A group of test rows.

    Args:
        column: The column that defines it.
        group: Its value or range, or "" for missing values.
        rows: The number of test rows.
        figure: Accuracy, Hamming loss or mean error in it, with its interval.
        p: The p-value of the difference, corrected for the number of groups.
    """

    column: str
    group: str
    rows: int
    figure: Figure
    p: float

    @property
    def significant(self) -> bool:
        """Whether the network is significantly worse in this group."""
        return self.p < LEVEL


@dataclass(frozen=True)
class Slices:
    """The groups, worst first, with the number of groups examined and the minimum size of a group."""

    rows: tuple[Slice, ...]
    tried: int
    smallest: int
    overall: Figure


def find(prepared: Prepared, judged: HeldOutAnswers) -> Slices:
    """Compare the errors of the network in each group with those in all other test rows.

    Groups are the values of a column, the quarters of a number or a date, and the rows with missing values. Shares of
    wrong predictions are compared by Fisher's exact test, mean errors by Welch's t-test, both one-sided; p-values are
    corrected for the number of groups (Holm 1979).
    """
    table = prepared.table.take(judged.rows)
    found, smallest = [], SMALLEST[judged.task]
    for column in prepared.encoder.columns[:MOST_COLUMNS]:
        for group, rows in _groups(table, column):
            if smallest <= rows.sum() <= len(rows) - smallest:
                found.append((column.name, group, rows, _chance(judged, rows)))
    corrected = _holm(np.array([p for *_, p in found]))
    # By the uncorrected values: many corrected ones are equal to 1.
    ranked = sorted(zip(found, corrected, strict=True), key=lambda pair: pair[0][3])[:MOST_SHOWN]
    shown = tuple(
        Slice(plain(name, 60), group, int(rows.sum()), judged.simple_on(np.flatnonzero(rows)), float(p))
        for (name, group, rows, chance), p in ranked
        if chance < 0.5
    )
    return Slices(shown, len(found), smallest, judged.simple_on(np.arange(len(judged.y))))


def _groups(table: Table, column: Column) -> Iterator[tuple[str, np.ndarray]]:
    if column.kind == "number":
        numbers = read_numbers(table, column)
        yield from _quarters(numbers, [formats.number(float(edge)) for edge in _edges(numbers)], _edges(numbers))
        yield "", np.isnan(numbers)
    elif column.kind == "date":
        dates = read_dates(table, column)
        days = np.where(np.isnat(dates), np.nan, dates.astype("datetime64[s]").astype(np.float64))
        edges = _edges(days)
        yield from _quarters(days, [str(np.datetime64(int(edge), "s"))[:10] for edge in edges], edges)
        yield "", np.isnan(days)
    elif column.kind in ("boolean", "category"):
        texts = read_categories(table, column)
        common = texts.drop_nulls().value_counts(sort=True)[texts.name].to_list()[:MOST_GROUPS]
        for name in common:
            yield plain(name, 60), texts.eq(name).fill_null(value=False).to_numpy()
        yield "", texts.is_null().to_numpy()


def _edges(numbers: np.ndarray) -> np.ndarray:
    present = numbers[~np.isnan(numbers)]
    return np.unique(np.quantile(present, [0, 0.25, 0.5, 0.75, 1.0])) if len(present) else np.empty(0)


def _quarters(numbers: np.ndarray, names: list[str], edges: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    # The last quarter includes its upper edge, which no further one would.
    for place in range(len(edges) - 1):
        last = place == len(edges) - 2
        below = numbers <= edges[place + 1] if last else numbers < edges[place + 1]
        yield f"{names[place]} … {names[place + 1]}", (numbers >= edges[place]) & below


def _chance(judged: HeldOutAnswers, rows: np.ndarray) -> float:
    """Return the p-value of the group being worse than the other rows."""
    inside, outside = judged.losses[rows], judged.losses[~rows]
    if inside.mean() <= outside.mean():
        return 1.0
    if judged.task in ("binary", "multiclass"):
        wrong, other_wrong = round(inside.sum()), round(outside.sum())
        return fisher_exact(wrong, len(inside) - wrong, other_wrong, len(outside) - other_wrong)
    if np.ptp(inside) == 0 and np.ptp(outside) == 0:  # the test is undefined without variance
        return 1.0
    return welch(inside, outside)


def _holm(p: np.ndarray) -> np.ndarray:
    """Return p-values corrected by the method of Holm (1979), which controls the family-wise error rate."""
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)) if len(p) else p
    made = np.empty_like(p)
    made[order] = np.minimum(raised, 1.0)
    return made
