"""Data frames of pandas, polars and pyarrow: each type is converted, or left out with a note."""

import base64
import datetime as dt
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plastica.data.columns import infer_columns
from plastica.data.encoding import TableEncoder
from plastica.data.parquet_categories import categories_in
from plastica.data.reading import read_table
from plastica.data.streaming_files import open_files
from plastica.data.values import read_categories, read_dates, read_numbers

HOURS = [dt.timedelta(hours=number) for number in (1, 2, 4)]
DAYS = [dt.datetime(2020, 1, number) for number in (1, 2, 4)]
TIMES = [dt.time(12, 30), dt.time(0), dt.time(12, 30)]


@pytest.mark.parametrize(
    ("values", "kind", "wanted"),
    [
        (pd.Series([1, None, 3], dtype="Int64"), "number", [1, np.nan, 3]),
        (pd.Series([1.5, None, 3], dtype="Float64"), "number", [1.5, np.nan, 3]),
        (pd.Series([1, 2, 1]).astype("category"), "category", ["1", "2", "1"]),
        (pd.Series([1.0, 2.5, None]).astype("category"), "category", ["1", "2.5", None]),
        (
            pd.Series(["2020-01-01", "2020-01-02", None], dtype="category"),
            "category",
            ["2020-01-01", "2020-01-02", None],
        ),
        (pd.Categorical([1, 2, 1]), "category", ["1", "2", "1"]),
        (pd.Series(pd.cut([1, 5, 9], [0, 4, 10])), "category", ["(0, 4]", "(4, 10]", "(4, 10]"]),
        (pl.Series(["1", "2", "1"], dtype=pl.Categorical), "category", ["1", "2", "1"]),
        (pl.Series(["1", "2", "1"], dtype=pl.Enum(["1", "2"])), "category", ["1", "2", "1"]),
        (pa.array([7, 8, 7]).dictionary_encode(), "category", ["7", "8", "7"]),
        (pd.Series([7, 8, 7], dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.int64()))), "category", ["7", "8", "7"]),
        (pd.Series([2**53 + 1, None, 2**53 + 3], dtype="Int64"), "category", [f"{2**53 + 1}", None, f"{2**53 + 3}"]),
        (np.array([2**64 - 1, 2**64 - 3, 5], "uint64"), "category", [f"{2**64 - 1}", f"{2**64 - 3}", "5"]),
        ([2**70 + 1, 2**70 + 3, 5], "category", [f"{2**70 + 1}", f"{2**70 + 3}", "5"]),
        (
            pd.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(9, 1))),
            "number",
            [1.5, np.nan, 2],
        ),
        (pd.Series(pd.to_timedelta([1, 2, None], unit="h")), "number", [3600, 7200, np.nan]),
        (pa.chunked_array([HOURS]), "number", [3600, 7200, 14400]),
        (pl.Series(HOURS), "number", [3600, 7200, 14400]),
        (np.array([1, 2, 4], "timedelta64[m]"), "number", [60, 120, 240]),
        (pl.Series(["1.50", "2", None]).cast(pl.Decimal(10, 2)), "number", [1.5, 2, np.nan]),
        (pd.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)]), "number", [1.5, np.nan, 2]),
        (range(3), "number", [0, 1, 2]),
        (pd.Series(["a", None, "b"], dtype="string"), "category", ["a", None, "b"]),
        (pd.Series(["a", "b", "a"], dtype="category"), "category", ["a", "b", "a"]),
        (pl.Series(["a", "b", "a"], dtype=pl.Enum(["a", "b"])), "category", ["a", "b", "a"]),
        (pa.chunked_array([["a", "b", None]]).dictionary_encode(), "category", ["a", "b", None]),
        (pd.Series([1, "a", None], dtype=object), "category", ["1", "a", None]),
        (pd.Series(DAYS), "date", DAYS),
        (pd.Series(DAYS).dt.tz_localize("Asia/Tokyo"), "date", [day - dt.timedelta(hours=9) for day in DAYS]),
        (pa.chunked_array([DAYS], pa.timestamp("us", tz="Asia/Tokyo")), "date", DAYS),  # pyarrow counts from UTC
        (
            pd.Series(pd.period_range("2020-01", periods=3, freq="M")),
            "date",
            [dt.datetime(2020, month, 1) for month in (1, 2, 3)],
        ),
        (
            pl.Series(TIMES),
            "date",
            [dt.datetime.combine(dt.date(1970, 1, 1), time) for time in TIMES],
        ),
        (pd.Series([[1], [2], [3]]), "unreadable", None),
        (pl.Series([{"a": 1}] * 3), "unreadable", None),
        (pa.chunked_array([[b"x"] * 3]), "unreadable", None),
        (np.array([1 + 2j, 2, 3]), "unreadable", None),
        (pl.Series([None] * 3), "empty", None),
    ],
)
def test_types_of_frames(values, kind, wanted):
    table = read_table({"c": values, "other": [1, 2, 5]})
    column = infer_columns(table)[0]
    assert column.kind == kind
    assert column.used or column.note.startswith("left out: ")
    read = {"number": read_numbers, "date": read_dates, "category": lambda *given: read_categories(*given).to_list()}
    if wanted is not None:
        np.testing.assert_array_equal(
            read[kind](table, column), np.array(wanted, "datetime64[s]") if kind == "date" else wanted
        )
    encoder = TableEncoder.fit(table)
    assert np.isfinite(encoder.transform(table.take([2, 0]))).all()


def test_column_names_of_several_levels_and_names_that_come_twice():
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    assert read_table(levels).names == ("('a', 'x')", "('a', 'y')")
    twice = read_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert (twice.names, twice.columns["a_2"].to_list()) == (("a", "a_2"), [2])


@pytest.mark.parametrize("writer", ["pandas", "pyarrow"])
@pytest.mark.parametrize("in_parts", [False, True])
def test_categories_of_numbers_in_parquet(tmp_path, writer, in_parts):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame({"store": pd.Categorical([7, 8, None, 7]), "amount": [7, 8, 9, 7]})
    if writer == "pandas":
        frame.to_parquet(path)
    else:
        pq.write_table(pa.Table.from_pandas(frame).replace_schema_metadata(None), path)
    table = next(open_files(path).tables()) if in_parts else read_table(path)
    store, amount = infer_columns(table)
    assert (store.kind, store.declared, amount.kind) == ("category", True, "number")
    assert read_categories(table, store).to_list() == ["7", "8", None, "7"]


def test_damaged_metadata_declares_nothing():
    assert categories_in({"pandas": "[", "ARROW:schema": "/////w"}) == frozenset()
    for cut in range(0, 120, 7):
        whole = pa.schema([("a", pa.dictionary(pa.int32(), pa.int64()))]).serialize().to_pybytes()
        assert categories_in({"ARROW:schema": base64.b64encode(whole[:cut]).decode()}) <= {"a"}
