"""The relation of the target to each column: distributions by class, or the mean of the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns import Column
from ..errors import DataError
from . import formats
from .minis import MOST_LINES, Mini, end_of, scaled
from .relations import NAMED, ORDERED, codes_of, numbers_of
from .wording import plain

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

MOST_COLUMNS, MOST_ROWS, MOST_CATEGORIES, BINS, TENTHS = 12, 20_000, 6, 16, 10
OUTER = (0.005, 0.995)


@dataclass(frozen=True)
class Distributions:
    """A chart for each column, the labels of the classes, and the ends of the scale for a numeric target."""

    charts: tuple[Mini, ...]
    labels: tuple[str, ...]
    low: str = ""
    high: str = ""


def describe(prepared: Prepared, names: Sequence[str]) -> Distributions:
    """Return charts for the first twelve of the named columns, on at most 20,000 rows and for up to five classes.

    For numbers and dates, the chart shows the share of each class's rows in each of 16 bins, for categories the share
    of its rows with each category. For a numeric target, it shows the mean in tenths of the rows or in each category.
    """
    rows = np.unique(np.linspace(0, prepared.table.height - 1, MOST_ROWS).astype(np.int64))
    columns = {column.name: column for column in prepared.encoder.columns}
    kept = [columns[name] for name in names if columns[name].kind in (*ORDERED, *NAMED)][:MOST_COLUMNS]
    if prepared.target.task == "regression":
        return _of_numbers(prepared, kept, rows)
    y = prepared.y[rows]
    one = y > 0.5 if y.ndim > 1 else y[:, None] == np.arange(len(prepared.target.classes))
    order = np.argsort(-one.sum(0), kind="stable")[:MOST_LINES]
    charts = tuple(_charts(prepared, kept, rows, one[:, order].astype(np.float64)))
    return Distributions(charts, tuple(plain(prepared.target.classes[place], 24) for place in order))


def _of_numbers(prepared: Prepared, columns: list[Column], rows: np.ndarray) -> Distributions:
    """Return charts of the mean of the first target, on a scale that covers nine tenths of its values."""
    target = prepared.target
    y = np.asarray(target.decode(prepared.y[rows])).reshape(len(rows), -1)[:, 0]
    low, high = np.quantile(y, (0.05, 0.95)).tolist()
    places = scaled(y, low, high)
    charts = []
    for column, numbers, codes, names in _read(prepared, columns, rows):
        if names:
            charts.append(Mini(plain(column.name, 60), marks=tuple(_means(codes, names, places))))
        elif numbers is not None and (line := _tenths(column, numbers, places)) is not None:
            charts.append(line)
    return Distributions(tuple(charts), (), formats.number(low), formats.number(high))


def _means(codes: np.ndarray, names: list[str], places: np.ndarray) -> Iterator[tuple[str, tuple[float, ...]]]:
    for code, name in enumerate(names):
        yield plain(name, 24), (float(places[codes == code].mean()),)


def _tenths(column: Column, numbers: np.ndarray, places: np.ndarray) -> Mini | None:
    order = np.argsort(numbers, kind="stable")[: int(np.isfinite(numbers).sum())]
    parts = [part for part in np.array_split(order, TENTHS) if len(part)]
    at = np.array([np.median(numbers[part]) for part in parts])
    if at[0] == at[-1]:  # almost all rows have the same value
        return None
    x = scaled(at, at[0], at[-1]).tolist()
    line = tuple((place, float(places[part].mean())) for place, part in zip(x, parts, strict=True))
    return Mini(plain(column.name, 60), (line,), end_of(column, float(at[0])), end_of(column, float(at[-1])))


def _charts(prepared: Prepared, columns: list[Column], rows: np.ndarray, one: np.ndarray) -> Iterator[Mini]:
    total = np.maximum(one.sum(0), 1)
    for column, numbers, codes, names in _read(prepared, columns, rows):
        if names:
            shares = [(one[codes == code].sum(0) / total).tolist() for code in range(len(names))]
            marks = tuple((plain(name, 24), tuple(row)) for name, row in zip(names, shares, strict=True))
            yield Mini(plain(column.name, 60), marks=marks)
        elif numbers is not None:
            yield _histograms(column, numbers, one)


def _histograms(column: Column, numbers: np.ndarray, one: np.ndarray) -> Mini:
    known = np.isfinite(numbers)
    low, high = np.quantile(numbers[known], OUTER).tolist()
    if not low < high:
        low, high = float(numbers[known].min()), float(numbers[known].max())
    bins = np.minimum((scaled(numbers[known], low, high) * BINS).astype(np.int64), BINS - 1)
    counts = np.stack([np.bincount(bins, weights, BINS) for weights in one[known].T])
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    heights = (shares / (shares.max() or 1.0)).tolist()
    x = ((np.arange(BINS) + 0.5) / BINS).tolist()
    lines = tuple(tuple(zip(x, line, strict=True)) for line in heights)
    return Mini(plain(column.name, 60), lines, end_of(column, low), end_of(column, high))


def _read(
    prepared: Prepared, columns: list[Column], rows: np.ndarray
) -> Iterator[tuple[Column, np.ndarray | None, np.ndarray, list[str]]]:
    """Yield each column with its numbers, or with its codes and the names of the most frequent categories."""
    table = prepared.table.take(rows)
    for column in columns:
        try:
            if column.kind in ORDERED:
                numbers = numbers_of(table, column)
                if len(np.unique(numbers[np.isfinite(numbers)])) > 1:
                    yield column, numbers, np.empty(0, np.int64), []
            else:
                codes, names = codes_of(table, column)
                yield column, None, codes, names[:MOST_CATEGORIES]
        except DataError:
            continue
