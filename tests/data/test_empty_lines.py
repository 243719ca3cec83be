"""Empty lines: missing values in a single column, ignored in wider tables, with little memory."""

import tracemalloc

import numpy as np
import pytest

from plastica.data import streaming_text
from plastica.data.delimited import parse
from plastica.data.reading import read_table
from plastica.data.streaming_files import open_files
from plastica.errors import DataError


def cells(table):
    return [values.to_list() for values in table.columns.values()]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_an_empty_line_is_a_missing_value_of_a_single_column(ending):
    table = parse(ending.join(["age", "31", "", "45", "  ", "", "27", "", "", ""]), "t.csv")
    assert cells(table) == [["31", "", "45", "", "", "27"]]
    assert table.positions.tolist() == [2, 3, 4, 5, 6, 7]
    assert str(table.notes[-1]) == "the 2 empty lines at the end are ignored."


def test_a_quoted_empty_cell_is_a_row_even_at_the_end():
    assert cells(parse('a\n"x"\n""\n', "t.csv")) == [["x", ""]]  # as pandas writes a missing value
    assert cells(parse('a\n"x"\n""\n\n', "t.csv")) == [["x", ""]]


def test_in_a_wider_table_empty_lines_are_no_rows():
    assert cells(parse("a,b\n\n1,2\n  \n\n3,4\n\n", "t.csv")) == [["1", "3"], ["2", "4"]]
    assert cells(parse('a,b\n\n1,\'2\n  \n\n"3",4\n\n', "t.csv")) == [["1", "3"], ["'2", "4"]]
    assert cells(parse("a,b\n\nr,1,2\ns,3,4\n", "t.csv"))[0] == ["r", "s"]


@pytest.mark.parametrize("size", range(3, 40, 3))
def test_parts_of_a_single_column_have_the_rows_of_the_whole(tmp_path, monkeypatch, size):
    path = tmp_path / "t.csv"
    path.write_text("age\n31\n\n\n45\n\n\n\n\n27\n" + "\n" * 30 + "3\n\n\n")
    whole = read_table(path)
    assert whole.height == 40
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", size)
    parts = list(open_files(path).tables())
    assert [cell for part in parts for cell in part.columns["age"]] == whole.columns["age"].to_list()
    assert np.concatenate([part.positions for part in parts]).tolist() == whole.positions.tolist()


def test_a_million_empty_lines_take_no_memory(tmp_path, monkeypatch):
    parse("a\n1\n", "t.csv")  # imports what is needed
    text = "a,b\n" + "\n" * 1_000_000 + "1,2\n"
    tracemalloc.start()
    table = parse(text, "t.csv")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (cells(table), table.positions.tolist()) == ([["1"], ["2"]], [1_000_002])
    assert most < 2e6
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n" + "\n" * 10_000 + "2\n")
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 100)
    monkeypatch.setattr(streaming_text, "LONGEST_RECORD", 1000)
    with pytest.raises(DataError, match=r"t\.csv, line \d: more than 1,000 empty lines follow"):
        list(open_files(path).tables())
