"""Files of every format, as a whole and in parts; errors for other files and files larger than memory."""

import datetime as dt
import gzip
import os
import threading
import zipfile

import polars as pl
import pytest

from plastica.data import opening, streaming_files
from plastica.data.reading import read_table
from plastica.data.streaming_files import is_large, open_files
from plastica.errors import DataError, FileError, MissingExtra


def lists(table):
    return {name: values.to_list() for name, values in table.columns.items()}


def cell(place, value):
    """A cell of a sheet: plain numbers, dates with style 1, inline text."""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.date):
        return f'<c r="{place}" s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def workbook(path, **sheets):
    """Write a minimal workbook: ECMA-376, part 1."""
    main, kind = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "application/vnd.openxmlformats-"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{kind}package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    names, links = "", f'<Relationship Id="s" Type="{office}/styles" Target="styles.xml"/>'
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        names += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        links += f'<Relationship Id="r{number}" Type="{office}/worksheet" Target="sheet{number}.xml"/>'
        body = ""
        for line, row in enumerate(rows, start=1):
            cells = "".join(cell(f"{chr(65 + place)}{line}", value) for place, value in enumerate(row))
            body += f'<row r="{line}">{cells}</row>' if row else ""
        parts[f"xl/sheet{number}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
    parts["xl/workbook.xml"] = f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>'
    parts["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


ROWS = [
    ["name", "n", "day", "ok", "mixed"],
    ["Ann", 1, dt.date(2026, 1, 31), True, 7],
    [],
    ["Bo\u200b", 2.5, dt.date(2026, 2, 1), False, "x"],
]


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_a_workbook_is_read_by_its_types(tmp_path, name):
    pytest.importorskip("python_calamine")
    path = workbook(tmp_path / name, empty=[], first=ROWS, second=[["a", "b"], [1, 2]])
    table = read_table(path)
    assert lists(table) == {
        "name": ["Ann", "Bo"],
        "n": [1.0, 2.5],
        "day": [dt.date(2026, 1, 31), dt.date(2026, 2, 1)],
        "ok": [True, False],
        "mixed": ["7", "x"],
    }
    assert [table.place(row) for row in range(2)] == ["row 2", "row 4"]
    assert str(table.notes[0]) == "the sheet 'first' of 3 is read; sheet=NAME selects another."
    for sheet in ("second", "3"):
        assert lists(read_table(path, sheet=sheet)) == {"a": [1.0], "b": [2.0]}
    with pytest.raises(DataError, match=r"has no sheet 'third'\. Its sheets: 'empty', 'first', 'second'"):
        read_table(path, sheet="third")
    with pytest.raises(DataError, match="is empty"):
        read_table(path, sheet="empty")
    assert [lists(part) for part in open_files(path, sheet="second").tables()] == [{"a": [1.0], "b": [2.0]}]
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(FileError, match="cannot be read as an Excel workbook"):
        read_table(path)


def test_a_workbook_without_names_and_its_bombs(tmp_path, monkeypatch):
    pytest.importorskip("python_calamine")
    table = read_table(workbook(tmp_path / "t.xlsx", one=[[1, 2.5], [3, 4]]))
    assert lists(table) == {"column_1": [1.0, 3.0], "column_2": [2.5, 4.0]}
    monkeypatch.setattr("plastica.data.excel.free_memory", lambda: 1000)
    with pytest.raises(FileError, match="more than fits in memory"):
        read_table(tmp_path / "t.xlsx")


def test_a_workbook_needs_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(MissingExtra, match=r"python -m pip install 'plastica\[excel\]'"):
        read_table(workbook(tmp_path / "t.xlsx", one=ROWS))


RECORDS = '{"b": 1, "a": "x\u200b", "c": null}\n{"b": 2.5, "a": "y", "z": [1]}\n'


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.ndjson.gz"])
def test_json_lines_are_a_table_whole_and_in_parts(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(RECORDS.encode()) if name.endswith(".gz") else RECORDS.encode())
    table = read_table(path)
    assert table.names == ("b", "a", "c", "z")
    assert lists(table)["b"] == [1.0, 2.5] and lists(table)["a"] == ["x", "y"]
    (part,) = open_files(path).tables()
    assert (part.names, lists(part)["a"], part.place(1)) == (table.names, ["x", "y"], "row 2")


def test_an_array_of_records_is_a_table(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('\ufeff[\n {"b": 1, "a": "x"},\n {"b": 2, "a": null}]')
    assert lists(read_table(path)) == {"b": [1, 2], "a": ["x", None]}
    assert [lists(part) for part in open_files(path).tables()] == [{"b": [1, 2], "a": ["x", None]}]
    for text in ('{"a": 1}\n{"a": ', '[{"a": 1}, 3', '{"a": 1}\nb\n'):
        path.write_text(text)
        with pytest.raises(DataError, match="is not a table of JSON records"):
            read_table(path)


@pytest.mark.parametrize("text", ["{a},b\n1,2\n", "[x],y\n1,2\n", '"{""a"": 1}",b\n1,2\n'])
def test_braces_and_brackets_alone_are_no_json(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    assert read_table(tmp_path / "t.csv").height == 1


def test_parquet_of_any_name_and_shipped_tables_are_read_in_parts(tmp_path):
    pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}).write_parquet(tmp_path / "t.csv")
    assert [lists(part) for part in open_files(tmp_path / "t.csv").tables()] == [{"a": [1, 2], "b": ["x", "y"]}]
    assert sum(part.height for part in open_files("penguins").tables()) == 344
    (tmp_path / "p.csv").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DataError, match="is a picture"):
        list(open_files(tmp_path / "p.csv").tables())


@pytest.mark.parametrize(
    "address", ["https://example.org/t.csv", "http://x/t.csv", "s3://bucket/t.parquet", "ftp://x/t.csv"]
)
@pytest.mark.parametrize("read", [read_table, open_files])
def test_an_address_is_refused_in_words_that_help(address, read):
    with pytest.raises(FileError, match=r"is a URL, and plastica does not read from the network\..*download it first"):
        read(address)


@pytest.mark.skipif(os.name == "nt", reason="no such files")
@pytest.mark.parametrize("read", [read_table, open_files])
def test_a_device_is_no_file(read):
    for device in ("/dev/zero", "/dev/null", "/dev/random"):
        with pytest.raises(FileError, match="is a device, not a file"):
            read(device)
    assert not is_large("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes of this kind")
def test_a_pipe_is_read_once_and_no_further_than_memory(tmp_path, monkeypatch):
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def read(text):
        writer = threading.Thread(target=lambda: path.write_bytes(text))
        writer.start()
        try:
            return read_table(path)
        finally:
            writer.join()

    assert lists(read(b"a,b\n1,2\n")) == {"a": ["1"], "b": ["2"]}
    with pytest.raises(FileError, match="can be read only once"):
        open_files(path)
    monkeypatch.setattr(opening, "free_memory", lambda: 20)
    with pytest.raises(DataError, match=r"larger than 0\.0 GB, half of the free memory.*--stream"):
        read(b"a,b\n1,2\n3,4\n")


def test_what_does_not_fit_into_memory_is_refused_before_it_is_there(tmp_path, monkeypatch):
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    plain.write_bytes(b"a,b\n" + b"1,2\n" * 500)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    monkeypatch.setattr(opening, "free_memory", lambda: 1000)
    for path in (plain, packed):
        with pytest.raises(DataError, match=r"is larger than.*half of the free memory"):
            read_table(path)
    assert sum(part.height for part in open_files(packed).tables()) == 500


def test_a_gzip_bomb_is_no_table(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "SMALL", 1 << 20)
    monkeypatch.setattr(opening, "BLOCK_BYTES", 1 << 18)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n" + b"\n" * 3_000_000))
    with pytest.raises(DataError, match="expands to more than 100 times its size"):
        read_table(path)


def test_a_packed_file_is_as_large_as_gzip_says(tmp_path, monkeypatch):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 5000))
    monkeypatch.setattr(streaming_files, "memory", lambda: 60_000)
    assert is_large(path)
    monkeypatch.setattr(streaming_files, "memory", lambda: 90_000)
    assert not is_large(path)


def test_a_cell_that_is_too_long_is_called_so(tmp_path, monkeypatch):
    from plastica.data import separators

    monkeypatch.setattr(separators, "LONGEST_FIELD", 1000)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n" + "x" * 2000 + ",3\n")
    with pytest.raises(DataError, match=r"line 3: a cell is longer than 1,000 characters, the maximum\."):
        read_table(path)
    path.write_text('a,b\n1,2\n"' + "x\n" * 2000 + ",3\n")
    with pytest.raises(DataError, match=r"line 3: a cell is longer .* spans lines 3 to \d+; is a quote not closed"):
        read_table(path)


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")

    def refused(*given, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refused)
    with pytest.raises(FileError, match=r"cannot be read: permission denied"):
        read_table(path)
