"""Cells are read by exported files as by the tables of plastica: every format of numbers and of dates."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest

from plastica.data.column import Column
from plastica.data.dates import FORMS, parse_dates
from plastica.data.encoders import DateEncoder, NumberEncoder
from plastica.data.encoders.scaling import Robust
from plastica.data.encoding import TableEncoder
from plastica.data.numbers import FORMATS, NumberFormat, read_as
from plastica.data.reading import read_table
from plastica.evaluation.decisions import Decision
from plastica.export.preprocessing import answers_of, columns_of
from plastica.export.raw_columns import decided, parse_number, read_date, read_numbers

NUMBERS = ["1", "-1.5", "+2,5", "1,234", "1.234", "1,234.5", "1.234,5", "1 234,5", "1'234.5", "−3", ".5", "5.", "1e3"]
NUMBERS += ["1.2.3", "12,34", "abc", "1,2345", "$5", "5 €", "€5", "5 %", "--1", "1_000", "0x10", "", "1e", "٣"]
NUMBERS += ["5 kg", "5kg", "-1.5 kg", "3 kgs", "kg 4", "1 year", "2 years", "2 yearss", "CHF 5", "CHF5", "12,34,567 kg"]
SEVERAL_UNITS = [
    "(1,234)",
    "( 5 )",
    "(-5)",
    "40-",
    "5 -",
    "($3.50)",
    "$(4)",
    "19M",
    "201k",
    "$1.2M",
    "($7K)",
    "1.5 Mio.",
]
SEVERAL_UNITS += [
    "2h 15m",
    "-1h 30min",
    "90 min",
    "1 day and 3 hours",
    "26:30",
    "1:02:30",
    "(3:15)",
    "5'11\"",
    "6 ft",
    "2h x",
]
SEVERAL_UNITS += ["1,5 kg", "200 g", "1.000 g", "3 kgs", "5mx", "亿", "3亿", "2M 5k", "12:61"]
DATES = [
    "2024-02-29",
    "2024/2/29 13:05",
    "2024-02-29T13:05:07Z",
    "2024-02-29 23:30:00+02:00",
    "2024年2月29日",
    "2024-02",
]
DATES += [
    "29.02.2024",
    "29/02/2024 1:05 PM",
    "02/29/2024 12:00 am",
    "29 Feb 2024",
    "29th of February 2024",
    "3 März 2024",
]
DATES += [
    "February 29, 2024",
    "Thu, Feb 29th, 2024 12:30 pm",
    "20240229",
    "13:05",
    "1:05:09 PM",
    "24-02-29",
    "29.02.24",
]
DATES += [
    "29th of February 2024",
    "29.02.24",
    "02/29/69",
    "02/28/68",
    "29 Feb 24",
    "Feb 29 24",
    "31.02.2024",
    "2023-02-29",
    "soon",
    "Jan 1949",
    "1949-Feb",
    "Dec-49",
    "Mai'99",
    "1949M12",
    "1949M13",
    "1960Q4",
    "q2 1960",
    "25:00",
    "13:60",
    *("1Q24", "3. Quartal 2024", "2024 H2", "H1/2024", "07/2024", "13-2024", "202407", "202413"),
    *("2024-W05", "2024W01-7", "2020-W53", "2021-W53", "KW 5/2024", "W00 2024"),
]


def spec_of(encoder) -> dict:
    return columns_of(TableEncoder((encoder,)))[0]


def number_spec(column: Column) -> dict:
    return spec_of(NumberEncoder(column, Robust(0.0, 1.0), False))


@pytest.mark.parametrize("unit", ["", "$", "€", "%", "kg", "years", "CHF"])
@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_numbers_in_every_format(form, unit):
    form = NumberFormat(form.point, form.group, unit)
    spec = number_spec(Column("x", "number", format=form))
    expected = read_as(pl.Series(NUMBERS), form).to_list()
    assert [parse_number(text, spec) for text in NUMBERS] == expected


@pytest.mark.parametrize(
    "form",
    [
        NumberFormat(negatives=("parentheses", "trailing"), group=","),
        NumberFormat(unit="$", negatives=("parentheses",)),
        NumberFormat(family="magnitude", base="M"),
        NumberFormat(unit="$", family="magnitude", base="K", negatives=("parentheses",)),
        NumberFormat(family="duration", base="h"),
        NumberFormat(family="duration", base="h", clock="h:m"),
        NumberFormat(family="duration", base="min", clock="m:s", negatives=("trailing",)),
        NumberFormat(family="length", base="ft"),
        NumberFormat(family="mass", base="kg", point=","),
    ],
    ids=str,
)
def test_signs_and_several_units(form):
    spec, texts = number_spec(Column("x", "number", format=form)), [*NUMBERS, *SEVERAL_UNITS]
    expected = read_as(pl.Series(texts), form).to_list()
    assert [parse_number(text, spec) for text in texts] == expected
    assert sum(each is not None for each in expected) >= 2


@pytest.mark.parametrize("order", FORMS)
def test_dates_in_every_order(order):
    spec = spec_of(DateEncoder(Column("x", "date", date_order=order), Robust(0.0, 1.0), (), False, False))
    expected = parse_dates(pl.Series(DATES), order)
    found = [read_date(text, spec) for text in DATES]
    assert [None if np.isnat(each) else each.astype(datetime.datetime) for each in expected] == found
    assert any(found)


def test_words_and_numbers_that_mean_missing():
    spec = number_spec(Column("x", "number", missing_words=("-999", "gone"), keep_words=()))
    assert read_numbers(["1", "-999", "gone", "NA", " n/a ", "-999.0", None, float("nan"), -999], spec) == [1.0] + 8 * [
        None
    ]


def test_marks_of_thousands_are_refused_as_by_plastica():
    train = read_table({"x": [1037, 2500, 1200, 1999]})
    encoder = TableEncoder.fit(train)
    with pytest.raises(ValueError, match="whole numbers"):
        read_numbers(["1.037", "2.500"], columns_of(encoder)[0])
    with pytest.raises(ValueError, match="whole numbers"):
        encoder.transform(read_table({"x": ["1.037", "2.500"]}), [])
    assert read_numbers(["1.5", "2.500"], columns_of(encoder)[0]) == [1.5, 2.5]


@pytest.mark.parametrize(
    "decision",
    [
        Decision(),
        Decision(rule="threshold", thresholds=(0.3,), positive=0),
        Decision(rule="weights", weights=(1.0, 3.0)),
        Decision(rule="costs", costs=((0.0, 1.0), (4.0, 0.0))),
    ],
)
def test_decisions_are_those_of_plastica(decision):
    from plastica.data.target import Target

    target = Target((Column("y", "category"),), "binary", ("no", "yes"))
    spec = answers_of(target, decision)["decision"]
    shares = np.random.default_rng(0).dirichlet((1, 1), 50)
    assert [decided(row, spec)[0] for row in shares.tolist()] == decision.decide(shares).tolist()
