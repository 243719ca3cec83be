"""Declarations take precedence: kinds, words for missing values, words that are values."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from plastica.data.columns import infer_columns
from plastica.data.declared import Declared
from plastica.data.encoding import TableEncoder
from plastica.data.reading import read_table
from plastica.data.target import choose_target
from plastica.data.values import read_categories, read_dates, read_numbers
from plastica.errors import DataError, InvalidValue

NUMBERS = [str(number) for number in (3, 1, 2, 3, 1)] * 6


def inferred(values, kind=None, **words):
    table = read_table({"c": values})
    return infer_columns(table, declared=Declared({"c": kind} if kind else {}, **words))[0], table


@pytest.mark.parametrize("values", [NUMBERS, [*map(int, NUMBERS)], [*map(float, NUMBERS)], pl.Series(NUMBERS)])
def test_numbers_declared_a_category(values):
    found, table = inferred(values, "category")
    assert (found.kind, found.declared, found.distinct) == ("category", True, 3)
    assert read_categories(table, found).to_list() == NUMBERS
    assert TableEncoder.fit(table, [found]).feature_names == ("c=1", "c=2", "c=3")


def test_codes_declared_a_number_are_numbers():
    found, table = inferred(["007", "012", "+4930123456"], "number")
    assert found.kind == "number"
    np.testing.assert_array_equal(read_numbers(table, found), [7, 12, 4930123456])
    assert inferred([2**53 + 1, 2**60 + 1], "number")[0].note == "digits beyond the fifteenth are rounded."


def test_declared_text_and_date():
    assert inferred(["a", "b", "a"], "text")[0].kind == "text"
    found, table = inferred(["20200131", "20200201"], "date")
    assert read_dates(table, found).astype("datetime64[D]").astype(str).tolist() == ["2020-01-31", "2020-02-01"]
    assert inferred(pd.Series(pd.to_datetime(["2020-01-31", "2020-02-01"])), "date")[0].kind == "date"


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ([*NUMBERS, "x", "y"], "number", r"row index 30, column 'c': 'x' is not a number.*1 more.*declared number"),
        (["2020-01-31", "2020-02-30", "x"], "date", r"row index 1, column 'c': '2020-02-30' is not a date.*declared"),
        (["x", "2020-01-31"], "date", r"row index 0, column 'c': 'x' is not a date"),
        (["01/02/2020", "03/04/2020"], "date", "declared date, and '01/02/2020' may be day/month"),
    ],
)
def test_a_cell_that_is_not_of_the_declared_kind_is_named(values, kind, message):
    with pytest.raises(DataError, match=message):
        inferred(values, kind)


def test_a_declared_category_of_values_that_all_differ_is_left_out():
    found, _ = inferred(pd.Categorical(range(30)))
    assert not found.used
    assert "declared a category, but each of its 30 values occurs only once" in found.note


def test_ignored_unknown_and_target_columns():
    table = read_table({"a": [1, 2, 3], "y": ["p", "q", "p"]})
    assert [column.name for column in infer_columns(table, declared=Declared({"a": "ignore"}))] == ["y"]
    with pytest.raises(DataError, match="no column 'A'; did you mean 'a'"):
        choose_target(table, "y", declared=Declared({"A": "category"}))
    with pytest.raises(InvalidValue, match="'y' is the target and is declared number"):
        choose_target(table, "y", declared=Declared({"y": "number"}))


def test_a_declared_category_as_target_is_classified():
    codes = np.arange(300) % 30
    target, _, _ = choose_target(read_table({"y": pd.Categorical(codes)}), "y")
    assert (target.task, target.classes) == ("multiclass", tuple(range(30)))
    assert choose_target(read_table({"y": codes}), "y")[0].task == "regression"


def test_further_words_for_missing_values():
    sentinels = {"missing_words": ("-999", "unknown")}
    for values in ([*NUMBERS, "-999", "-999.0"], [*map(float, NUMBERS), -999.0, -999.0]):
        found, table = inferred(values, **sentinels)
        assert (found.kind, found.missing, found.lowest) == ("number", 2, 1)
        np.testing.assert_array_equal(read_numbers(table, found)[-3:], [1, np.nan, np.nan])
    assert inferred(["x", "unknown", "y"], **sentinels)[0].categories == ("x", "y")
    assert inferred(["yes", "unknown", "no"], **sentinels)[0].kind == "boolean"


def test_words_that_are_values():
    values = ["DE", "NA", "FR", "DE", "FR"] * 6
    found, _ = inferred(values)
    assert found.missing == 6
    assert found.note == "'NA' in 6 rows is treated as missing; add it to keep_words to keep it as a value."
    found, table = inferred(values, keep_words=("NA",))
    assert (found.missing, found.note, found.distinct) == (0, "", 3)
    assert read_categories(table, found).to_list() == values


@pytest.mark.parametrize(
    ("word", "others", "rows", "told"),
    [
        ("None", ["low", "high"], 5, True),
        ("NA", ["DE", "FR", "CH"], 1, True),
        ("NA", ["male", "female"], 1, False),
        ("", ["male", "female"], 20, False),
        ("Null", ["Smith", "Jones"], 9, True),
    ],
)
def test_words_for_missing_are_named_where_they_may_be_values(word, others, rows, told):
    found, _ = inferred([*(others * 20), *[word] * rows])
    assert (f"{word!r} in {rows} row" in found.note) == told
    assert found.missing == rows


@pytest.mark.parametrize("word", ["NA", "N/A"])
def test_a_class_that_is_called_as_a_missing_value(word):
    def chosen(values, **words):
        return choose_target(read_table({"y": values}), "y", declared=Declared(**words))

    often = ["pass", "fail", word] * 20
    target, table, notes = chosen(often)
    assert (set(target.classes), table.height) == ({"pass", "fail", word}, 60)
    assert list(map(str, notes)) == [
        f"{word!r} in 20 rows is treated as a class; add it to missing_words to leave these rows out."
    ]
    assert target.decode(target.encode(table)).tolist() == often
    assert chosen(often, missing_words=(word,))[1].height == 40
    assert chosen(["yes", "no", word] * 20)[0].task == "multiclass"
    rarely = ["male", "female"] * 30 + [word]
    _, table, notes = chosen(rarely)
    assert table.height == 60
    assert list(map(str, notes)) == [
        f"1 row without a target left out (first: row index 60, {word!r}; if it is a class: keep_words=[{word!r}]).",
    ]
    assert chosen(rarely, keep_words=(word,))[1].height == 61
    assert chosen(["1.5", "2.5", word] * 20)[0].task in ("binary", "regression")
