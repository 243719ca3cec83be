"""The strength of association between columns of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.columns import Column
from ..data.ranks import ranks as ranks_of
from ..data.table import Table
from ..data.values import read_categories, read_dates, read_numbers
from ..errors import DataError
from ..explain.correlated import strong_groups

ORDERED, NAMED = ("number", "date"), ("boolean", "category")
MOST_CODES, BINS = 20, 10


@dataclass(frozen=True, eq=False)
class Item:
    """A column as ordered numbers (NaN if missing) or as codes (-1 if missing)."""

    name: str
    numbers: np.ndarray | None
    codes: np.ndarray


def items_of(table: Table, columns: Iterable[Column]) -> list[Item]:
    """Return the columns of numbers, dates or categories; text and unreadable columns are left out."""
    found = []
    for column in columns:
        try:
            if column.kind in ORDERED:
                found.append(item_of_numbers(column.name, numbers_of(table, column)))
            elif column.kind in NAMED:
                found.append(Item(column.name, None, codes_of(table, column)[0]))
        except DataError:
            continue
    return found


def numbers_of(table: Table, column: Column) -> np.ndarray:
    """Return a column of numbers or dates as numbers, NaN if missing."""
    if column.kind == "number":
        return read_numbers(table, column).astype(np.float64)
    dates = read_dates(table, column)
    return np.where(np.isnat(dates), np.nan, dates.astype("datetime64[s]").astype(np.float64))


def codes_of(table: Table, column: Column) -> tuple[np.ndarray, list[str]]:
    """Return codes of a category, most frequent first, and the names of the first twenty; all others share a code."""
    texts = read_categories(table, column)
    names = [str(name) for name in texts.drop_nulls().value_counts(sort=True)[texts.name].to_list()[:MOST_CODES]]
    places = {name: place for place, name in enumerate(names)}
    codes = [-1 if value is None else places.get(str(value), len(names)) for value in texts.to_list()]
    return np.array(codes, np.int64), names


def item_of_numbers(name: str, numbers: np.ndarray) -> Item:
    """Return ordered numbers, which are divided into tenths for comparison with a category."""
    present = numbers[np.isfinite(numbers)]
    edges = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1])) if len(present) else np.empty(0)
    return Item(name, numbers, np.where(np.isfinite(numbers), np.searchsorted(edges, numbers), -1))


def strengths(items: Sequence[Item]) -> np.ndarray:
    """Return Spearman's rank correlation for pairs of ordered columns, and Cramér's V for other pairs.

    Reference:
        Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T, equation 5.
    """
    made = np.eye(len(items))
    ordered = [place for place, item in enumerate(items) if item.numbers is not None]
    if ordered:
        made[np.ix_(ordered, ordered)] = _spearman([items[place].numbers for place in ordered])
    for first, one in enumerate(items):
        for second, other in enumerate(items[:first]):
            if one.numbers is None or other.numbers is None:
                made[first, second] = made[second, first] = _cramer(one.codes, other.codes)
    return made


def groups_of(items: Sequence[Item]) -> list[tuple[str, ...]]:
    """Return groups of columns in which all pairs are strongly correlated."""
    if len(items) < 2:
        return []
    labels = strong_groups(strengths(items))
    groups = [
        tuple(items[place].name for place in np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)
    ]
    return [group for group in groups if len(group) > 1]


def _spearman(columns: Sequence[np.ndarray | None]) -> np.ndarray:
    """Return rank correlations over the rows without missing values in either column."""
    values = np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
    known = np.isfinite(values)
    ranks = np.where(known, ranks_of(np.where(known, values, np.nan)), 0.0)
    ranks = np.where(known, ranks - len(ranks) / 2, 0.0)  # centred, so that squares keep their precision
    mask = known.astype(np.float64)
    rows, sums, squares = mask.T @ mask, ranks.T @ mask, (ranks * ranks).T @ mask
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt((rows * squares - sums**2) * (rows * squares - sums**2).T)
        found = (rows * (ranks.T @ ranks) - sums * sums.T) / spread
    found = np.where(np.isfinite(found), np.clip(found, -1, 1), 0.0)
    np.fill_diagonal(found, 1.0)
    return found


def _cramer(one: np.ndarray, other: np.ndarray) -> float:
    both = (one >= 0) & (other >= 0)
    rows = int(both.sum())
    if rows < 2:
        return 0.0
    sizes = int(one.max()) + 1, int(other.max()) + 1
    counts = np.bincount(one[both] * sizes[1] + other[both], minlength=sizes[0] * sizes[1]).reshape(sizes)
    counts = counts[counts.any(1)][:, counts.any(0)].astype(np.float64)
    high, wide = counts.shape
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / rows
    # Of independent columns the expected value is above 0, by about this much.
    by_chance = (high - 1) * (wide - 1) / (rows - 1)
    square = max(0.0, ((counts - expected) ** 2 / expected).sum() / rows - by_chance)
    least = min(high - (high - 1) ** 2 / (rows - 1), wide - (wide - 1) ** 2 / (rows - 1)) - 1
    return min(1.0, float(np.sqrt(square / least))) if least > 0 else 0.0
