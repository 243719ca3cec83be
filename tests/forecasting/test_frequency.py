"""The frequency of time stamps: exact, jittered, with gaps, months, closed hours."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError
from plastica.forecasting.calendar import calendar_features
from plastica.forecasting.frequency import Frequency, find_frequency

HOUR, DAY = 3600.0, 86_400.0
RANDOM = np.random.default_rng(0)


def seconds(texts):
    return np.array(texts, "datetime64[s]").astype(np.int64).astype(np.float64)


@pytest.mark.parametrize("step", [1.0, 60.0, 900.0, HOUR, 6 * HOUR, DAY, 7 * DAY])
def test_even_steps_are_found_in_spite_of_gaps_and_disorder(step):
    stamps = np.arange(200) * step + 4 * step
    kept = RANDOM.permutation(np.delete(stamps, [3, 4, 5, 90]))
    found = find_frequency(np.concatenate([kept, kept[:9]]))
    assert (found.step, found.unit, found.slots) == (step, "second", (0,))
    np.testing.assert_array_equal(found.stamps(found.positions(stamps)), stamps)


def test_stamps_that_are_not_exact_have_the_usual_step_near_their_median():
    whole = np.arange(0, 40 * DAY, 1800)
    found = find_frequency(whole + RANDOM.normal(0, 120, len(whole)).round())
    assert (found.step, found.phase) == (1800.0, 0.0)


def test_steps_off_the_hour_keep_their_phase():
    assert find_frequency(np.arange(100) * HOUR + 1500).phase == 1500.0


def test_months_quarters_and_years_are_counted_in_months():
    months = np.arange("1990-01", "2001-01", dtype="datetime64[M]")
    monthly = find_frequency(seconds(months))
    assert (monthly.step, monthly.unit, monthly.seasons) == (1.0, "month", (12,))
    np.testing.assert_array_equal(monthly.stamps(monthly.positions(seconds(months))), seconds(months))
    assert find_frequency(seconds(months[1::3])).step == 3.0
    assert find_frequency(seconds(months[::12])).step == 12.0
    assert find_frequency(seconds(months[::10])).step == 2.0  # October, August, June ...
    ends = (months + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    assert find_frequency(seconds(ends)).unit == "month"


@pytest.mark.parametrize("years", [2, 4, 10])
def test_a_census_has_a_value_every_few_years(years):
    census = np.arange("1790", "2021", years, dtype="datetime64[Y]")
    found = find_frequency(seconds(np.delete(census, 3)))
    assert (found.step, found.seasons, str(found.words)) == (12.0 * years, (), f"every {years} years")
    np.testing.assert_array_equal(found.stamps(found.positions(seconds(census))), seconds(census))


def test_closed_hours_and_days_are_left_out_of_the_axis():
    hours = np.arange(0, 70 * DAY, HOUR)
    shop = hours[((hours % DAY) // HOUR >= 8) & ((hours % DAY) // HOUR < 18)]
    found = find_frequency(shop)
    assert (found.cycle, found.slots, found.seasons) == (24, tuple(range(8, 18)), (10, 70))
    np.testing.assert_array_equal(found.positions(shop), np.arange(len(shop)) + found.positions(shop)[0])
    np.testing.assert_array_equal(found.stamps(found.positions(shop)), shop)
    working = shop[((shop // DAY) + 3) % 7 < 5]  # from Monday to Friday
    week = find_frequency(working)
    assert (len(week.slots), week.seasons) == (50, (10, 50))
    np.testing.assert_array_equal(week.stamps(week.positions(working)), working)
    exchange = find_frequency(np.unique(working // DAY) * DAY)
    assert (exchange.step, len(exchange.slots), exchange.seasons[0]) == (DAY, 5, 5)


def test_numbers_have_no_calendar():
    found = find_frequency(np.array([0.5, 1.0, 1.5, 3.0]), is_calendar=False)
    assert (found.step, found.unit, found.phase, found.seasons) == (0.5, "number", 0.5, ())
    assert calendar_features(found, np.arange(3)).shape == (3, 0)


def test_seasons_are_those_of_the_calendar():
    assert Frequency(HOUR).seasons == (24, 168)
    assert Frequency(900.0).seasons == (96, 672)
    assert Frequency(DAY).seasons == (7, 365)
    assert Frequency(7 * DAY).seasons == (52,)


def test_too_few_stamps_are_an_error():
    with pytest.raises(DataError, match="2 distinct time stamps"):
        find_frequency(np.array([0.0, 5.0, 5.0]))


def test_the_calendar_of_a_step_is_that_of_its_date():
    hours = np.arange("2024-02-26", "2024-03-04", dtype="datetime64[h]")  # a Monday, and a 29 February
    stamps = seconds(hours)
    features = calendar_features(Frequency(HOUR), (stamps / HOUR).astype(int))
    np.testing.assert_array_equal(features[:, :24].argmax(1), np.tile(np.arange(24), 7))
    np.testing.assert_array_equal(features[:, 24:31].argmax(1), np.repeat(np.arange(7), 24))
    of_year = np.repeat(np.arange(56, 63), 24) / 366
    np.testing.assert_allclose(features[:, 31], np.sin(2 * np.pi * of_year))
    assert features.shape[1] == 24 + 7 + 4
