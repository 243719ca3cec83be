"""Whether a table is a series: rows in the order of time, whose target hangs on that of the row before.

Rows that follow one another are alike, so that a row dealt to the test part at random has its neighbours among the
training rows, and a figure on it says nothing of the future. A table counts as a series where

- a column of dates, or columns of year and month, ascend or descend: at most one step in a hundred goes the other way
  (:data:`BACKWARDS`); of several series in one table, one behind the other, each does;
- there are at least :data:`ENOUGH` different stamps; in one row of twenty at most it is missing;
- the target's rank is correlated with that of the row before, of the same series, by more than chance:
  ``r > max(0.1, 3 / sqrt(pairs))``, three standard deviations of what independent values show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..notes import Note, note
from .clock import Clock, find_clocks
from .column import Column
from .table import Table

if TYPE_CHECKING:
    import polars as pl

ENOUGH = 24  # different stamps
BACKWARDS = 0.01  # of the steps from row to row
WEAKEST = 0.1  # correlation: a weaker one hardly flatters figures of rows dealt at random
DEVIATIONS = 3.0  # beyond which a correlation is no chance
FEW_AT_A_STAMP = 2.0  # with as many rows at each stamp, there are several series
PAIRS = 0.95  # of the rows: so many have a stamp of their own within their series
ROWS_OF_A_KEY = 10  # at least, on average
KEYS = ("category", "boolean", "identifier", "number", "text")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
SPACINGS = {"second": 1.0, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 30.4 * DAY}
SPACINGS |= {"quarter": 91.3 * DAY, "year": 365.2 * DAY}


@dataclass(frozen=True, eq=False)
class Series:
    """Rows in the order of time.

    Args:
        clock: What says when each was taken.
        stamps: When, as :meth:`Clock.read` gives it; NaN for missing.
        keys: To which of several series each row belongs, as a number from 0 on.
        key: The column that tells them apart; empty for one series.
        correlation: Of the target's rank with that of the row before in time.
        spacing: From one stamp to the next, in the middle: seconds, or numbers.
    """

    clock: Clock
    stamps: np.ndarray
    keys: np.ndarray
    key: str
    correlation: float
    spacing: float

    @property
    def season(self) -> tuple[str, float] | None:
        """The period that the spacing suggests, as a baseline's name and in seconds; None for none.

        A day for stamps closer than half a day, a week for days, a year for weeks, months and quarters.
        """
        present = self.stamps[~np.isnan(self.stamps)]
        if not self.clock.is_calendar or not len(present) or not self.spacing:
            return None
        periods = (
            ("yesterday", 0.5 * DAY, DAY),
            ("last_week", 3.5 * DAY, 7 * DAY),
            ("last_year", 100 * DAY, 365 * DAY),
        )
        name, _, period = next((each for each in periods if self.spacing < each[1]), ("", 0, np.inf))
        if name == "last_year" and abs(self.spacing / (7 * DAY) - 1) < 0.01:
            period = 364 * DAY  # 52 weeks, so that the same week of the year is met
        return (name, period) if np.ptp(present) >= 2 * period else None

    @property
    def rhythm(self) -> tuple[Note, ...]:
        """How far stamps lie apart; empty where they are no dates."""
        if not self.clock.is_calendar or self.spacing < 1:
            return ()
        unit = [name for name, length in SPACINGS.items() if length <= 1.03 * self.spacing][-1]
        times = self.spacing / SPACINGS[unit]
        if abs(times - 1) < 0.05:
            return (note(f"rhythm.{unit}"),)
        return (note(f"rhythm.{unit}s", times=f"{times:.3g}"),)

    @property
    def is_dependent(self) -> bool:
        """Whether the target hangs on that of the row before by more than chance."""
        keys = self.keys[_in_time(self)]
        pairs = int((keys[1:] == keys[:-1]).sum())
        return self.correlation > max(WEAKEST, DEVIATIONS / max(pairs, 1) ** 0.5)


def find_series(table: Table, columns: Sequence[Column], values: np.ndarray) -> Series | None:
    """Return the series that a table is, or None where it is none; the rule stands above.

    Args:
        table: The rows.
        columns: What its columns are, the target left out.
        values: The target: numbers, labels, or a column for each class, ``(rows, outputs)``.
    """
    for clock, stamps in find_clocks(table, columns):
        if len(np.unique(stamps[~np.isnan(stamps)])) < ENOUGH:
            continue
        keyed = _in_order(table, columns, clock, stamps)
        if keyed is None:
            continue
        made = make_series(table, columns, clock, stamps, values, keyed)
        if made.is_dependent:
            return made
    return None


def make_series(
    table: Table,
    columns: Iterable[Column],
    clock: Clock,
    stamps: np.ndarray,
    values: np.ndarray,
    keyed: tuple[str, np.ndarray] | None = None,
) -> Series:
    """Return rows as a series by a clock, whatever the order they come in.

    Args:
        table, columns, values: As for :func:`find_series`.
        clock: What says when rows were taken.
        stamps: What it says.
        keyed: The column that tells several series apart, and each row's series; None looks for one.
    """
    key, keys = keyed or _key_of(table, columns, clock, stamps) or ("", np.zeros(len(stamps), np.int64))
    found = np.unique(stamps[~np.isnan(stamps)])
    spacing = float(np.median(np.diff(found))) if len(found) > 1 else 0.0
    made = Series(clock, stamps, keys, key, 0.0, spacing)
    return replace(made, correlation=_to_row_before(made, values))


def earlier(series: Series, values: np.ndarray, rows: np.ndarray, lag: float = 0.0) -> np.ndarray:
    """Return for each of ``rows`` what was last known of its series, ``(rows, outputs)``: a mean over one stamp's rows.

    Args:
        series: With every row's stamp.
        values: Of every row, ``(all rows, outputs)``.
        rows: The rows asked about.
        lag: How long before a row its value must lie; 0 takes the stamp before. NaN where nothing is known.
    """
    groups = _by_stamp(series, values)
    levels, keys = np.unique(groups.stamps), groups.keys
    wide = len(levels) + 1
    places = keys * wide + np.searchsorted(levels, groups.stamps)  # ascending: by series, in it by stamp
    stamps = np.nan_to_num(series.stamps[rows], nan=-np.inf)
    until = np.searchsorted(levels, stamps - lag, side="right" if lag else "left")
    asked = series.keys[rows]
    found = np.searchsorted(places, asked * wide + until, side="left") - 1
    known = (found >= 0) & (keys[np.maximum(found, 0)] == asked) if len(keys) else np.zeros(len(rows), bool)
    made = np.full((len(rows), values.shape[1]), np.nan)
    made[known] = groups.means[found[known]]
    return made


@dataclass(frozen=True, eq=False)
class _Groups:
    """The rows of one series and one stamp together, by series and in it by stamp: their means."""

    keys: np.ndarray
    stamps: np.ndarray
    means: np.ndarray


def _in_time(series: Series) -> np.ndarray:
    """Return the rows that have a stamp, series by series, in each in the order of time."""
    present = np.flatnonzero(~np.isnan(series.stamps))
    return present[np.lexsort((series.stamps[present], series.keys[present]))]


def _by_stamp(series: Series, values: np.ndarray) -> _Groups:
    order = _in_time(series)
    keys, stamps = series.keys[order], series.stamps[order]
    firsts = np.flatnonzero(np.append(True, (keys[1:] != keys[:-1]) | (stamps[1:] != stamps[:-1])))[: len(order)]
    counts = np.diff(np.append(firsts, len(order)))
    means = np.add.reduceat(values[order], firsts, axis=0) / counts[:, None] if len(order) else values[order]
    return _Groups(keys[firsts], stamps[firsts], means)


def _to_row_before(series: Series, values: np.ndarray) -> float:
    """Correlation of the target's ranks with those of the row before, levels of the several series taken off."""
    order = _in_time(series)
    keys, ranks = series.keys[order], np.stack([_ranks(each) for each in values[order].T], axis=1)
    counts = np.maximum(np.bincount(keys), 1)[:, None]
    levels = np.stack([np.bincount(keys, each) for each in ranks.T], axis=1) / counts
    ranks = ranks - levels[keys]
    pairs = np.flatnonzero(keys[1:] == keys[:-1])
    one, other = ranks[pairs], ranks[pairs + 1]
    spread = float((one**2).sum() * (other**2).sum()) ** 0.5
    return float((one * other).sum()) / spread if spread else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return from 0 to 1 where each value stands among all, equal ones in their middle."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return ((np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]) / max(len(values), 1)


def _in_order(
    table: Table, columns: Iterable[Column], clock: Clock, stamps: np.ndarray
) -> tuple[str, np.ndarray] | None:
    """Return what tells series apart where the rows are in the order of time, or series stand one behind the other."""
    steps = np.diff(stamps[~np.isnan(stamps)])
    ups, downs = int((steps > 0).sum()), int((steps < 0).sum())
    several = len(np.unique(stamps)) * FEW_AT_A_STAMP <= len(stamps)
    if min(ups, downs) <= BACKWARDS * (ups + downs):
        if several and clock.parts == ("year",):
            return None  # years of cars or houses are no rows in time
        return _key_of(table, columns, clock, stamps) or ("", np.zeros(len(stamps), np.int64))
    return _blocks(table, columns, clock, stamps) if several else None


def _key_of(table: Table, columns: Iterable[Column], clock: Clock, stamps: np.ndarray) -> tuple[str, np.ndarray] | None:
    """Return the column of stations, shops or stocks: hardly a stamp comes twice within one of its values."""
    levels, places = np.unique(stamps, return_inverse=True)
    distinct = len(levels)
    if distinct * FEW_AT_A_STAMP > len(stamps):
        return None
    most = min(2 * len(stamps) / distinct, len(stamps) / ROWS_OF_A_KEY)
    for name, keys in _keys(table, columns, clock, PAIRS * len(stamps) / distinct, most):
        if len(np.unique(keys * distinct + places.ravel())) >= PAIRS * len(stamps):
            return name, keys
    return None


def _blocks(table: Table, columns: Iterable[Column], clock: Clock, stamps: np.ndarray) -> tuple[str, np.ndarray] | None:
    """Return the column of series that stand one behind the other, each in the order of time."""
    steps = np.diff(np.nan_to_num(stamps, nan=-np.inf))
    for name, keys in _keys(table, columns, clock, 2, len(stamps) / ROWS_OF_A_KEY):
        same = keys[1:] == keys[:-1]
        if (~same).sum() + 1 > 1.05 * (keys.max() + 1):
            continue  # not in blocks
        ups, downs = int((steps[same] > 0).sum()), int((steps[same] < 0).sum())
        moving = 2 * (ups + downs) >= same.sum()
        if moving and min(ups, downs) <= BACKWARDS * (ups + downs):
            return name, keys
    return None


def _keys(
    table: Table, columns: Iterable[Column], clock: Clock, fewest: float, most: float
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield columns of so many different values, as numbers from 0 on; those with fewest values first."""
    own = {column.name for column in clock.columns}
    able = [column for column in columns if column.kind in KEYS and column.name not in own]
    for column in sorted(able, key=lambda column: column.distinct):
        if fewest <= column.distinct + (column.missing > 0) and column.distinct <= most:
            codes = codes_of(table.column(column.name), most)
            if codes is not None:
                yield column.name, codes


def codes_of(values: pl.Series, most: float = np.inf) -> np.ndarray | None:
    """Return a number from 0 on for each different value, a missing one too; None for one value or more than most."""
    import polars as pl

    if values.dtype.is_nested() or values.dtype in (pl.Object, pl.Binary) or not 2 <= values.n_unique() <= most:
        return None
    texts = values.cast(pl.String).fill_null("")
    return texts.unique().sort().search_sorted(texts).to_numpy().astype(np.int64)
