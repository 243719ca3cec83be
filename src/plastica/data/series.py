"""Detection of time series: rows in the order of time whose target depends on that of the row before.

Consecutive rows are similar. If rows are assigned to the test set at random, their neighbours are in the training set,
and the test metrics do not show how well the future is predicted. A table counts as a time series if

- a date column, or year and month columns, are ascending or descending: at most one step in a hundred has the opposite
  direction (:data:`BACKWARDS`); with several series in one table, one after another, this applies to each;
- there are at least :data:`ENOUGH` distinct time stamps, and at most one row in twenty has none;
- the rank of the target correlates significantly with that of the row before in the same series:
  ``r > max(0.1, 3 / sqrt(pairs))``, three standard deviations for independent values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..notes import Note, note
from ..typing import Float, Int
from .clock import Clock, find_clocks
from .column import Column
from .table import Table

if TYPE_CHECKING:
    import polars as pl

ENOUGH = 24  # distinct time stamps
BACKWARDS = 0.01  # of the steps between rows may have the opposite direction
WEAKEST = 0.1  # correlation; weaker ones hardly affect the metrics of a random split
DEVIATIONS = 3.0  # standard deviations beyond which a correlation is significant
FEW_AT_A_STAMP = 2.0  # mean rows per time stamp from which there are several series
PAIRS = 0.95  # of the rows have a unique time stamp within their series
ROWS_OF_A_KEY = 10  # minimum mean rows per series
KEYS = ("category", "boolean", "identifier", "number", "text")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
SPACINGS = {
    "second": 1.0,
    "minute": MINUTE,
    "hour": HOUR,
    "day": DAY,
    "week": 7 * DAY,
    "month": 30.4 * DAY,
    "quarter": 91.3 * DAY,
    "year": 365.2 * DAY,
}


@dataclass(frozen=True, eq=False)
class Series:
    """Rows in the order of time.

    Args:
        clock: The columns that give the time of each row.
        stamps: The time stamps, as returned by :meth:`Clock.read`; NaN if missing.
        keys: The series of each row, as a number from 0.
        key: The column that distinguishes the series; empty for a single series.
        correlation: Of the target's rank with that of the row before in time.
        spacing: The median distance between consecutive time stamps, in seconds or numbers.
    """

    clock: Clock
    stamps: np.ndarray
    keys: np.ndarray
    key: str
    correlation: float
    spacing: float

    @property
    def season(self) -> tuple[str, float] | None:
        """The season for the spacing, as the name of a baseline and in seconds, or None.

        A day for spacings below half a day, a week for daily rows, a year for weekly, monthly and quarterly rows.
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
            period = 364 * DAY  # 52 weeks, to compare with the same day of the week
        return (name, period) if np.ptp(present) >= 2 * period else None

    @property
    def rhythm(self) -> tuple[Note, ...]:
        """The distance between time stamps; empty if they are not dates."""
        if not self.clock.is_calendar or self.spacing < 1:
            return ()
        unit = [name for name, length in SPACINGS.items() if length <= 1.03 * self.spacing][-1]
        times = self.spacing / SPACINGS[unit]
        if abs(times - 1) < 0.05:
            return (note(f"rhythm.{unit}"),)
        return (note(f"rhythm.{unit}s", times=f"{times:.3g}"),)

    @property
    def threshold(self) -> float:
        """The correlation above which the target depends on that of the row before."""
        keys = self.keys[_in_time(self)]
        pairs = int((keys[1:] == keys[:-1]).sum())
        return max(WEAKEST, DEVIATIONS / max(pairs, 1) ** 0.5)

    @property
    def is_dependent(self) -> bool:
        """Whether the target depends significantly on that of the row before."""
        return self.correlation > self.threshold


def find_series(table: Table, columns: Sequence[Column], values: Float[np.ndarray, "rows columns"]) -> Series | None:
    """Return the series if a table is a time series by the rule above, otherwise None.

    Args:
        table: The rows.
        columns: The descriptions of the columns, without the target.
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
    stamps: Float[np.ndarray, "rows"],
    values: Float[np.ndarray, "rows columns"],
    keyed: tuple[str, np.ndarray] | None = None,
) -> Series:
    """Return rows as a series with the given clock, whatever their order.

    Args:
        table, columns, values: As for :func:`find_series`.
        clock: The columns that give the time of each row.
        stamps: Its time stamps.
        keyed: The column that distinguishes several series, and the series of each row; None detects it.
    """
    key, keys = keyed or _key_of(table, columns, clock, stamps) or ("", np.zeros(len(stamps), np.int64))
    found = np.unique(stamps[~np.isnan(stamps)])
    spacing = float(np.median(np.diff(found))) if len(found) > 1 else 0.0
    made = Series(clock, stamps, keys, key, 0.0, spacing)
    return replace(made, correlation=_to_row_before(made, values))


def earlier(
    series: Series, values: Float[np.ndarray, "rows columns"], rows: Int[np.ndarray, "chosen"], lag: float = 0.0
) -> Float[np.ndarray, "chosen columns"]:
    """Return for each of ``rows`` the last known value of its series, ``(rows, outputs)``, NaN if there is none.

    The value is the mean over the rows of one time stamp.

    Args:
        series: The series with the time stamps of all rows.
        values: The values of all rows, ``(all rows, outputs)``.
        rows: The rows of interest.
        lag: The minimum time between the value and the row; 0 uses the time stamp before.
    """
    groups = _by_stamp(series, values)
    levels, keys = np.unique(groups.stamps), groups.keys
    wide = len(levels) + 1
    places = keys * wide + np.searchsorted(levels, groups.stamps)  # ascending: by series, then by time stamp
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
    """The means over rows with the same series and time stamp, sorted by series, then by time stamp."""

    keys: np.ndarray
    stamps: np.ndarray
    means: np.ndarray


def _in_time(series: Series) -> Int[np.ndarray, "rows"]:
    """Return the rows with a time stamp, sorted by series, then by time."""
    present = np.flatnonzero(~np.isnan(series.stamps))
    return present[np.lexsort((series.stamps[present], series.keys[present]))]


def _by_stamp(series: Series, values: Float[np.ndarray, "rows columns"]) -> _Groups:
    order = _in_time(series)
    keys, stamps = series.keys[order], series.stamps[order]
    firsts = np.flatnonzero(np.append(True, (keys[1:] != keys[:-1]) | (stamps[1:] != stamps[:-1])))[: len(order)]
    counts = np.diff(np.append(firsts, len(order)))
    means = np.add.reduceat(values[order], firsts, axis=0) / counts[:, None] if len(order) else values[order]
    return _Groups(keys[firsts], stamps[firsts], means)


def _to_row_before(series: Series, values: Float[np.ndarray, "rows columns"]) -> float:
    """Return the correlation of the target's ranks with those of the row before, after removing series means."""
    order = _in_time(series)
    keys, ranks = series.keys[order], np.stack([_ranks(each) for each in values[order].T], axis=1)
    counts = np.maximum(np.bincount(keys), 1)[:, None]
    levels = np.stack([np.bincount(keys, each) for each in ranks.T], axis=1) / counts
    ranks = ranks - levels[keys]
    pairs = np.flatnonzero(keys[1:] == keys[:-1])
    one, other = ranks[pairs], ranks[pairs + 1]
    spread = float((one**2).sum() * (other**2).sum()) ** 0.5
    return float((one * other).sum()) / spread if spread else 0.0


def _ranks(values: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows"]:
    """Return the rank of each value, scaled from 0 to 1; ties have their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return ((np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]) / max(len(values), 1)


def _in_order(
    table: Table, columns: Iterable[Column], clock: Clock, stamps: Float[np.ndarray, "rows"]
) -> tuple[str, np.ndarray] | None:
    """Return the key and the series of each row if rows are in the order of time, overall or within each series."""
    steps = np.diff(stamps[~np.isnan(stamps)])
    ups, downs = int((steps > 0).sum()), int((steps < 0).sum())
    several = len(np.unique(stamps)) * FEW_AT_A_STAMP <= len(stamps)
    if min(ups, downs) <= BACKWARDS * (ups + downs):
        if several and clock.parts == ("year",):
            return None  # years of manufacture or construction do not make a time series
        return _key_of(table, columns, clock, stamps) or ("", np.zeros(len(stamps), np.int64))
    return _blocks(table, columns, clock, stamps) if several else None


def _key_of(
    table: Table, columns: Iterable[Column], clock: Clock, stamps: Float[np.ndarray, "rows"]
) -> tuple[str, np.ndarray] | None:
    """Return the column of stations, shops or stocks: time stamps are almost unique within each of its values."""
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
    """Return the column that distinguishes series stored one after another, each in the order of time."""
    steps = np.diff(np.nan_to_num(stamps, nan=-np.inf))
    for name, keys in _keys(table, columns, clock, 2, len(stamps) / ROWS_OF_A_KEY):
        same = keys[1:] == keys[:-1]
        if (~same).sum() + 1 > 1.05 * (keys.max() + 1):
            continue  # not contiguous
        ups, downs = int((steps[same] > 0).sum()), int((steps[same] < 0).sum())
        moving = 2 * (ups + downs) >= same.sum()
        if moving and min(ups, downs) <= BACKWARDS * (ups + downs):
            return name, keys
    return None


def _keys(
    table: Table, columns: Iterable[Column], clock: Clock, fewest: float, most: float
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield columns whose number of distinct values is in a range, as numbers from 0, those with the fewest first."""
    own = {column.name for column in clock.columns}
    able = [column for column in columns if column.kind in KEYS and column.name not in own]
    for column in sorted(able, key=lambda column: column.distinct):
        if fewest <= column.distinct + (column.missing > 0) and column.distinct <= most:
            codes = codes_of(table.column(column.name), most)
            if codes is not None:
                yield column.name, codes


def codes_of(values: pl.Series, most: float = np.inf) -> Int[np.ndarray, "rows"] | None:
    """Return a number from 0 for each distinct value, including missing; None for one value or more than ``most``."""
    import polars as pl

    if (
        values.dtype.is_nested()
        or isinstance(values.dtype, (pl.Object, pl.Binary))
        or not 2 <= values.n_unique() <= most
    ):
        return None
    texts = values.cast(pl.String).fill_null("")
    return texts.unique().sort().search_sorted(texts).to_numpy().astype(np.int64)
