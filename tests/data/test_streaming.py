"""Files larger than memory: the parts contain the same rows as the whole, wherever they are divided."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import gzip
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plastica.data import streaming_survey, streaming_text
from plastica.data.reading import read_table
from plastica.data.streaming_files import open_files
from plastica.data.streaming_scratch import Scratch, check_room
from plastica.data.streaming_survey import chances, survey
from plastica.errors import DataError, FileError


def rows_of(tables):
    return [
        row for table in tables for row in zip(*(table.columns[name].to_list() for name in table.names), strict=True)
    ]


@pytest.mark.parametrize("size", [201, 334, 5000])
@pytest.mark.parametrize("kind", ["plain", "crlf", "gzip", "utf-16", "gbk"])
def test_a_text_file_in_blocks_of_any_size_has_the_rows_of_the_whole(tmp_path, monkeypatch, size, kind):
    path = tmp_path / "t.csv"
    text = "name;text;n\n" + 'r;"one ""quoted"" word";1\nb;"two\nlines; and a ""more";2\n"";" x ";4\n' * 20
    data = {
        "plain": text.encode(),
        "crlf": text.replace("\n", "\r\n").encode(),
        "gzip": gzip.compress(text.encode()),
        "utf-16": text.encode("utf-16"),
        "gbk": text.replace("word", "我们的数据和其他的东西在一起").encode("gb18030"),
    }[kind]
    path.write_bytes(data)
    whole = read_table(path)
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", size)
    parts = list(open_files(path).tables())
    assert rows_of(parts) == rows_of([whole])
    assert np.array_equal(np.concatenate([part.positions for part in parts]), whole.positions)
    assert size == 5000 or len(parts) > 1


@pytest.mark.parametrize("size", range(60, 140, 7))
def test_a_quote_within_a_cell_opens_none_wherever_the_block_ends(tmp_path, monkeypatch, size):
    path = tmp_path / "t.csv"
    path.write_text("sep=,\na,b,c\n" + '5 " pipe,2,"two\nlines"\n1,2,3\n6 "" "x,"4",5\n' * 9)
    whole = read_table(path)
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", size)
    assert rows_of(open_files(path).tables()) == rows_of([whole])
    path.write_text("a,b\n1,2")
    assert rows_of(open_files(path).tables()) == [("1", "2")]


def test_durations_times_and_encodings_are_read_as_in_memory(tmp_path):
    spans = pl.Series("d", [90_000, None, 1_500], dtype=pl.Duration("ms"))
    pl.DataFrame({"d": spans, "t": pl.Series([dt.time(1, 2), dt.time(23), None])}).write_parquet(tmp_path / "t.parquet")
    (found,) = open_files(tmp_path / "t.parquet").tables()
    assert found.columns["d"].to_list() == [90.0, None, 1.5]
    assert found.columns["t"].to_list() == read_table(tmp_path / "t.parquet").columns["t"].to_list()
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    for name in ("utf-9", "hex"):
        with pytest.raises(DataError, match=f"unknown encoding '{name}' for t.csv; known are"):
            list(open_files(tmp_path / "t.csv", encoding=name).tables())


@given(st.lists(st.lists(st.text('a",\n;', max_size=5), min_size=2, max_size=2), min_size=1, max_size=8), st.data())
def test_a_record_never_ends_within_quotes(rows, data):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    text = buffer.getvalue()
    cut = streaming_text.record_end(text[: data.draw(st.integers(0, len(text)))], ",")
    read = list(csv.reader(io.StringIO(text[:cut], newline="")))
    assert read == rows[: len(read)]


def test_files_of_a_folder_are_one_table_and_those_that_differ_are_named(tmp_path):
    pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"b": ["z"], "a": [3.0]}).write_parquet(tmp_path / "2.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    assert rows_of(open_files(tmp_path).tables()) == [(1.0, "x"), (2.0, "y"), (3.0, "z")]
    pl.DataFrame({"a": [1.0], "c": ["x"]}).write_parquet(tmp_path / "3.parquet")
    with pytest.raises(DataError, match=r"3\.parquet has no column 'b', unlike 1\.parquet"):
        list(open_files(tmp_path).tables())
    pl.DataFrame({"a": ["1"], "b": ["x"]}).write_parquet(tmp_path / "3.parquet")
    with pytest.raises(DataError, match=r"3\.parquet, column 'a': String, where 1\.parquet has Float64"):
        list(open_files(tmp_path).tables())


def test_what_cannot_be_read_is_said(tmp_path):
    path = tmp_path / "t.csv"
    with pytest.raises(FileError, match="there is no file"):
        open_files(path)
    with pytest.raises(FileError, match="contains no table"):
        open_files(tmp_path)
    path.write_bytes(gzip.compress(b"a,b\n1,2\n" * 1000)[:-20])
    with pytest.raises(FileError, match="cut short"):
        list(open_files(path).tables())
    path.write_text("a,b\n1,2\n3,4,5\n")
    with pytest.raises(DataError, match=r"t\.csv, line 3"):
        list(open_files(path).tables())


def test_a_damaged_row_and_foreign_bytes_far_below_are_placed(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 64)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 100 + "3,4,5\n")
    with pytest.raises(DataError, match=r"t\.csv, line 102: has 3 values"):
        list(open_files(path).tables())
    path.write_bytes("a,b\nü,2\n".encode() + b"1,2\n" * 100 + codecs.encode("é,2\n", "cp1252"))
    with pytest.raises(DataError, match=r"line 103: .*not utf-8.*Name the file's encoding"):
        list(open_files(path).tables())


def test_the_sample_is_uniform_and_words_after_many_numbers_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(streaming_survey, "FEW_NUMBERS", 5)
    path = tmp_path / "t.csv"
    lines = [f"{row % 97},{row % 89}" for row in range(20_000)]
    lines[19_990] = "unknown,3"
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    found = survey(open_files(path), ["b"], seed=4, most=1000)
    assert found.rows == 20_000
    assert found.sample.height == 1000
    # The mean of 1000 of the numbers 1 to 20,000, drawn without replacement: deviation 20,000 / sqrt(12 * 1000).
    assert abs(found.sample.positions.mean() - 10_000) < 4 * 20_000 / np.sqrt(12_000)
    assert "unknown" in found.evidence.columns["a"].to_list()
    assert set(found.evidence.columns["b"].to_list()) == {str(number) for number in range(89)}
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 50_000)
    again = survey(open_files(path), ["b"], seed=4, most=1000)
    assert np.array_equal(found.sample.positions, again.sample.positions)


def test_chances_are_even_and_depend_on_row_seed_and_stream_alone():
    rows = np.arange(100_000)
    found = chances(rows, 1, 2)
    counts, _ = np.histogram(found, bins=100, range=(0, 1))
    assert abs(((counts - 1000) ** 2 / 1000).sum() - 99) < 4 * np.sqrt(2 * 99)
    assert np.array_equal(chances(rows[500:600], 1, 2), found[500:600])
    for other in (chances(rows, 2, 2), chances(rows, 1, 1), np.roll(found, 1)):
        assert abs(np.corrcoef(found, other)[0, 1]) < 4 / np.sqrt(len(rows))


def test_scratch_keeps_every_row_once_whatever_came_together(tmp_path, monkeypatch):
    from plastica.data import streaming_scratch

    monkeypatch.setattr(streaming_scratch, "BLOCK_BYTES", 64 * 12)
    monkeypatch.setattr(streaming_scratch, "MIXED_BYTES", 4 * 64 * 12)
    x, y = np.arange(2000, dtype=np.float32).reshape(1000, 2), np.arange(1000) % 3
    made = []
    for step in (1000, 37):
        scratch = Scratch(tmp_path / str(step), 2, 1, seed=5, weights=[1.0, 2.0, 3.0])
        for start in range(0, 1000, step):
            scratch.add(x[start : start + step], y[start : start + step])
        scratch.finish()
        made.append(scratch)
    one, other = made
    assert (one.digest, list(one.sizes), one.rows) == (other.digest, [64] * 15 + [40], 1000)
    blocks = [one.read(block) for block in range(len(one.sizes))]
    found = np.concatenate([block[0] for block in blocks])
    order = found[:, 0].astype(int) // 2
    assert sorted(order) == list(range(1000))
    assert not np.array_equal(order, np.sort(order))
    assert np.array_equal(np.concatenate([block[1] for block in blocks]), y[order])
    assert np.array_equal(np.concatenate([block[2] for block in blocks]), 1 + y[order])
    one.remove()
    assert not one.path.exists()
    if Path("/dev/full").exists():
        (tmp_path / "full").symlink_to("/dev/full")
        full = Scratch(tmp_path / "full", 2, 1, seed=5)
        with pytest.raises(FileError, match=r"No space left.*choose a folder on another disk"):
            full.add(x, y)
        full.remove()
    with pytest.raises(FileError, match="the encoded rows take 1000000000"):
        check_room(tmp_path, 10**18)
