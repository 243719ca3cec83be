"""Detection of time series: rows in the order of time whose target depends on the previous one."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from plastica.data.clock import find_clocks
from plastica.data.columns import infer_columns
from plastica.data.reading import read_table
from plastica.data.series import Series, earlier, find_series

ROWS = 600
HOURS = np.datetime64("2024-01-01T00:00") + np.arange(ROWS) * np.timedelta64(1, "h")


def walk(rows: int = ROWS, memory: float = 0.8, seed: int = 0) -> np.ndarray:
    """Return an autoregressive series with autocorrelation ``memory``."""
    draw = np.random.default_rng(seed).standard_normal(rows)
    for row in range(1, rows):
        draw[row] += memory * draw[row - 1]
    return draw


def found(columns: dict, y: np.ndarray) -> Series | None:
    table = read_table(pl.DataFrame(columns))
    return find_series(table, infer_columns(table), y.reshape(len(y), -1))


def text(stamps: np.ndarray) -> list[str]:
    return [str(each).replace("T", " ") for each in stamps]


def test_the_correlation_is_that_of_the_ranks_one_stamp_before():
    from scipy.stats import spearmanr

    y = walk()
    made = found({"ts": text(HOURS)}, y)
    assert made is not None and made.season == ("yesterday", 86400) and str(*made.rhythm) == "every hour"
    assert made.correlation == pytest.approx(spearmanr(y[1:], y[:-1]).statistic, abs=0.01)


@pytest.mark.parametrize(
    "stamps",
    [
        HOURS[::-1],  # the newest first
        np.where(np.arange(ROWS) % 150 == 0, HOURS - np.timedelta64(90, "m"), HOURS),  # nearly in order
        np.delete(np.repeat(HOURS, 1 + (np.arange(ROWS) % 7 == 0)), np.s_[:86]),  # holes and duplicates
        HOURS.astype("datetime64[D]"),  # 24 rows a day
    ],
)
def test_rows_nearly_in_order_are_a_series(stamps):
    assert found({"when": text(stamps)}, walk()) is not None
    assert found({"when": pl.Series(stamps.astype("datetime64[us]"))}, walk()) is not None


def test_year_month_day_and_hour_in_columns_of_their_own_are_a_clock():
    whole = pl.Series(HOURS.astype("datetime64[us]"))
    parts = {name: getattr(whole.dt, name)() for name in ("year", "month", "day", "hour")}
    (clock, stamps), *_ = find_clocks(table := read_table(pl.DataFrame(parts)), infer_columns(table))
    np.testing.assert_array_equal(stamps, HOURS.astype("datetime64[s]").astype(float))
    assert clock.name == "year, month, day, hour" and found(parts, walk()) is not None
    named = {"arrival_year": parts["year"], "arrival_month": whole.dt.strftime("%B"), "arrival_day": parts["day"]}
    days = {"day": text(HOURS.astype("datetime64[D]")), "hr": parts["hour"]}
    for columns, name in ((named, "arrival_year, arrival_month, arrival_day"), (days, "day, hr")):
        made = found(columns, walk())
        assert made is not None and made.clock.name == name
        np.testing.assert_array_equal(np.unique(made.stamps // 86400), np.unique(stamps // 86400))


@pytest.mark.parametrize("by_station", [True, False])
def test_stations_are_told_apart_whichever_way_the_rows_are_sorted(by_station):
    each = np.stack([walk(200, seed=seed) + 5 * seed for seed in range(3)])  # stations by hours
    stations, hours = np.repeat(["a", "b", "c"], 200), np.tile(HOURS[:200], 3)
    order = np.arange(600) if by_station else np.argsort(hours, kind="stable")
    y = each.ravel()[order]
    columns = {"station": stations[order], "load": np.random.default_rng(1).random(600), "time": text(hours[order])}
    made = found(columns, y)
    assert made is not None and made.key == "station"
    rows = np.arange(600)
    before = earlier(made, y[:, None], rows)[:, 0]
    expected = np.concatenate([np.full((3, 1), np.nan), each[:, :-1]], axis=1).ravel()[order]
    np.testing.assert_allclose(before, expected)
    independent = found(columns, np.random.default_rng(2).standard_normal(600) + 5 * (stations[order] == "b"))
    assert independent is None  # different levels of stations are not autocorrelation


@pytest.mark.parametrize(
    ("columns", "y"),
    [
        ({"ts": text(HOURS)}, np.random.default_rng(0).standard_normal(ROWS)),  # no dependence on earlier values
        ({"ts": text(np.random.default_rng(3).permutation(HOURS))}, walk()),  # in no order
        ({"date of birth": text(HOURS)}, walk()),
        ({"ts": text(HOURS[:20])}, np.arange(20.0)),  # too few time stamps
        ({"month": np.arange(ROWS) % 12 + 1, "x": walk()}, walk()),  # of which year?
        ({"year": np.repeat(np.arange(1970, 2000), 20), "x": walk()}, walk()),  # cars by their year
        ({"x": np.arange(ROWS)}, walk()),
    ],
)
def test_what_is_no_series(columns, y):
    assert found(columns, y) is None


def test_the_value_of_a_season_before_is_the_last_one_known_by_then():
    y = np.arange(60.0)[:, None]
    stamps = np.delete(np.arange(62.0), [10, 11]) * 3600  # two hours are missing
    made = Series(None, stamps, np.zeros(60, int), "", 0.0, 3600.0)  # type: ignore[arg-type]
    last, day = earlier(made, y, np.arange(60))[:, 0], earlier(made, y, np.arange(60), lag=86400)[:, 0]
    assert np.isnan(last[0]) and (last[1:] == np.arange(59)).all()
    known = [np.flatnonzero(stamps <= stamp - 86400)[-1:] for stamp in stamps]
    np.testing.assert_array_equal(day, [y[rows[0], 0] if len(rows) else np.nan for rows in known])
    twice = Series(None, np.array([0.0, 0, 5, 5]), np.zeros(4, int), "", 0.0, 5.0)  # type: ignore[arg-type]
    np.testing.assert_array_equal(earlier(twice, y[:4], np.arange(4))[:, 0], [np.nan, np.nan, 0.5, 0.5])


@pytest.mark.parametrize(
    ("step", "unit", "season"),
    [("5", "m", ("yesterday", 86400)), ("1", "D", ("last_week", 7 * 86400)), ("7", "D", ("last_year", 364 * 86400))],
)
def test_the_season_follows_from_the_spacing(step, unit, season):
    stamps = np.datetime64("2020-01-01T00:00") + np.arange(1000) * np.timedelta64(int(step), unit)
    made = found({"date": text(stamps)}, walk(1000))
    assert made is not None and made.season == season


def test_of_months_the_same_month_of_the_year_before_is_met():
    months = (np.datetime64("2010-01") + np.arange(100)).astype("datetime64[D]")
    made = found({"date": text(months)}, walk(100))
    assert made is not None and made.season is not None and made.season[0] == "last_year"
    before = earlier(made, np.arange(100.0)[:, None], np.arange(12, 100), made.season[1])[:, 0]
    np.testing.assert_array_equal(before, np.arange(88))
