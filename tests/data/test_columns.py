"""Inference of column kinds from all values, with notes on assumptions."""

import json
import math

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.data.columns import Column, infer_columns
from plastica.data.dates import calendar
from plastica.data.declared import Declared
from plastica.data.reading import read_table
from plastica.data.values import read_booleans, read_categories, read_dates, read_numbers
from plastica.errors import DataError


def column(values, **others):
    table = read_table({"c": values, **others})
    return infer_columns(table)[0], table


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1", "2", "-3"], [1, 2, -3]),
        (["1.5", ".5", "1e3"], [1.5, 0.5, 1000]),
        (["1,5", "2", "0,25"], [1.5, 2, 0.25]),
        (["1,234", "5"], [1234, 5]),
        (["1,234.5", "1,234,567"], [1234.5, 1234567]),
        (["1.234,5", "1.234.567"], [1234.5, 1234567]),
        (["1 234", "5"], [1234, 5]),
        (["1\u00a0234,5", "5"], [1234.5, 5]),
        (["1'234.5", "5"], [1234.5, 5]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["12 %", "3%"], [12, 3]),
        (["€5", "€ 1,200.50"], [5, 1200.5]),
        (["-$5", "$6"], [-5, 6]),
        (["5 ¥", "6¥"], [5, 6]),
        (["−5", "+3"], [-5, 3]),
        (["5 kg", "6.5kg", "1,200 kg"], [5, 6.5, 1200]),
        (["1 year", "2 years", "3 years"], [1, 2, 3]),
        (["5 kg", "6 kgs", "7.5 kg"], [5, 6, 7.5]),
        (["75 m2", "80 m2"], [75, 80]),
        (["12 元", "3元", "1.5元"], [12, 3, 1.5]),
        (["CHF 5.20", "CHF 1'000.50"], [5.2, 1000.5]),
        (["Rs. 1,23,456", "Rs.12,34,567"], [123456, 1234567]),
        (["₹1,23,456", "₹999"], [123456, 999]),
        (['47"', '50"'], [47, 50]),
        (["49.5°", "-3°"], [49.5, -3]),
        (["1,000+", "500+"], [1000, 500]),
        (["1,5 km/h", "12,25 km/h"], [1.5, 12.25]),
        (["74 bhp"] * 18 + ["null bhp"], [*[74] * 18, math.nan]),
        (["1e3", "2e3", "1,5"], [1000, 2000, 1.5]),
        ([" 1 ", "2"], [1, 2]),
        (["1", "NA", "?", "-", "", "null", "None", "nan", "#N/A", None], [1, *[math.nan] * 9]),
    ],
)
def test_numbers_as_people_write_them(texts, numbers):
    found, table = column([*texts, "2"] if found_constant(numbers) else texts)
    assert found.kind == "number"
    np.testing.assert_array_equal(read_numbers(table, found)[: len(numbers)], numbers)


def found_constant(numbers):
    return len({number for number in numbers if number == number}) < 2


def test_assumptions_are_said():
    assert "commas are read as thousands separators (it could be read otherwise)" in column(["1,234", "5"])[0].note
    assert "the comma is read as the decimal point" in column(["1,5", "2,25"])[0].note
    assert "the unit % is removed" in column(["1%", "2%"])[0].note
    assert column(["1", "2.5"])[0].note == ""


@pytest.mark.parametrize(
    "texts",
    [
        ["shop 1", "shop 2"],
        ["T1", "T2"],
        ["12A", "13B"],
        ["5 m", "7 kg"],
        ["10 AM", "11 PM"],
        ["1st", "2nd", "3rd"],
        ["5-7 years", "8-9 years"],
        ["10.0.0.1", "192.168.0.1"],
        ["2 rooms, 1 bath", "3 rooms, 1 bath"],
    ],
)
def test_names_and_mixed_units_are_no_numbers(texts):
    assert column([*texts, *texts])[0].kind == "category"


def test_the_unit_is_said_and_what_has_none_is_missing():
    found, _ = column(["74 bhp"] * 18 + ["80 bhp", "90"])
    assert "the unit bhp is removed. '90' in row index 19 is not a number and is treated as missing" in found.note


@pytest.mark.parametrize(
    ("texts", "numbers", "said"),
    [
        (["(1,234)", "567", "1,000"], [-1234, 567, 1000], "numbers in parentheses are negative"),
        (["($5.50)", "$3.25", "$7.00"], [-5.5, 3.25, 7], "numbers in parentheses are negative"),
        (["5-", "12", "40.5-"], [-5, 12, -40.5], "a minus behind a number makes it negative"),
        (["19M", "201k", "1.5B", "700", "2M"], [19, 0.201, 1500, 0.0007, 2], "numbers are in M"),
        (["$3K", "$1.2M", "$2M"], [0.003, 1.2, 2], "numbers are in M"),
        (["3亿", "200万", "5亿"], [3, 0.02, 5], "numbers are in 亿"),
        (["2h 15m", "45m", "1h"], [2.25, 0.75, 1], "converted to h"),
        (["90 min", "2 hours", "30 min"], [90, 120, 30], "converted to min"),
        (["26:30", "1:15", "0:45"], [26.5, 1.25, 0.75], "hours and minutes"),
        (["4:30", "1:02:30", "59:00"], [4.5, 62.5, 59], "two numbers are minutes and seconds"),
        (["1.80 m", "175 cm", "1.60 m"], [1.8, 1.75, 1.6], "converted to m"),
        (["5'11\"", "6'0\"", "5'6\""], [5 + 11 / 12, 6, 5.5], "converted to '"),
        (["6 months", "2 years", "3 years"], [0.5, 2, 3], "converted to years"),
        (["1,5 kg", "250 g", "2,5 kg"], [1.5, 0.25, 2.5], "the comma is read as the decimal point"),
    ],
)
def test_negative_numbers_of_accounts_and_several_units_of_one_kind(texts, numbers, said):
    table = read_table({"x": texts})
    column = infer_columns(table)[0]
    assert column.kind == "number"
    np.testing.assert_allclose(read_numbers(table, column), numbers, rtol=1e-12)
    assert said in column.note


def test_metres_beside_bare_numbers_are_no_millions():
    found, _ = column(["1.80 m", "1.75", "1.62 m", "1.9"] * 5)
    assert "millions" not in found.note and "are in m" not in found.note
    table = read_table({"x": ["1.80 m"] * 19 + ["1.9"]})
    heights = read_numbers(table, infer_columns(table)[0])
    assert set(heights[:19]) == {1.8} and (np.isnan(heights[19]) or heights[19] == 1.9)


@pytest.mark.parametrize("texts", [["2-", "3", "1-", "2"], ["2-", "3+", "1", "2"], ["12a", "12b", "14", "15"]])
def test_marks_at_school_and_house_numbers_are_no_amounts(texts):
    assert infer_columns(read_table({"x": texts * 5}))[0].kind == "category"


def test_times_of_the_day_are_durations_where_they_are_declared_numbers():
    table = read_table({"x": ["1:30", "0:45", "2:00"] * 9, "y": range(27)})
    assert infer_columns(table)[0].kind == "date"
    column = infer_columns(table, declared=Declared({"x": "number"}))[0]
    assert read_numbers(table, column)[:3].tolist() == [1.5, 0.75, 2.0]


@pytest.mark.parametrize(
    ("texts", "days", "said"),
    [
        (
            ["2024-01-31", "31.01.2024", "February 5, 2024", "07.02.2024"],
            ["2024-01-31", "2024-01-31", "2024-02-05", "2024-02-07"],
            "3 ways",
        ),
        (["2024-W01", "2024-W05", "2020-W53"], ["2024-01-01", "2024-01-29", "2020-12-28"], "ISO week"),
        (["KW 1/2024", "KW 52/2024"], ["2024-01-01", "2024-12-23"], "ISO week"),
        (["2024 H1", "2024 H2"], ["2024-01-01", "2024-07-01"], "half-year"),
        (["1Q24", "4Q24"], ["2024-01-01", "2024-10-01"], "quarter"),
        (["01/2024", "12/2024"], ["2024-01-01", "2024-12-01"], "year and month"),
    ],
)
def test_dates_in_several_forms_and_weeks(texts, days, said):
    table = read_table({"x": texts * 9})
    column = infer_columns(table)[0]
    assert column.kind == "date"
    assert read_dates(table, column)[: len(days)].astype("datetime64[D]").astype(str).tolist() == days
    assert said in column.note


def test_months_without_marks_are_dates_where_the_name_says_so():
    table = read_table({"month": [202311, 202312, 202401] * 9, "x": [202311, 202312, 202401] * 9, "y": range(27)})
    month, other, _ = infer_columns(table)
    assert (month.kind, other.kind) == ("date", "number")
    assert read_dates(table, month)[2] == np.datetime64("2024-01-01")


@pytest.mark.parametrize("texts", [["01/31/2024", "31/01/2024", "01/02/2024"], ["01/02/2024", "2024-01-02"]])
def test_days_and_months_in_both_orders_are_not_guessed(texts):
    found, _ = column(texts * 9)
    assert found.kind == "unreadable"
    assert "may be day/month or month/day" in found.note


def test_a_few_dates_in_the_other_order_are_said():
    found, _ = column([f"{day:02d}/01/2024" for day in range(1, 29)] + ["01/31/2024"])
    assert found.kind == "date"
    assert "'01/31/2024' in row index 28 has day and month in the other order" in found.note


def test_spellings_of_one_word_are_one_value():
    table = read_table({"city": ["Berlin", "berlin", "Berlin", " New  York", "New York", "New York"] * 5})
    found = infer_columns(table)[0]
    assert found.categories == ("Berlin", "New York")
    assert set(read_categories(table, found)) == {"Berlin", "New York"}
    assert "is another spelling of" in found.note
    kept = infer_columns(table, declared=Declared(keep_words=("berlin",)))[0]
    assert "berlin" in kept.categories


def test_short_words_that_differ_in_case_stay_apart_and_it_is_said():
    found, _ = column(["mg", "Mg", "mg", "Cl"] * 9)
    assert set(found.categories) == {"mg", "Mg", "Cl"}
    assert "'Mg' and 'mg' differ only in upper and lower case" in found.note


def test_short_and_long_words_for_yes_and_no():
    found, table = column(["Y", "no", "N", "Yes", "y"] * 9)
    assert read_booleans(table, found)[:5].tolist() == [1, 0, 0, 1, 1]
    assert "is another spelling of 'yes'" in found.note


def test_labels_with_a_unit_stay_as_written():
    from plastica.data.target import choose_target

    target, _, notes = choose_target(read_table({"y": ["5 stars", "4 stars"] * 10, "x": list(range(20))}), "y")
    assert target.classes == ("4 stars", "5 stars") and not notes


@pytest.mark.parametrize("name", ["编号", "序号", "No.", "S.No", "Sr. No.", "#", "case", "Obs", "row_id"])
def test_columns_that_number_the_rows_by_their_names(name):
    table = read_table({name: list(range(1, 41)), "x": [1.5, 2.5] * 20})
    assert infer_columns(table)[0].kind == "identifier"


def test_other_columns_decide_what_a_comma_means():
    assert read_numbers(*reversed(column(["1,234", "5"], d=["1,5", "2,5"])))[0] == 1.234
    assert read_numbers(*reversed(column(["1,234", "5"], d=["1.5", "2.5"])))[0] == 1234
    assert read_numbers(*reversed(column(["1.234", "5"], d=["1,5", "2,5"])))[0] == 1234
    assert read_numbers(*reversed(column(["1.234", "5"], d=["x", "y"])))[0] == 1.234


def test_semicolons_speak_for_decimal_commas(tmp_path):
    (tmp_path / "t.csv").write_text("a;b\n1,234;x\n2,345;y\n")
    table = read_table(tmp_path / "t.csv")
    assert list(read_numbers(table, infer_columns(table)[0])) == [1.234, 2.345]


def test_codes_with_leading_zeros_are_categories():
    found, table = column(["007", "012", "007"])
    assert (found.kind, found.categories) == ("category", ("007", "012"))
    assert "leading zeros such as '007'" in found.note
    assert read_categories(table, found).to_list() == ["007", "012", "007"]
    assert column(["0", "0.5", "10"])[0].kind == "number"


def test_a_few_odd_values_are_missing_and_said():
    found, table = column([*map(str, range(20)), "many", "2"])
    assert (found.kind, found.missing_words, found.missing) == ("number", ("many",), 1)
    assert found.note == "'many' in row index 20 is not a number and is treated as missing."
    assert math.isnan(read_numbers(table, found)[20])


def test_text_that_starts_after_many_numbers():
    values = [*map(str, range(20_000)), *["late"] * 5]
    found, _ = column(values)
    assert found.kind == "number"
    assert "'late' in row index 20000 and 4 more" in found.note
    half, _ = column([*map(str, range(100)), *["late"] * 50])
    assert half.kind == "text"
    assert "100 of 150 values are numbers; the first of the others is 'late' in row index 100" in half.note


@pytest.mark.parametrize("pair", [("yes", "no"), ("TRUE", "false"), ("Y", "n"), ("t", "f"), ("是", "否")])
def test_words_for_yes_and_no(pair):
    found, table = column([pair[0], pair[1], "NA", pair[0]])
    assert found.kind == "boolean"
    np.testing.assert_array_equal(read_booleans(table, found), [1, 0, math.nan, 1])


def test_booleans_of_frames():
    found, table = column([True, False, None])
    assert found.kind == "boolean"
    np.testing.assert_array_equal(read_booleans(table, found), [1, 0, math.nan])


@pytest.mark.parametrize(
    ("values", "kind", "note"),
    [
        (["x"] * 5, "constant", "every value is 'x'"),
        (["3"] * 5, "constant", "every value is 3"),
        ([3.0] * 5, "constant", "every value is 3"),
        (["", "NA", None], "empty", "no value"),
        ([None, None], "empty", "no value"),
        ([f"person {number}" for number in range(50)], "identifier", "names or codes, 50 different values in 50 rows"),
        ([f"{number:032x}" for number in range(50)], "identifier", "hardly any recurring words"),
        ([f"{'Mr' if number % 2 else 'Mrs'} {number}" for number in range(50)], "text", "free text, 50 different"),
        ([f"{'好' if number % 2 else '坏'}{number}" for number in range(50)], "text", "free text, 50 different"),
        ([[1], [2]], "unreadable", "List"),
        (["x", "y", "x"], "category", ""),
        (["+", "-", "+"], "category", ""),
        (["=1+1", "x"], "category", ""),
        (["3", ""], "number", ""),
    ],
)
def test_kinds(values, kind, note):
    found, _ = column(pl.Series(values) if isinstance(values[0], list) else values)
    assert found.kind == kind
    assert note in found.note
    assert found.used == (kind in ("category", "number", "text"))


def test_row_numbers_are_identifiers_only_by_name():
    numbers = list(range(1, 101))
    assert (
        infer_columns(read_table({"PassengerId": numbers, "x": numbers, "customer_id": numbers}))[0].kind
        == "identifier"
    )
    kinds = {
        found.name: found.kind
        for found in infer_columns(read_table({"x": numbers[::-1], "user_id": numbers, "year": numbers}))
    }
    assert kinds == {"x": "number", "user_id": "identifier", "year": "number"}


def test_a_column_that_holds_what_another_holds_is_left_out():
    table = read_table(
        {
            "a": ["1.50", "2", "-3", ""], "b": [1.5, 2.0, -3.0, None], "c": [1.5, 2.0, -3.0, 4.0],
            "yes": ["yes", "no", "yes", "NA"], "true": [True, False, True, None], "word": ["x", "y", "x", "z"],
            "again": ["x ", "y", "x", "z"], "day": ["2020-01-31", "2020-02-01", "", "2020-02-02"],
            "tag": ["31.01.2020", "01.02.2020", "", "02.02.2020"],
        }
    )  # fmt: skip
    found = infer_columns(table)
    assert [each.name for each in found if each.used] == ["a", "c", "yes", "word", "day"]
    assert {each.note for each in found if each.kind == "duplicate"} == {
        f"left out: the same as column '{name}'." for name in ("a", "yes", "word", "day")
    }


def test_a_minus_beside_a_plus_is_a_value():
    found, table = column(["+", "-", "+", "NA"])
    assert read_categories(table, found).to_list() == ["+", "-", "+", None]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["1970-01-02", "1970-02-01"], [1, 31]),
        (["1970/1/2", "1970/2/1"], [1, 31]),
        (["02.01.1970", "01.02.1970"], [1, 31]),
        (["31/01/1970", "01/02/1970"], [30, 31]),
        (["01/31/1970", "02/01/1970"], [30, 31]),
        (["1970年1月2日", "1970年2月1日"], [1, 31]),
        (["1970-01-02 12:00", "1970-01-02T06:00:00Z"], [1.5, 1.25]),
        (["1970-01-02T12:00:00+06:00", "1970-01-02 06:00:00.5-0600"], [1.25, 1.5]),
        (["02 Jan 1970", "1-FEB-1970 18:00", "Mon, 05 January 1970"], [1, 31.75, 4]),
        (["Jan 2, 1970", "February 1, 1970 12:00 AM", "Jan. 5, 1970 12:00 PM"], [1, 31, 4.5]),
        (["06:00", "18:00:00"], [0.25, 0.75]),
        (["6:00 am", "18:00 PM", "12:00 am", "12:00 pm"], [0.25, 0.75, 0, 0.5]),
        (["1970-01", "1970-02"], [0, 31]),
    ],
)
def test_dates_in_one_order_for_the_column(texts, days):
    found, table = column(texts)
    assert found.kind == "date"
    np.testing.assert_array_equal(calendar(read_dates(table, found))["day"], days)


def test_eight_digits_are_a_date_where_the_name_says_so():
    for digits in (["19700102", "19700201"], [19700102, 19700201]):
        table = read_table({"sale_date": digits, "amount": digits[::-1]})
        date, amount = infer_columns(table)
        assert (date.kind, amount.kind) == ("date", "number")
        np.testing.assert_array_equal(calendar(read_dates(table, date))["day"], [1, 31])
    assert column(["19700102", "19701301"])[0].kind == "number"


def test_dates_that_could_be_either_are_left_out():
    found, _ = column(["01/02/2020", "03/04/2020"])
    assert not found.used
    assert "may be day/month or month/day" in found.note


def test_no_date_is_no_date():
    assert column(["2020-13-01", "2020-02-30"])[0].kind == "category"


def test_calendar_against_numpy_and_datetime():
    from datetime import date, timedelta

    moments = np.array([date(1999, 12, 25) + timedelta(days=number) for number in range(500)], "datetime64[s]")
    parts = calendar(moments)
    for moment, week, year in zip(moments.tolist(), parts["week"], parts["year"], strict=True):
        assert round(week * 7) == moment.weekday()
        assert round(year * 366) == moment.timetuple().tm_yday - 1


@pytest.mark.parametrize("huge", ["inf", "-Infinity", "1e400", float("inf")])
def test_infinity_is_refused_with_its_row(huge):
    found, table = column(["1", "2", huge] if isinstance(huge, str) else [1.0, 2.0, huge])
    assert found.kind == "number"
    with pytest.raises(DataError, match=r"row index 2, column 'c': .*infinite"):
        read_numbers(table, found)


def test_numbers_of_three_hundred_digits():
    found, table = column(["1" + "0" * 300, "2" + "0" * 300])
    assert (found.kind, read_numbers(table, found)[0]) == ("number", 1e300)
    assert math.isfinite(found.scale)


def test_text_among_numbers_names_the_cell():
    found, _ = column(["1,5", "2,5"])
    with pytest.raises(DataError, match=r"row index 1, column 'c': 'x' is not a number, the comma .*\(and 1 more\)"):
        read_numbers(read_table({"c": ["1,5", "x", "y"]}), found)


def test_columns_go_to_json_and_back():
    for found in infer_columns(read_table("penguins")):
        assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(found))), Column) == found


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=3, max_size=10),
    style=st.sampled_from(["plain", "comma", "english", "german", "swiss"]),
)
def test_whatever_the_style_the_numbers_are_right_or_it_is_said(numbers, style):
    def write(x):
        english = f"{x:,.2f}"
        swapped = english.translate(str.maketrans(",.", ".,"))
        return {
            "plain": f"{x:.2f}", "comma": f"{x:.2f}".replace(".", ","),
            "english": english, "german": swapped, "swiss": english.replace(",", "'"),
        }[style]  # fmt: skip

    found, table = column([write(x) for x in numbers])
    if found.kind == "constant":
        return
    assert found.kind == "number"
    np.testing.assert_array_equal(read_numbers(table, found), numbers)


@pytest.mark.parametrize("odd", ["unknown", "0000-00-00", "2020-02-30", "0000-00-00 00:00:00"])
def test_a_few_odd_cells_leave_dates_dates(odd):
    days = [f"2020-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(40)]
    found, table = column([*days, odd, "?", odd])
    assert (found.kind, found.missing, found.missing_words) == ("date", 3, (odd,))
    assert found.note == f"{odd!r} in row index 40 and 1 more of 42 values are not dates and are treated as missing."
    read = read_dates(table, found)
    np.testing.assert_array_equal(read[:40], np.array(days, "datetime64[s]"))
    assert np.isnat(read[40:]).all()
    assert column([*days, *[odd] * 5])[0].kind != "date"


def test_odd_cells_among_dates_in_eight_digits_and_times():
    digits = [f"2020{1 + number % 12:02}11" for number in range(20)]
    table = read_table({"sale_date": [*digits, "00000000"]})
    found = infer_columns(table)[0]
    assert (found.kind, found.missing_words) == ("date", ("00000000",))
    assert column([*[f"{hour}:30" for hour in range(20)], "closed"])[0].kind == "date"


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["31.01.68", "28.02.69"], "2068-01-31"),
        (["31.01.24", "01.02.24"], "2024-01-31"),
        (["31/01/99", "01/02/98"], "1999-01-31"),
        (["01/31/99", "02/01/98"], "1999-01-31"),
        (["99-01-31", "00-02-01"], "1999-01-31"),
        (["31-Jan-99", "1-Feb-00"], "1999-01-31"),
        (["Jan 31, 24", "Feb 1, 24"], "2024-01-31"),
        ([f"{1 + number % 28:02}/{1 + number % 12:02}/{22 + number % 3}" for number in range(60)], "2022-01-01"),
        ([f"{22 + number % 3}/{1 + number % 12:02}/{1 + number % 28:02}" for number in range(60)], "2022-01-01"),
        (["31.01.24", "01.02.2024"], "2024-01-31"),
    ],
)
def test_years_of_two_digits_turn_in_1969(texts, first):
    found, table = column(texts)
    assert (found.kind, found.note) == ("date", "years of two digits are read as 1969 to 2068.")
    assert str(read_dates(table, found)[0].astype("datetime64[D]")) == first


@pytest.mark.parametrize("texts", [["01/02/03", "04/05/06"], ["24-01-05", "24-02-06"]])
def test_years_of_two_digits_in_an_open_order_are_no_dates(texts):
    assert column(texts)[0].kind in ("unreadable", "category")


def test_a_bad_cell_does_not_turn_the_order_of_years_with_two_digits():
    days = [f"{1 + number % 28:02}/{1 + number % 12:02}/{22 + number % 3}" for number in range(60)]
    found, _ = column([*days, "30/02/24"])
    assert (found.date_order, found.missing_words) == ("dmy short", ("30/02/24",))


@pytest.mark.parametrize(
    "texts",
    [
        ["1 Marble 2025", "2 Marble 2025"],
        ["12 Decor 2020", "13 Decor 2020"],
        ["Mayor 1, 2020", "Mayor 2, 2020"],
        ["3 Augment 1999", "4 Juniper 1999"],
        ["Room 12 Jan 2020", "Hall 13 Jan 2020"],
    ],
)
def test_words_that_begin_as_months_are_words(texts):
    assert column(texts)[0].kind == "category"


@pytest.mark.parametrize(
    "texts",
    [
        ["31 Jan 2026", "1 February 2026"],
        ["31. Januar 2026", "1. März 2026"],
        ["31 janvier 2026", "1er août 2026"],
        ["31 de enero de 2026", "1 de septiembre de 2026"],
        ["31 gennaio 2026", "1 ott 2026"],
        ["31 de janeiro de 2026", "1 de fevereiro de 2026"],
        ["31 januari 2026", "1 mrt 2026"],
        ["January 31st, 2026", "Sept. 1 2026"],
        ["Samstag, 31. Januar 2026", "Do, 1. Mai 2025"],
        ["2026年1月31日", "2026年2月1日"],
    ],
)
def test_months_by_name(texts):
    found, table = column(texts)
    assert found.kind == "date"
    assert str(read_dates(table, found)[0].astype("datetime64[D]")) == "2026-01-31"


@pytest.mark.parametrize(
    ("texts", "second", "said"),
    [
        (["Jan 1949", "Feb 1949"], "1949-02-01", "read as year and month."),
        (["January, 1949", "February, 1949"], "1949-02-01", "read as year and month."),
        (["Jan-1949", "Feb-1949"], "1949-02-01", "read as year and month."),
        (["1949 Jan", "1949 Feb"], "1949-02-01", "read as year and month."),
        (["1949M01", "1949M02"], "1949-02-01", "read as year and month."),
        (["1949 M1", "1949 M2"], "1949-02-01", "read as year and month."),
        (["Dez-99", "Mai-00"], "2000-05-01", "read as year and month. years of two digits are read as 1969 to 2068."),
        (["Jan'99", "Feb'00"], "2000-02-01", "read as year and month. years of two digits are read as 1969 to 2068."),
        (["1960Q1", "1960Q2"], "1960-04-01", "read as year and quarter."),
        (["1960-Q3", "1960-Q4"], "1960-10-01", "read as year and quarter."),
        (["1960 Q1", "1961 q3"], "1961-07-01", "read as year and quarter."),
        (["Q1 1960", "Q4 1960"], "1960-10-01", "read as year and quarter."),
    ],
)
def test_months_and_quarters_of_years(texts, second, said):
    found, table = column(texts)
    assert (found.kind, found.note) == ("date", said)
    assert str(read_dates(table, found)[1].astype("datetime64[D]")) == second


@pytest.mark.parametrize("texts", [["Q1", "Q2"], ["Mars 1", "Mars 2"], ["1960Q5", "1960Q6"], ["T1949", "T1950"]])
def test_what_only_looks_like_months_and_quarters(texts):
    assert column(texts)[0].kind == "category"


def test_no_word_stands_for_two_months():
    from plastica.data.months import NUMBERS, WORDS

    for number, words in enumerate(WORDS, start=1):
        assert {NUMBERS[word] for word in words.split()} == {number}


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["12345678901234567890", "12345678901234567891"] * 5, "digits that a number cannot represent"),
        (["9007199254740992", "9007199254740993"] * 5, "digits that a number cannot represent"),
        (["+4930123456", "+4930123457", "+49301234"] * 5, "a leading plus such as in '+4930123456'"),
        (["+49 301 234 567", "+49 301 234 568"] * 5, "a leading plus"),
        (["4006381333931", "5012345678900"] * 5, "13 digits in every value"),
        (["0049301", "0049302"] * 5, "leading zeros"),
    ],
)
def test_digits_that_name_something_are_codes(texts, why):
    found, table = column(texts)
    assert (found.kind, found.distinct) == ("category", len(set(texts)))
    assert f"read as text, not as numbers, because of {why}" in found.note
    assert read_categories(table, found).to_list() == texts


@pytest.mark.parametrize(
    "texts",
    [
        ["+5", "-3", "+4"],
        ["+1000000", "-2000000", "+3000000"],
        [f"{1_700_000_000 + 86_400 * number}" for number in range(20)],
        [f"{(1_700_000_000 + number) * 1000}" for number in range(20)],
        [f"202601{day:02}123000" for day in range(1, 21)],
        [str(10**number) for number in range(25)],
        ["1" + "0" * 300, "2" + "0" * 300],
        ["1234567890.5", "2234567890.5"] * 10,
    ],
)
def test_large_amounts_and_times_stay_numbers(texts):
    assert column(texts)[0].kind == "number"


def test_what_differs_beyond_doubles_is_neither_constant_nor_a_copy():
    large = 2**53
    table = read_table(
        {
            "a": [large, large + 1] * 5, "b": [large + 1, large] * 5, "c": [f"{large + k}" for k in (0, 1)] * 5,
            "d": [f"{large}+4i", f"{large}+1i"] * 5, "e": [f"{large}+1i", f"{large}+4i"] * 5,
            "f": np.array([large, large + 1] * 5, np.uint64),
        }
    )  # fmt: skip
    found = infer_columns(table)
    assert {each.name: each.kind for each in found} == {
        **dict.fromkeys("abde", "category"), "c": "duplicate", "f": "duplicate"
    }  # fmt: skip
    assert all(each.distinct == 2 for each in found)


def test_a_dot_before_three_digits_is_said_where_nothing_speaks_for_it(tmp_path):
    def note(text):
        (tmp_path / "t.csv").write_text(text)
        return infer_columns(read_table(tmp_path / "t.csv"))[0].note

    said = "the dot is read as the decimal point (it could be read otherwise)."
    assert note("a;b\n1.234;x\n2.345;y\n") == said
    assert note("a;b\n1.234;0.5\n2.345;1.5\n") == ""
    assert note("a;b\n1.234;x\n2.5;y\n") == ""
    assert note("a,b\n1.234,x\n2.345,y\n") == ""
