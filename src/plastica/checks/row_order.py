"""Checks of the row order: sorted by the target, in blocks of classes, or by time, unsuitable for a random split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data.series import Series, find_series
from ..data.table import show
from ..typing import Float
from .arrays import TableArrays
from .findings import Finding, finding
from .partition import values_of

NEIGHBOURS = 0.5  # correlation of the target with that of the row before
ALIKE = 0.3  # correlation of a feature with that of the row before, within a class
ENOUGH_ROWS = 50  # for a meaningful correlation
BREAKS = 0.01  # the share of the rows at which a sorted section may end, for sorted files that were joined
MOST_FEATURES = 50


def order_of_rows(prepared: TableArrays) -> Iterator[Finding]:
    """Find series, dates, rows sorted by the target or in blocks of classes, and rows similar to the one before."""
    series = _series(prepared)
    if series is not None:
        yield _to_forecast(prepared, series)
    if series is not None or prepared.scheme.split in ("time", "order") or prepared.scheme.test_file:
        return  # the remaining findings concern random splits
    dates = [column.name for column in prepared.columns if column.kind == "date"]
    if dates and len(prepared.split.test):
        yield finding("dates", "warning", column=show(dates[0]))
    task, y = prepared.target.task, prepared.y.reshape(len(prepared.y), -1)[:, 0].astype(np.float64)
    if len(y) < ENOUGH_ROWS:
        return
    if _is_sorted(task, y):
        yield finding("sorted", "note")
    elif (correlation := _to_neighbour(task, y)) > NEIGHBOURS:
        if task != "regression" and _likeness(prepared.x, y) < ALIKE:
            yield finding("blocks", "note")
        elif not dates:
            yield finding("neighbours", "warning", correlation=round(correlation, 2))


def _series(prepared: TableArrays) -> Series | None:
    """Return the rows in the order of time, if a number at each time depends on that before."""
    if prepared.target.task != "regression":
        return None
    if prepared.scheme.split != "random":
        series = prepared.scheme.series
        return series if series is not None and series.is_dependent else None
    if prepared.scheme.searched:
        return None
    return find_series(
        prepared.table, prepared.inferred or prepared.columns, values_of(prepared.target, prepared.table)
    )


def _to_forecast(prepared: TableArrays, series: Series) -> Finding:
    """Say that the rows are a series, which a random split flatters, and which forecasts are made for."""
    at_random = prepared.scheme.split == "random"
    return finding(
        "series_at_random" if at_random else "series",
        "serious" if at_random else "note",
        by=show(series.clock.name),
        target=show(prepared.target.name),
        correlation=round(series.correlation, 2),
        threshold=round(series.threshold, 2),
    )


def _is_sorted(task: str, y: Float[np.ndarray, "rows"]) -> bool:
    """Return whether rows are sorted by the target; for numbers, also in a few sections."""
    changes = np.diff(y)
    if task == "multiclass" and 1 + int((changes != 0).sum()) == len(np.unique(y)):
        return True
    breaks = min((changes < 0).sum(), (changes > 0).sum())
    return bool(breaks <= (BREAKS * len(y) if task == "regression" else 0))


def _to_neighbour(task: str, y: Float[np.ndarray, "rows"]) -> float:
    """Return the correlation of numbers with the row before; for classes, the agreement beyond chance."""
    if task == "multiclass":
        chance = float((np.bincount(y.astype(np.int64)) / len(y)) @ (np.bincount(y.astype(np.int64)) / len(y)))
        return (float((y[1:] == y[:-1]).mean()) - chance) / (1 - chance)
    if y[1:].std() == 0 or y[:-1].std() == 0:
        return 0.0
    return float(np.corrcoef(y[1:], y[:-1])[0, 1])


def _likeness(x: Float[np.ndarray, "rows features"], y: Float[np.ndarray, "rows"]) -> float:
    """Return the median correlation of features with the row before, within classes.

    In a time series, measurements change slowly; if files of one class each were joined, only the class does.
    """
    places: np.ndarray = np.unique(np.linspace(0, x.shape[1] - 1, min(x.shape[1], MOST_FEATURES), dtype=np.int64))
    rest = x[:, places].astype(np.float64)
    for label in np.unique(y):
        rest[y == label] -= rest[y == label].mean(0)
    spread = (rest**2).mean(0)
    told = spread > 1e-12
    if not told.any():
        return 0.0
    same = y[1:] == y[:-1]  # at the end of a block, the next row has another class
    pairs = (rest[1:] * rest[:-1])[same]
    return float(np.median(pairs[:, told].mean(0) / spread[told])) if same.any() else 0.0
