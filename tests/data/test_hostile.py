"""Malformed files from bytes to features: correct, or a one-line error; never a traceback or a wrong number."""

import gzip
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.data.columns import infer_columns
from plastica.data.encoding import TableEncoder
from plastica.data.reading import read_table
from plastica.data.splitting import split
from plastica.data.target import choose_target
from plastica.data.values import read_numbers
from plastica.errors import PlasticaError


def whole_way(path):
    """Read and prepare a file as the train command does."""
    table = read_table(path)
    name = table.names[-1]
    target, table, _ = choose_target(table, name)
    columns = infer_columns(table, skip=[name])
    parts = split(table.height, stratify=None if target.task == "regression" else target.encode(table))
    encoder = TableEncoder.fit(table.take(parts.train), columns, ignored=[name])
    x, y = encoder.transform(table, []), target.fitted(table.take(parts.train)).encode(table)
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    assert len(x) == len(y) == table.height


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_are_a_table_or_one_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    try:
        whole_way(path)
    except PlasticaError as problem:
        assert "\x1b" not in str(problem)
        assert len(str(problem)) < 600


cells = st.sampled_from(
    [
        "1",
        "2.5",
        "-3",
        "1,5",
        "1,234",
        "007",
        "NA",
        "",
        "?",
        "-",
        "inf",
        "1e400",
        "9" * 300,
        "=1+1",
        "x",
        "yes",
        "no",
        "true",
        "2020-01-31",
        "31/01/2020",
        "12 %",
        "€5",
        "<script>alert(1)</script>",
        "\x1b[31m",
        "名",
        " ",
        "#",
        "'",
        "0x1F",
        "1e5",
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=30)
    ),
    separator=st.sampled_from(",;\t|"),
    quoted=st.booleans(),
    cut=st.floats(0.5, 1),
    packed=st.booleans(),
)
def test_messy_tables_go_the_whole_way_or_are_refused(tmp_path_factory, rows, separator, quoted, cut, packed):
    mark = '"' if quoted else ""
    names = [[f"name {number}" for number in range(len(rows[0]))]] if rows else []
    content = "\n".join(separator.join(f"{mark}{cell}{mark}" for cell in row) for row in names + rows).encode()
    content = gzip.compress(content) if packed else content
    path = tmp_path_factory.getbasetemp() / "messy.csv"
    path.write_bytes(content[: int(len(content) * cut)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            whole_way(path)
        except PlasticaError as problem:
            assert "\x1b" not in str(problem)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(-(10**7), 10**7).map(lambda x: x / 100), min_size=4, max_size=12, unique=True),
    style=st.sampled_from(["plain", "comma", "english", "german"]),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "gb18030"]),
    missing=st.sampled_from(["", "NA", "?", "-", "null"]),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    quoted=st.booleans(),
)
def test_numbers_survive_every_dress(tmp_path_factory, numbers, style, separator, encoding, missing, ending, quoted):
    """Two decimals always, so that no cell is ambiguous: every number must be read exactly."""

    def write(x):
        english = f"{x:,.2f}"
        german = english.translate(str.maketrans(",.", ".,"))
        shown = {"plain": f"{x:.2f}", "comma": f"{x:.2f}".replace(".", ","), "english": english, "german": german}[
            style
        ]
        return f'"{shown}"' if quoted or separator in shown else shown

    word = {"gb18030": "城市", "latin-1": "größe"}.get(encoding, "größe城市")
    lines = [separator.join(["value", "label", word])]
    lines += [separator.join([write(x), "ab"[number % 2], word]) for number, x in enumerate(numbers)]
    lines.append(separator.join([missing, "a", word]))
    path = tmp_path_factory.getbasetemp() / "dress.csv"
    path.write_bytes((ending.join(lines) + ending).encode(encoding))
    table = read_table(path)
    assert table.names[:2] == ("value", "label")
    assert table.names[2] == word
    column = infer_columns(table)[0]
    assert column.kind == "number"
    np.testing.assert_array_equal(read_numbers(table, column), [*numbers, np.nan])


@pytest.mark.parametrize("command", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "<script>alert(1)</script>"])
def test_formulas_and_scripts_are_only_text(tmp_path, command):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + f'"{command}",p\nother,q\n' * 30)
    table = read_table(path)
    assert infer_columns(table)[0].categories == tuple(sorted([command, "other"]))
