"""Drift: how far the values of each column are from those of training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from scipy.special import chdtri

from ..data.column import Column
from ..data.encoders.category import number
from ..data.table import Table
from ..data.values import missing, read_booleans, read_categories, read_numbers
from ..typing import Document
from .exchange import DriftCounts

AT_ONCE = 1024  # rows that are counted together: for one row, counting takes as long as for all of them
MODERATE, LARGE = 0.1, 0.25  # Siddiqi (2006), chapter 8: from here on a small and a major shift
LEAST_ROWS = 5  # Cochran (1954): for each part, for the chi-squared distribution to hold
LEAST_SHARE = 1e-4  # in place of an empty part, whose logarithm is infinite
SOURCE = "population stability index: Siddiqi (2006), Credit risk scorecards, chapter 8"


class Drift:
    """Counts the values of rows and compares their distribution with that of training, column by column.

        PSI = sum over parts of (p - q) ln(p / q)

    p is the share of the recent rows in a part, q the share of the training table. The parts of a numeric column are
    those between the deciles of training, those of a category its most frequent values and all others; missing
    values are one more part. Older rows fade: after ``remembered`` rows a row counts 1 / e.

    Shares of few rows differ by chance: without drift PSI times N M / (N + M) follows a chi-squared distribution with
    a degree of freedom less than there are parts. PSI is reported with the value that it then exceeds for one column
    in 20.

    Args:
        columns: The descriptions of the columns to compare.
        rows: The number of rows that they describe.
        remembered: The number of rows that recent rows are.

    Reference:
        Siddiqi (2006), Credit risk scorecards, chapter 8 (the index and its levels 0.1 and 0.25); Yurdakul and
        Naranjo (2020), Statistical properties of the population stability index, Journal of Risk Model Validation
        14 (4), theorem 1 (its distribution).
    """

    def __init__(self, columns: Iterable[Column], rows: int, remembered: int) -> None:
        self._columns = [_ColumnDrift(column, rows) for column in columns]
        self._remembered = remembered
        self._waiting: dict[object, list[Table]] = {}
        self._lock = threading.Lock()

    def add(self, table: Table) -> None:
        """Add rows, whose values fit their columns."""
        if not table.height:
            return
        with self._lock:
            types = tuple(table.columns[each.column.name].dtype for each in self._columns)
            self._waiting.setdefault(types, []).append(table)
            if sum(each.height for tables in self._waiting.values() for each in tables) >= AT_ONCE:
                self._count()

    def report(self, others: Sequence[DriftCounts] = ()) -> list[Document]:
        """Return for each column the index, what it exceeds by chance in 1 of 20 columns, and its level.

        Beside these, the number of missing values and of unknown categories since the service started.

        Args:
            others: The counts of other processes, which are added.
        """
        by_column = zip(self.counts(), *others, strict=True)  # (processes, 2, parts) for each
        sums = [np.array(counts).sum(0) for counts in by_column]
        return [each.report(found[0], found[1]) for each, found in zip(self._columns, sums, strict=True)]

    def counts(self) -> DriftCounts:
        """Return how many recent rows, and how many in all, are in each part of each column."""
        with self._lock:
            self._count()
            return [(each.recent.tolist(), each.total.tolist()) for each in self._columns]

    def _count(self) -> None:
        for tables in self._waiting.values():
            rows = sum(each.height for each in tables)
            fading = np.exp(-rows / self._remembered)
            for each in self._columns:
                each.count(_together(tables, each.column.name), fading)
        self._waiting.clear()


def _together(tables: Sequence[Table], name: str) -> Table:
    import polars as pl

    values = pl.concat([each.columns[name] for each in tables])
    return Table({name: values}, "", (), np.arange(len(values)))


class _ColumnDrift:
    """The shares of the parts of one column in training, and how many recent rows are in each.

    Args:
        column: Its description.
        rows: The number of rows that it describes.
    """

    def __init__(self, column: Column, rows: int) -> None:
        self.column, self.rows = column, max(rows, 1)
        shares, self._parts = _divided(column, self.rows)
        gone = min(column.missing / self.rows, 1.0)
        self.expected = np.append((1 - gone) * shares, gone)  # the last part is for missing values
        self.recent, self.total = np.zeros((2, len(self.expected)))

    def count(self, table: Table, fading: float) -> None:
        """Add rows, of which ``table`` has this column only."""
        parts = np.where(missing(table, self.column), len(self.expected) - 1, self._parts(table))
        counts = np.bincount(parts, minlength=len(self.expected))
        self.recent, self.total = fading * self.recent + counts, self.total + counts

    def report(self, recent: np.ndarray, total: np.ndarray) -> Document:
        """Return the index, what it exceeds by chance, and the numbers of missing and unknown values."""
        rows, column = float(recent.sum()), self.column
        told: Document = {"column": column.name, "kind": column.kind, "rows": round(rows)}
        told["missing"] = int(total[-1])
        told["missing_in_training"] = round(float(self.expected[-1]), 4)
        if column.kind == "category" and column.distinct == len(column.counts):
            told["unknown"] = int(total[-2])
        described = column.kind in ("date", "text") or len(self.expected) > 2
        if not rows or not described:  # older files do not describe distributions
            return told | {"psi": None, "by_chance": None, "level": "unknown"}
        index, chance = self._index(recent, rows)
        level = "stable" if index < max(MODERATE, chance) else "moderate" if index < LARGE else "large"
        level = level if rows >= LEAST_ROWS * len(self.expected) else "too few rows"
        return told | {"psi": index, "by_chance": chance, "level": level}

    def _index(self, counts: np.ndarray, rows: float) -> tuple[float, float]:
        recent, training = np.maximum(counts / rows, LEAST_SHARE), np.maximum(self.expected, LEAST_SHARE)
        index = float(np.sum((recent - training) * np.log(recent / training)))
        degrees = int(np.sum((self.expected > 0) | (counts > 0))) - 1
        chance = float(chdtri(degrees, 0.05)) * (1 / rows + 1 / self.rows) if degrees else 0.0
        return round(index, 4), round(chance, 4)


def _divided(column: Column, rows: int) -> tuple[np.ndarray, Callable[[Table], np.ndarray]]:
    """Return the shares of the parts of present values in training, and a function that finds the part of each row."""
    if column.kind == "number" and column.deciles:
        edges, first = np.unique(column.deciles, return_index=True)
        shares = np.diff([0.0, *np.array(column.decile_shares)[first], 1.0])
        return shares, lambda table: np.searchsorted(edges, np.nan_to_num(read_numbers(table, column)), side="left")
    if column.kind == "boolean" and column.counts:
        counts = dict(zip(map(str.lower, column.categories), column.counts, strict=True))
        found = np.array([counts.get(word, 0) for word in column.booleans], float)
        return found / found.sum(), lambda table: np.nan_to_num(read_booleans(table, column)).astype(np.int64)
    if column.kind == "category" and column.counts:
        known = dict(zip(column.categories, range(len(column.counts)), strict=True))
        others = max(0, rows - column.missing - sum(column.counts))
        found = np.array([*column.counts, others], float)
        codes = partial(number, known=known)
        return found / found.sum(), lambda table: codes(read_categories(table, column)).astype(np.int64) % len(found)
    return np.ones(1), lambda table: np.zeros(table.height, np.int64)
