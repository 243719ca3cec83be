"""A series on its grid: order, repeated stamps, holes, changes of clocks, impossible values."""

from __future__ import annotations

import numpy as np

from plastica.forecasting.frequency import Frequency
from plastica.forecasting.grid import impossible, longest_run, on_grid

HOUR = 3600.0
HOURLY = Frequency(HOUR)


def test_rows_are_sorted_and_repeated_stamps_averaged():
    made = on_grid(np.array([3, 1, 1, 5, 5]) * HOUR, np.array([[3.0], [1.0], [2.0], [5.0], [5.0]]), HOURLY)
    np.testing.assert_array_equal(made.values[:, 0], [1.5, np.nan, 3.0, np.nan, 5.0])
    assert (made.start, made.unsorted, made.repeated, made.conflicting, made.holes) == (1, 1, 2, 1, 2)


def test_a_missing_cell_of_a_repeated_stamp_does_not_count():
    made = on_grid(np.array([1, 1, 2]) * HOUR, np.array([[4.0, np.nan], [4.0, 7.0], [np.nan, 8.0]]), HOURLY)
    np.testing.assert_array_equal(made.values, [[4.0, 7.0], [np.nan, 8.0]])
    assert made.longest == (1, 1)


def test_the_longest_run_is_found_at_the_ends_too():
    assert longest_run(np.array([True, True, False, True])) == (0, 2)
    assert longest_run(np.zeros(3, bool)) == (0, 0)


def test_changes_of_clocks_are_told_from_other_holes():
    moments = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[h]")
    stamps = moments.astype("datetime64[s]").astype(np.int64).astype(float)
    spring, autumn = np.flatnonzero(np.isin(moments, np.array(["2023-03-26T02", "2023-10-29T02"], "datetime64[h]")))
    local = np.insert(np.delete(stamps, spring), autumn - 1, stamps[autumn])
    values = np.arange(len(local), dtype=float)[:, None]
    assert on_grid(local, values, HOURLY).daylight_saving == 2
    assert on_grid(stamps, np.ones((len(stamps), 1)), HOURLY).daylight_saving == 0
    assert on_grid(np.delete(stamps, 5000), np.ones((len(stamps) - 1, 1)), HOURLY).daylight_saving == 0


def test_impossible_values_are_isolated_and_far_away():
    kelvin = 280 + 15 * np.sin(np.arange(2000.0) / 9)
    kelvin[[7, 70]] = 0.0
    np.testing.assert_array_equal(np.flatnonzero(impossible(kelvin)), [7, 70])
    assert not impossible(np.random.default_rng(0).lognormal(0, 1, 5000)).any()
    assert not impossible(np.array([0.0] * 500 + [3.0])).any()
    assert not impossible(np.array([1.0, 2.0, 1000.0])).any()
