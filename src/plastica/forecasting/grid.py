"""A series on its regular grid: rows sorted, repeated time stamps merged, holes left empty and counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..typing import Float, Int
from .frequency import DAY, HOUR, Frequency

MARCH, APRIL, OCTOBER, NOVEMBER = 3, 4, 10, 11
NIGHT = 5  # clocks change before this hour
FAR = 3.0  # ranges of the central 99 % of the values, beyond which a value is impossible
CENTRAL = (0.5, 99.5)


class Gridded(NamedTuple):
    """One series on its grid, and what was repaired.

    Attributes:
        start: The position of the first step.
        values: The values, NaN for holes, ``(time, columns)``.
        unsorted: The number of rows before whose predecessor's time stamp.
        repeated: The number of rows whose time stamp had occurred before.
        conflicting: The number of these with other values in the first column.
        daylight_saving: The number of holes and repeated hours that are due to a change of clocks.
    """

    start: int
    values: Float[np.ndarray, "time columns"]
    unsorted: int
    repeated: int
    conflicting: int
    daylight_saving: int

    @property
    def holes(self) -> int:
        """The number of steps without a value in the first column."""
        return int(np.isnan(self.values[:, 0]).sum())

    @property
    def longest(self) -> tuple[int, int]:
        """The first step and the length of the longest hole in the first column."""
        return longest_run(np.isnan(self.values[:, 0]))


def longest_run(marked: np.ndarray) -> tuple[int, int]:
    """Return the first place and the length of the longest run of marked steps.

    Example:
        >>> longest_run(np.array([True, False, True, True]))
        (2, 2)
    """
    edges = _edges(marked)
    firsts, lengths = edges[::2], run_lengths(marked)
    return (int(firsts[lengths.argmax()]), int(lengths.max())) if len(firsts) else (0, 0)


def run_lengths(marked: np.ndarray) -> np.ndarray:
    """Return the length of each run of marked steps."""
    edges = _edges(marked)
    return edges[1::2] - edges[::2]


def _edges(marked: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))


def on_grid(
    stamps: Float[np.ndarray, "rows"], values: Float[np.ndarray, "rows columns"], frequency: Frequency
) -> Gridded:
    """Return the rows of one series on its grid; values with one time stamp are averaged.

    Args:
        stamps: The finite time stamp of each row, in any order.
        values: The values of each row, NaN for missing ones.
        frequency: The frequency; no row is in a closed slot.
    """
    positions = frequency.positions(stamps)
    start = int(positions.min())
    places = positions - start
    counts = np.bincount(places)
    made = np.stack([_means(places, column, len(counts)) for column in values.T], axis=1)
    first = values[:, 0]
    off = np.abs(first - made[places, 0]) > 1e-9 * np.maximum(np.abs(first), 1)
    return Gridded(
        start,
        made,
        int((np.diff(positions) < 0).sum()),
        int((counts - 1)[counts > 1].sum()),
        len(np.unique(places[off])),
        _daylight_saving(counts, start, frequency),
    )


def _means(places: Int[np.ndarray, "rows"], column: Float[np.ndarray, "rows"], size: int) -> np.ndarray:
    there = ~np.isnan(column)
    counts = np.bincount(places[there], minlength=size)
    sums = np.bincount(places[there], column[there], minlength=size)
    return np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)


def _daylight_saving(counts: Int[np.ndarray, "time"], start: int, frequency: Frequency) -> int:
    """Return how many hours are missing in spring or repeated in autumn, on a Sunday night as clocks change."""
    if frequency.unit != "second" or frequency.step > HOUR or len(frequency.slots) != frequency.cycle:
        return 0
    odd = np.flatnonzero(counts != 1)
    stamps = frequency.stamps(odd + start)
    days = frequency.moments(odd + start).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    nights = ((days.astype(np.int64) + 3) % 7 == 6) & (stamps % DAY < NIGHT * HOUR)
    spring = nights & np.isin(months, (MARCH, APRIL)) & (counts[odd] == 0)
    autumn = nights & np.isin(months, (OCTOBER, NOVEMBER)) & (counts[odd] > 1)
    per_hour = round(HOUR / frequency.step)
    # One such hour may be chance or an outage; clocks change twice a year.
    of_days = [len(np.unique(days[which])) for which in (spring, autumn)]
    found = int(spring.sum() + autumn.sum()) // per_hour
    return found if min(of_days) >= 1 and found <= 2 * sum(of_days) else 0


def impossible(values: Float[np.ndarray, "rows"]) -> np.ndarray:
    """Return which values are impossible: isolated, and far outside of the range of all others.

    A value is impossible if its distance from the central 99 % is more than three times their range: a temperature of
    0 K, 9,831 mm of rain in an hour. Rare peaks of a series whose central values are all equal are not.

    Example:
        >>> impossible(np.array([*np.arange(1000.0) % 30, 9831.0])).sum()
        np.int64(1)
    """
    present = values[np.isfinite(values)]
    if len(present) < 100:
        return np.zeros(len(values), bool)
    low, high = np.percentile(present, CENTRAL)
    reach = FAR * (high - low)
    if reach == 0:
        return np.zeros(len(values), bool)
    return (values < low - reach) | (values > high + reach)
