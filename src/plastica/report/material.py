"""The data section: columns with their distributions, the split, and missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns import Column
from ..data.values import missing, read_categories, read_dates, read_numbers
from ..errors import DataError
from . import formats
from .relations import Item, item_of_numbers, items_of, strengths
from .wording import plain

if TYPE_CHECKING:
    from ..checks.partition import RowCounts
    from ..checks.prepared import Prepared
    from ..data.table import Table
    from ..notes import Note

MOST_COLUMNS, MOST_CLASSES, MOST_ROWS, MOST_PATTERNS, BARS = 200, 20, 20_000, 6, 16
MOST_CORRELATED, MOST_CORRELATED_ROWS, MOST_IN_MATRIX = 60, 5_000, 15


@dataclass(frozen=True)
class ColumnRow:
    """A row in the table of columns; bars are relative to the highest."""

    name: str
    kind: str
    used: bool
    missing: float
    zeros: float
    distinct: int
    bars: tuple[float, ...]
    values: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Shares:
    """A class or a set, with its number of rows in training, validation and test set."""

    label: str
    counts: tuple[int, ...]
    share: float


@dataclass(frozen=True)
class Material:
    """The description of the data.

    Args:
        rows, features: Their numbers.
        parts: The sizes of training, validation and test set.
        used: The number of used columns.
        columns: The first columns; ``hidden`` is the number of the others.
        target: The rows for the target: classes, labels, or numbers with bars.
        classes: The size of each class in each set, the most frequent first; ``more`` is the number of the others.
        patterns: Groups of columns that are missing together, with the number and share of rows.
        sampled: The number of rows for bars and patterns.
        correlations: The names of the most correlated columns and of the target, with their correlations.
    """

    rows: int
    features: int
    parts: tuple[int, int, int]
    used: int
    columns: tuple[ColumnRow, ...]
    hidden: int
    target: tuple[ColumnRow, ...]
    classes: tuple[Shares, ...]
    more: int
    patterns: tuple[tuple[str, int, float], ...]
    sampled: int
    correlations: tuple[tuple[str, tuple[float, ...]], ...]


def describe(prepared: Prepared, counted: RowCounts) -> Material:
    """Return the description of the table; bars and patterns use at most 20,000 rows spaced evenly.

    Args:
        prepared: The rows in memory.
        counted: The counts of all rows, which differ from those in memory for a table larger than memory.
    """
    table = prepared.table
    if table.height > MOST_ROWS:
        table = table.take(np.linspace(0, table.height - 1, MOST_ROWS).astype(np.int64))
    shown = prepared.columns[:MOST_COLUMNS]
    classes = _classes(prepared)
    return Material(
        rows=counted.train + counted.validation + counted.test,
        features=prepared.x.shape[1],
        parts=(counted.train, counted.validation, counted.test),
        used=sum(column.used for column in prepared.columns),
        columns=tuple(_row(table, column, prepared.table.height) for column in shown),
        hidden=len(prepared.columns) - len(shown),
        target=tuple(_row(table, column, prepared.table.height) for column in prepared.target.columns[:MOST_CLASSES]),
        classes=classes[:MOST_CLASSES],
        more=max(len(classes) - MOST_CLASSES, 0),
        patterns=_patterns(table, shown),
        sampled=table.height,
        correlations=_correlations(prepared),
    )


def _correlations(prepared: Prepared) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the correlation matrix of the most correlated columns, in the order of the table.

    A target with classes is treated as a categorical column; several targets are left out.
    """
    rows = np.unique(np.linspace(0, prepared.table.height - 1, MOST_CORRELATED_ROWS).astype(np.int64))
    table = prepared.table.take(rows)
    items = items_of(table, prepared.encoder.columns[:MOST_CORRELATED])
    if prepared.y.ndim == 1:
        y, name = prepared.y[rows], prepared.target.name
        items.append(item_of_numbers(name, y) if prepared.target.task == "regression" else Item(name, None, y))
    if len(items) < 3:
        return ()
    found = strengths(items)
    kept = np.sort(np.argsort(-np.abs(found - np.eye(len(items))).max(1), kind="stable")[:MOST_IN_MATRIX])
    return tuple((plain(items[place].name, 40), tuple(found[place, kept].tolist())) for place in kept)


def _row(table: Table, column: Column, rows: int) -> ColumnRow:
    bars, values = _content(table, column)
    used = column.used
    share = column.missing / max(rows, 1)
    name, zeros = plain(column.name, 80), _zeros(table, column)
    return ColumnRow(name, column.kind, used, share, zeros, column.distinct, bars, values, column.notes)


def _zeros(table: Table, column: Column) -> float:
    """Return the share of rows in which a numeric column is 0."""
    if column.kind != "number":
        return 0.0
    try:
        return float((read_numbers(table, column) == 0).mean()) if table.height else 0.0
    except DataError:
        return 0.0


def _content(table: Table, column: Column) -> tuple[tuple[float, ...], str]:
    try:
        if column.kind == "number":
            return _numbers(read_numbers(table, column))
        if column.kind == "date":
            return _dates(read_dates(table, column))
        if column.kind in ("boolean", "category"):
            return _categories(table, column)
    except DataError:  # unreadable columns are shown without bars
        pass
    return (), ""


def _numbers(numbers: np.ndarray) -> tuple[tuple[float, ...], str]:
    present = numbers[np.isfinite(numbers)]
    if not len(present):
        return (), ""
    low, middle, high = (formats.number(float(value)) for value in (present.min(), np.median(present), present.max()))
    return bars_of(present), f"{low} … {middle} … {high}"


def _dates(dates: np.ndarray) -> tuple[tuple[float, ...], str]:
    present = dates[~np.isnat(dates)]
    if not len(present):
        return (), ""
    first, last = (str(np.datetime_as_string(edge, "D")) for edge in (present.min(), present.max()))
    return bars_of(present.astype("datetime64[s]").astype(np.float64)), f"{first} … {last}"


def _categories(table: Table, column: Column) -> tuple[tuple[float, ...], str]:
    found = read_categories(table, column).drop_nulls().value_counts(sort=True)
    counts = found["count"].to_numpy()[:BARS].astype(np.float64)
    if not len(counts):
        return (), ""
    total = float(found["count"].sum())
    names = found[found.columns[0]].to_list()[:3]
    listed = ", ".join(
        f"{plain(name, 24)} {formats.share(count / total)}" for name, count in zip(names, counts, strict=False)
    )
    return tuple((counts / counts.max()).tolist()), listed + (" …" if found.height > len(names) else "")


def bars_of(values: np.ndarray) -> tuple[float, ...]:
    """Return the heights of a histogram; outliers are included in the outermost bars."""
    low, high = np.quantile(values, [0.005, 0.995])
    if not low < high:
        low, high = values.min(), values.max()
    if not (np.isfinite(high - low) and low < high):
        return (1.0,)
    counts = np.histogram(np.clip(values, low, high), bins=BARS, range=(low, high))[0]
    return tuple((counts / counts.max()).tolist())


def _classes(prepared: Prepared) -> tuple[Shares, ...]:
    target, parts = prepared.target, prepared.split[:3]
    if target.task == "regression":
        return ()
    one = prepared.y if target.task == "multilabel" else prepared.y[:, None] == np.arange(len(target.classes))
    counts = np.stack([one[rows].sum(0).astype(np.int64) for rows in parts], axis=1)
    shares = counts.sum(1) / len(prepared.y)
    order = np.argsort(-shares, kind="stable")
    return tuple(
        Shares(plain(target.classes[place], 80), tuple(counts[place].tolist()), float(shares[place])) for place in order
    )


def _patterns(table: Table, columns: Sequence[Column]) -> tuple[tuple[str, int, float], ...]:
    """Return the groups of columns that are missing together, the most frequent first; empty if there are none."""
    lacking = [column for column in columns if column.missing and column.used]
    gone = [found for column in lacking if (found := _gone(table, column)) is not None]
    if not gone or len(gone) != len(lacking):
        return ()
    found, counts = np.unique(np.stack(gone, axis=1), axis=0, return_counts=True)
    # Columns that are missing one at a time are in the table of columns already.
    if not (found.sum(1) > 1).any():
        return ()
    order = [place for place in np.argsort(-counts, kind="stable") if found[place].any()][:MOST_PATTERNS]
    names = np.array([plain(column.name, 40) for column in lacking], dtype=object)
    return tuple((", ".join(names[found[p]]), int(counts[p]), float(counts[p] / table.height)) for p in order)


def _gone(table: Table, column: Column) -> np.ndarray | None:
    try:
        return missing(table, column)
    except DataError:
        return None
