"""Series read from a table: roles of columns, repairs and their notes, many series."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.forecasting.panel import read_panel
from plastica.language import using


def stamps(count, start="2026-01-01", unit="h"):
    return [str(each).replace("T", " ") for each in np.datetime64(start, unit) + np.arange(count)]


def said(panel):
    return " ".join(map(str, panel.notes))


def test_the_only_column_of_numbers_is_the_target_and_the_dates_are_the_time():
    panel = read_panel({"when": [f"{each}:00" for each in stamps(60)], "load": np.arange(60.0), "place": ["x"] * 60})
    assert panel.roles.targets == ("load",) and panel.roles.clock.name == "when" and len(panel) == 1
    assert panel.frequency.step == 3600 and panel.frequency.seasons == (24, 168)
    np.testing.assert_array_equal(panel.values[:, 0], np.arange(60.0))
    assert panel.frequency.shown(panel.positions[-1]) == "2026-01-03 11:00:00"


@pytest.mark.parametrize(
    ("name", "numbers", "step", "first", "last"),
    [
        ("time", 1949 + np.arange(60) / 12, "every month", "1949-01", "1953-12"),
        ("time", np.round(1949 + np.arange(60) / 12, 2), "every month", "1949-01", "1953-12"),
        ("time", 1960 + np.arange(60) / 4, "every quarter", "1960-01", "1974-10"),
        ("time", np.arange(1821, 1881), "every year", "1821-01", "1880-01"),
        ("ts", 1_700_000_000 + 3600 * np.arange(60), "every hour", "2023-11-14 22:13:20", "2023-11-17 09:13:20"),
        (
            "ts",
            1000 * (1_700_000_000 + 3600 * np.arange(60)),
            "every hour",
            "2023-11-14 22:13:20",
            "2023-11-17 09:13:20",
        ),
        ("step", np.arange(60), "a step of 1", "0", "59"),
        ("step", np.arange(1821, 1881), "a step of 1", "1821", "1880"),
        ("id", np.arange(1, 61), "a step of 1", "1", "60"),
    ],
)
@pytest.mark.parametrize("given", [False, True])
def test_numbers_that_give_the_time(name, numbers, step, first, last, given):
    table = {name: numbers, "load": np.random.default_rng(0).normal(size=60)}
    panel = read_panel(table, **({"time": name} if given else {}))
    assert panel.roles.clock.name == name and panel.roles.targets == ("load",)
    assert str(panel.frequency.words) == step
    assert [panel.frequency.shown(panel.positions[each]) for each in (0, -1)] == [first, last]


def test_numbers_that_fall_are_no_time():
    with pytest.raises(DataError, match=r"add one, such as 1, 2, 3"):
        read_panel({"step": np.arange(60)[::-1], "load": np.random.default_rng(0).normal(size=60)})


def test_many_series_are_found_by_the_column_that_tells_them_apart():
    days = stamps(40, unit="D")
    table = {"day": days * 2 + days[5:], "shop": ["b"] * 40 + ["a"] * 40 + ["c"] * 35, "sold": np.arange(115.0)}
    panel = read_panel(table)
    assert (
        panel.names == ("a", "b", "c") and panel.roles.group == "shop" and "tells several series apart" in said(panel)
    )
    np.testing.assert_array_equal(panel.values[panel.bounds[0] : panel.bounds[1], 0], np.arange(40.0, 80.0))
    np.testing.assert_array_equal(panel.bounds, [0, 40, 80, 115])
    assert panel.starts[2] == panel.starts[0] + 5
    np.testing.assert_array_equal(panel.positions[80:83] - panel.starts[0], [5, 6, 7])
    np.testing.assert_array_equal(np.bincount(panel.series), [40, 40, 35])


def test_series_of_different_lengths_are_found_though_few_time_stamps_repeat():
    hours = stamps(500)
    lengths = {"a": 500, "b": 300, "c": 120, "d": 20}
    table = {
        "hour": [f"{each}:00" for length in lengths.values() for each in hours[:length]],
        "shop": [name for name, length in lengths.items() for _ in range(length)],
        "sold": np.arange(float(sum(lengths.values()))),
    }
    panel = read_panel(table)
    assert panel.names == tuple(lengths) and np.diff(panel.bounds).tolist() == list(lengths.values())
    # Rows of one hour that differ in a word are no series: the word does not go on from hour to hour.
    twice = sorted([*range(300), *range(0, 300, 4)])
    words = np.random.default_rng(0).choice(["rain", "fog", "sun"], len(twice)).tolist()
    mixed = {"hour": [f"{hours[each]}:00" for each in twice], "weather": words, "cars": [float(each) for each in twice]}
    panel = read_panel(mixed)
    assert panel.roles.group == "" and "75 rows repeat a time stamp (0 stamps with different values)" in said(panel)


def test_repairs_are_notes_in_both_languages():
    hours = [f"{each}:00" for each in stamps(300)]
    values = 280 + np.sin(np.arange(300.0))
    values[17] = 0.0
    order = [1, 0, *range(2, 100), *range(110, 300), 299]
    panel = read_panel({"t": [hours[each] for each in order], "kelvin": values[order]})
    text = said(panel)
    assert "1 row is not in the order of time" in text and "1 row repeats a time stamp" in text
    assert "1 value of 'kelvin' is impossible (0)" in text
    assert "11 steps have no value (3.7 %; the longest hole has 10, from 2026-01-05 04:00:00)" in text
    assert np.isnan(panel.values[[17, *range(100, 110)], 0]).all() and np.isnan(panel.values).sum() == 11
    with using("zh"):
        assert "已排序" in "".join(each.said() for each in panel.notes)


def test_offsets_in_some_stamps_only_are_a_note():
    hours = [f"{each}:00" for each in stamps(50)]
    mixed = [f"{each}+00:00" if place < 20 else each for place, each in enumerate(hours)]
    assert "20 time stamps have an offset from UTC" in said(read_panel({"t": mixed, "v": np.arange(50.0)}))


def test_covariates_follow_the_targets():
    table = {"t": stamps(30, unit="D"), "y": np.arange(30.0), "rain": np.arange(30.0)[::-1], "open": ["yes", "no"] * 15}
    panel = read_panel(table, target="y", past=["rain"], known=["open"])
    np.testing.assert_array_equal(panel.values[1], [1.0, 28.0, 0.0])
    assert panel.targets.shape == (30, 1)


DAYS = stamps(60, unit="D")
OTHERS = stamps(60, "2001-05-05", "D")


@pytest.mark.parametrize(
    ("table", "given", "message"),
    [
        ({"a": ["x", "y"] * 30, "v": np.arange(60.0)}, {}, r"no column of dates or times \(it has 'a', 'v'\)"),
        ({"a": DAYS, "b": OTHERS, "v": np.arange(60.0)}, {}, "two columns that could be the time, 'a' and 'b'"),
        ({"a": DAYS, "v": np.arange(60.0), "w": np.ones(60)}, {"target": "u"}, "u"),
        ({"a": DAYS, "v": np.arange(60.0) ** 1.5, "w": np.sin(np.arange(60.0))}, {}, "2 columns of numbers; choose"),
        ({"a": DAYS, "v": np.full(60, 5.0)}, {}, "no numbers to forecast: 'v' has the same value in every row"),
        ({"a": DAYS, "v": ["x", "y"] * 30}, {}, "no column of numbers to forecast besides 'a'"),
        ({"a": DAYS[:20] * 3, "v": np.arange(60.0)}, {"group": ""}, "40 of 60 rows repeat a time stamp in the table"),
    ],
)
def test_bad_tables_are_one_sentence(table, given, message):
    with pytest.raises(DataError, match=message):
        read_panel(table, **given)


def test_a_column_has_one_role():
    with pytest.raises(InvalidValue, match="'v' has two roles"):
        read_panel({"a": DAYS, "v": np.arange(60.0)}, target="v", known=["v"])
