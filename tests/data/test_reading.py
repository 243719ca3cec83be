"""Tables from files and memory: read correctly, or an error with its position."""

import gzip
import io
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.data import delimited
from plastica.data.reading import read_table
from plastica.data.table import distinct_names
from plastica.errors import DataError, FileError


@pytest.fixture
def write(tmp_path):
    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def lists(table):
    return {name: values.to_list() for name, values in table.columns.items()}


def test_shipped_data_sets_by_name():
    penguins, titanic = read_table("penguins"), read_table("titanic")
    assert (penguins.height, len(penguins.names), penguins.notes) == (344, 7, ())
    assert (titanic.height, titanic.names) == (1313, ("name", "class", "age", "sex", "survived"))


def test_a_file_of_that_name_comes_before_the_data_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penguins").write_text("a,b\n1,2\n")
    assert read_table("penguins").names == ("a", "b")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(write, separator, ending):
    rows = [["a", "b", "c"], ["1", "x y", "2.5"], ["2", "", "3"]]
    table = read_table(write(ending.join(separator.join(row) for row in rows) + ending))
    assert lists(table) == {"a": ["1", "2"], "b": ["x y", ""], "c": ["2.5", "3"]}
    assert list(table.positions) == [2, 3]


CHINESE = "城市,性别,年龄\n北京,男,31\n上海,女,28\n广州,男,45\n"
WESTERN = "name,größe,prix\nMüller,1.80,5\nLefèvre,1.70,6\nAndré,1.60,7\n"


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        (CHINESE, "gb18030", "GB18030"),
        (CHINESE, "gbk", "GB18030"),
        (CHINESE, "utf-8", ""),
        (CHINESE, "utf-8-sig", "UTF-8 with a byte order mark"),
        (CHINESE, "utf-16", "UTF-16"),
        (CHINESE, "utf-32", "UTF-32"),
        (WESTERN, "latin-1", "Windows-1252"),
        (WESTERN.replace("prix", "€"), "cp1252", "Windows-1252"),
        (WESTERN, "utf-16-le", "UTF-16 without"),
        (WESTERN, "utf-16-be", "UTF-16 without"),
    ],
)
def test_encodings_are_told_from_the_bytes(write, text, encoding, said):
    table = read_table(write(text.encode(encoding)))
    assert ",".join(table.names) == text.split("\n")[0]
    assert table.columns[table.names[0]].to_list() == [line.split(",")[0] for line in text.split("\n")[1:-1]]
    assert said in " ".join(map(str, table.notes))


def test_encodings_on_request(write):
    path = write("имя,возраст\nМосква,3\n".encode("cp1251"))
    assert read_table(path, encoding="cp1251").names == ("имя", "возраст")
    assert read_table(path).names == ("имя", "возраст")
    with pytest.raises(DataError, match="its encoding cannot be determined: line 2"):
        read_table(write(b"a,b\n1," + bytes(range(128, 256)) * 2 + b",2\n"))
    with pytest.raises(DataError, match="unknown encoding"):
        read_table(path, encoding="klingon")


def test_gzip_by_content_and_standard_input(write, monkeypatch):
    packed = gzip.compress(b"a,b\n1,2\n")
    assert lists(read_table(write(packed, "t.csv"))) == {"a": ["1"], "b": ["2"]}

    class Input:
        buffer = io.BytesIO(packed)

    monkeypatch.setattr(sys, "stdin", Input())
    table = read_table("-")
    assert lists(table) == {"a": ["1"], "b": ["2"]}
    assert table.source == "standard input"


def test_parquet(tmp_path):
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    frame.write_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert lists(table) == {"a": [1, None], "b": ["x", "y"]}
    assert table.place(1) == "row 2"


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
def test_cut_files(tmp_path, cut):
    packed = gzip.compress(("a,b\n" + "1,2\n" * 500).encode(), mtime=0)
    (tmp_path / "t.csv.gz").write_bytes(packed[: int(len(packed) * cut)])
    with pytest.raises(FileError, match=r"t.csv.gz is cut short"):
        read_table(tmp_path / "t.csv.gz")
    pl.DataFrame({"a": list(range(500))}).write_parquet(tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(FileError, match=r"t.parquet is cut short or damaged"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv is empty"),
        (b"\n\n \n", "t.csv is empty"),
        (b"\xef\xbb\xbf", "t.csv is empty"),
        (b"a,b\n", "header and no rows"),
        (b"a,b\n1,2\n3\n4,5\n", "line 3: has 1 value where the header has 2"),
        (b"a,b\n1,2\n3,4,5\n4,5\n", "line 3: has 3 values where the header has 2"),
        (b"a,b,c\n1,2,3\n4,5", "line 3: has 2 values .* the file may be cut short"),
        (b"a,b\n1,\x002\n", "line 2: contains a NUL"),
        (b'a,b\n1,"x\n2,y\n', "line 2: a quote is not closed"),
        (b'a,b\n1,"x"y\n', "line 2: a quote is not closed or is not at the start of a cell"),
        (b"PK\x03\x04zzz", "a zip archive or an Excel workbook"),
        (b"\x89PNG\r\n", "a picture"),
        ("名,b\n甲,1\n乙,2\n丙".encode()[:-1], "line 4: not valid UTF-8.*cut short"),
        ("名,b\n甲,1\n".encode() + b"\xff,2\n" + "乙,2\n".encode() * 5, "line 3: not valid UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(write, content, message):
    with pytest.raises(DataError, match=message):
        read_table(write(content))


def test_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(FileError, match="is a directory"):
        read_table(tmp_path)
    with pytest.raises(FileError, match=r"no file .*penguins or titanic"):
        read_table("pinguins")
    with pytest.raises(FileError, match="cannot be read"):
        read_table("a\0b")
    with pytest.raises(FileError):
        read_table(tmp_path / ("x" * 5000))


def test_quotes_hold_separators_and_lines(write):
    table = read_table(write('a,b\n"x, ""y""\nz",1\nw,2\n'))
    assert lists(table) == {"a": ['x, "y"\nz', "w"], "b": ["1", "2"]}
    assert list(table.positions) == [2, 4]


def test_names_twice_or_missing(write):
    table = read_table(write("a,a,,a_2\n1,2,3,4\n"))
    assert table.names == ("a", "a_3", "column_3", "a_2")
    assert "second 'a'" in str(table.notes[0])
    assert "no name" in str(table.notes[1])
    assert distinct_names(["x", "x", "x"])[0] == ["x", "x_2", "x_3"]
    assert distinct_names(["", "column_1"])[0] == ["column_1_2", "column_1"]


@pytest.mark.parametrize(
    ("text", "names", "height"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.9,virginica\n", ["column_1", "column_2", "column_3"], 3),
        ("p,x,s\ne,x,y\np,x,s\n", ["column_1", "column_2", "column_3"], 3),
        ("kind,other\nx,other\ny,none\n", ["kind", "other"], 2),
        ("1,2\n3,4\n", ["column_1", "column_2"], 2),
        ("0,1,2\n5,6,7\n8,9,1\n", ["0", "1", "2"], 2),
        ("city,2019,2020\nx,5,6\ny,7,8\nz,7,9\n", ["city", "2019", "2020"], 3),
        ("age,2019,2020\n1,5,6\n", ["age", "2019", "2020"], 1),
        ("a,b\nx,y\nz,w\n", ["a", "b"], 2),
        ("# made by hand\n# twice\na,b\n1,2\n", ["a", "b"], 1),
        ("#a,b\n1,2\n", ["a", "b"], 1),
        ("sep=;\na;b\n1,5;2\n", ["a", "b"], 1),
        ("a,b,\n1,2,\n3,4,\n", ["a", "b", "column_3"], 2),
        ("a,b\n1,2,\n3,4,\n", ["a", "b"], 2),
        ("a,b\nr1,1,2\nr2,3,4\n", ["row_name", "a", "b"], 2),
        ("text\nhello, you\nwell\nand, so, on\n", ["text"], 3),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ["a", "b"], 2),
        ("a,b\n\n1,2\n   \n3,4\n\n", ["a", "b"], 2),
        ("a\n", None, 0),
    ],
)
def test_header_and_layout(write, text, names, height):
    if names is None:
        with pytest.raises(DataError, match="no rows"):
            read_table(write(text))
        return
    table = read_table(write(text))
    assert (list(table.names), table.height) == (names, height)


def test_header_and_separator_on_request(write):
    path = write("1,2\n3,4\n")
    assert read_table(path, header=True).names == ("1", "2")
    assert read_table(path, header=False).height == 2
    assert lists(read_table(path, separator=";")) == {"column_1": ["1,2", "3,4"]}
    assert lists(read_table(write("a b\n1   2\n3 4\n"), separator=" ")) == {"a": ["1", "3"], "b": ["2", "4"]}
    with pytest.raises(DataError, match="one character"):
        read_table(path, separator=",,")


def test_ten_thousand_columns(write):
    names = [f"c{number}" for number in range(10_000)]
    table = read_table(write(",".join(names) + "\n" + ",".join("1" * 10_000) + "\n"))
    assert len(table.names) == 10_000


FRAMES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "dict": dict,
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_frames_in_memory(make):
    data = {"n": [1.5, None, 2.0], "t": ["x", "y", None], "b": [True, False, True], "i": [1, 2, 3]}
    table = read_table(make(data))
    made = lists(table)
    assert made["t"] == ["x", "y", None]
    assert made["b"] == [True, False, True]
    assert made["i"] == [1, 2, 3]
    assert made["n"][0] == 1.5
    assert made["n"][1] is None or np.isnan(made["n"][1])
    assert table.place(0) == "row index 0"


def test_pandas_oddities():
    frame = pd.DataFrame(
        {"o": ["x", 1, None], "c": pd.Categorical(["a", None, "b"]), "n": pd.array([1, None, 3], "Int64")}
    )
    assert lists(read_table(frame)) == {"o": ["x", "1", None], "c": ["a", None, "b"], "n": [1, None, 3]}
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert read_table(twice).names == ("a", "a_2")
    numbered = pd.DataFrame([[1, 2]])
    assert read_table(numbered).names == ("0", "1")
    dates = pd.DataFrame({"d": pd.to_datetime(["2020-01-31", None])})
    assert read_table(dates).columns["d"].null_count() == 1


def test_arrays_in_memory():
    assert read_table(np.arange(6).reshape(3, 2)).names == ("column_1", "column_2")
    assert lists(read_table(np.array([["x", 1], ["y", 2]], object))) == {"column_1": ["x", "y"], "column_2": [1.0, 2.0]}
    with pytest.raises(DataError, match="two-dimensional"):
        read_table(np.arange(3))
    with pytest.raises(DataError, match="different lengths: 'a' has 1 values, 'b' has 2"):
        read_table({"a": [1], "b": [1, 2]})
    with pytest.raises(DataError, match="no rows"):
        read_table({"a": []})
    with pytest.raises(DataError, match="a int is not a table"):
        read_table(3)


def test_unknown_column_is_suggested():
    with pytest.raises(DataError, match=r"penguins.csv has no column 'Specis'; did you mean 'species'\?"):
        read_table("penguins").column("Specis")


def test_control_characters_reach_no_terminal(write):
    table = read_table(write("a\x1b[31m,b\n1,2\n"))
    with pytest.raises(DataError) as caught:
        table.column("c")
    assert "\x1b" not in str(caught.value)


words = st.text(st.sampled_from("abcxyzéü北京 .,;'\"|\t-#"), min_size=0, max_size=6)


@settings(max_examples=50, deadline=None)
@given(
    data=st.data(),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    width=st.integers(2, 5),
    packed=st.booleans(),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_quoted_files_come_back_cell_for_cell(tmp_path_factory, data, separator, encoding, width, packed, ending):
    """Every cell is quoted, so that contents are unambiguous; separator and encoding are detected."""
    rows = data.draw(st.lists(st.lists(words, min_size=width, max_size=width), min_size=1, max_size=8))
    rows.append(["end"] * width)  # a last row with empty cells may be skipped as a remark
    names = [f"name{number}" for number in range(width)]
    quoted = [[cell.replace('"', '""') for cell in row] for row in [names, *rows]]
    text = "".join(separator.join(f'"{cell}"' for cell in row) + ending for row in quoted)
    path = tmp_path_factory.getbasetemp() / "hypothesis.csv"
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if packed else content)
    try:
        table = read_table(path)
    except DataError as problem:
        assert encoding == "gb18030" and "encoding" in str(problem), problem
        return
    if encoding == "gb18030" and any(ord(letter) > 127 for letter in text):
        assert table.notes  # a few letters may not be enough; the assumption is then noted
        return
    assert list(table.names) == names
    assert [list(row) for row in zip(*lists(table).values(), strict=True)] == rows


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.lists(st.text("ab1.; \t#", max_size=3), min_size=1, max_size=4), min_size=1, max_size=6),
    ending=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_the_quick_reader_gives_what_the_careful_one_gives(rows, ending, last):
    text = ending.join(["a,b,c", *map(",".join, rows)]) + ending * last

    def read(swift):
        with pytest.MonkeyPatch.context() as patch:
            if not swift:
                patch.setattr(delimited, "read_plain", lambda *_: None)
            try:
                table = delimited.parse(text, "t", ",", True)
            except DataError as problem:
                return str(problem)
        return lists(table), table.positions.tolist(), table.notes

    assert read(swift=True) == read(swift=False)


@pytest.mark.parametrize("separator", [":", " ", "   "])
def test_colons_and_spaces_separate_where_numbers_stand_under_names(tmp_path, separator):
    path = tmp_path / "t.txt"
    path.write_text("\n".join(separator.join(row) for row in (["a", "b", "y"], ["1", "NA", "p"], ["2", "3", "q"])))
    table = read_table(path)
    assert {name: list(values) for name, values in table.columns.items()} == {
        "a": ["1", "2"], "b": ["NA", "3"], "y": ["p", "q"]
    }  # fmt: skip
    assert "separated by" in str(table.notes[0])
    for words in ("time\n12:30\n11:20\n", "full name\nAnn Lee\nBo Lin\n"):
        path.write_text(words)
        assert len(read_table(path).names) == 1


def test_a_comment_as_wide_as_the_table_is_no_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("# one, two\na,b\n1,x\n2,y\n")
    assert read_table(path).names == ("a", "b")
    path.write_text("#a,b\n1,x\n2,y\n")
    assert read_table(path).names == ("a", "b")
