"""C files with the preprocessing of a table answer rows of raw columns as plastica does."""

from __future__ import annotations

import ctypes
import datetime
import math
import shutil
import subprocess

import numpy as np
import pytest

import plastica as pl
from plastica.data.reading import read_table
from plastica.export import c_writer
from plastica.export.c_names import identifiers
from plastica.export.exported import exported
from plastica.export.raw_columns import decided, encode_text, read_date, read_numbers
from plastica.settings import Settings
from plastica.tables import TableNetwork

from . import tables

needs_compiler = pytest.mark.skipif(not any(map(shutil.which, ("gcc", "cc", "clang"))), reason="needs a C compiler")
KINDS = {"number": ctypes.c_double, "boolean": ctypes.c_int, "date": ctypes.c_int64}
CLASSES = Settings(epochs=1, baselines=(), drop=("amount",), kinds=tables.NOTE)
NUMBERS = Settings(model="linear", baselines=(), drop=("kind",), kinds=tables.NOTE)
LINEAR_PART = tables.SETTINGS["linear_part"][1]
NO_DATE = -(2**63)


def as_c(cell, spec):
    """A cell as the row of C has it."""
    match spec["kind"]:
        case "number":
            (number,) = read_numbers([cell], spec)
            return math.nan if number is None else number
        case "boolean":
            return spec["booleans"].index(cell) if cell in spec["booleans"] else -1
        case "date":
            moment = read_date(cell, spec)
            return NO_DATE if moment is None else round((moment - datetime.datetime(1970, 1, 1)).total_seconds())
        case _:
            return str(cell).encode() if cell is not None else None


@needs_compiler
@pytest.mark.parametrize(("target", "settings"), [("kind", CLASSES), ("amount", NUMBERS), ("amount", LINEAR_PART)])
def test_rows_of_raw_columns_get_the_answers_of_plastica(target, settings, tmp_path):
    network = TableNetwork.fit(tables.train(), target, settings)
    written = pl.export.write(network, tmp_path / "model.c")
    assert [each.name for each in written.paths] == ["model.c", "model.h"]
    library = c_writer.compiled(written.paths[0])
    row_type, specs = row_of(written)
    assert {spec["kind"] for spec in specs.values()} == {"number", "boolean", "category", "code", "date", "text"}
    columns = {name: values.to_list() for name, values in read_table(tables.new()).columns.items()}
    expected = network.predict(tables.new())
    wanted = expected.labels[:, None] if expected.probabilities is None else expected.probabilities
    for place, answer in enumerate(wanted):
        row = row_type(*(as_c(columns[name][place], spec) for name, spec in specs.items()))
        found = np.zeros(len(answer), np.float32)
        library.model_answers(ctypes.byref(row), ctypes.c_void_p(found.ctypes.data))
        np.testing.assert_allclose(found, answer.astype(float), rtol=1e-5, atol=1e-5)
        if expected.probabilities is not None:
            labels = (ctypes.c_char_p * len(answer)).in_dll(library, "model_labels")
            label = labels[library.model_label(ctypes.c_void_p(found.ctypes.data))]
            assert label.decode() == str(expected.labels[place])


@needs_compiler
def test_the_day_of_the_year_is_that_of_the_calendar(tmp_path):
    from plastica.export.c_table import _DATES

    path = tmp_path / "dates.c"
    path.write_text(f"#include <stdint.h>\n{_DATES}int64_t day(int64_t days) {{ return day_of_year(days); }}\n")
    day = c_writer.compiled(path).day
    day.argtypes, day.restype = [ctypes.c_int64], ctypes.c_int64
    epoch = datetime.date(1970, 1, 1)
    for days in [*range(-30_000, 30_000, 37), 11_016, 19_722, -25_567]:  # 2000-02-29, 2023-12-31, 1900-01-01
        assert day(days) == (epoch + datetime.timedelta(days)).timetuple().tm_yday - 1


@needs_compiler
@pytest.mark.parametrize(
    "decision",
    [
        {"rule": "largest", "weights": []},
        {"rule": "weights", "weights": [0.2, 1.0, 3.0]},
        {"rule": "costs", "weights": [], "costs": [[0, 1, 4], [2, 0, 1], [1, 7, 0]]},
    ],
    ids=lambda decision: decision["rule"],
)
def test_classes_are_decided_as_in_python(decision, tmp_path):
    from plastica.export.c_table import _decided

    lines = ["#include <math.h>", "int label(const float *answers) {", *_decided(decision, "3"), "}"]
    (tmp_path / "decide.c").write_text("\n".join(lines))
    label = c_writer.compiled(tmp_path / "decide.c").label
    for shares in np.random.default_rng(0).dirichlet([1, 1, 1], 200).astype("float32"):
        assert label(ctypes.c_void_p(shares.ctypes.data)) == decided(shares.tolist(), decision)[0]


TEXTS = [
    "",
    "a",
    "Hello  World",
    " ÀÉ Çà\tva ",
    "İstanbul x² 日本語",
    "a_b\u3000c-d" + 30 * "z",
    "ΟΔΟΣ ΣΑΣ Σ",
    "😀 𝔘𝔫 Ǆ ẞ",
]
# Random bytes, in a block that ends where they end, so that reading further is found.
HOSTILE = """
#include <stdlib.h>
int main(void) {
    uint32_t state = 1;
    float sums[8];
    for (int round = 0; round < 20000; round++) {
        size_t length = state % 24;
        char *text = malloc(length + 1);
        for (size_t k = 0; k < length; k++) {
            state = state * 1664525u + 1013904223u;
            text[k] = (char)((state >> 24) | ((state >> 9) & 0xC0));
        }
        text[length] = 0;
        encode_words(text, sums, 8);
        encode_letters(text, sums, 8);
        if (!(sums[0] * sums[0] <= 0.2501) || is_blank(text) > 1) { return 1; }
        free(text);
        state = state * 1664525u + 1013904223u;
    }
    return 0;
}
"""


def text_source(end: str) -> str:
    from plastica.export import c_text

    heads = [f"#include <{each}.h>" for each in ("stdint", "math", "string")]
    return "\n".join([*heads, *c_text.functions(["words", "letters"], True), end])


@needs_compiler
def test_texts_are_hashed_as_in_python(tmp_path):
    ends = [f"void {each}(const char *x, float *y) {{ encode_{each}(x, y, 64); }}\n" for each in ("words", "letters")]
    (tmp_path / "text.c").write_text(text_source("".join([*ends, "int blank(const char *x) { return is_blank(x); }"])))
    library = c_writer.compiled(tmp_path / "text.c")
    for pieces, encode in (("words", library.words), ("letters", library.letters)):
        spec = {"features": 64, "pieces": pieces, "indicator": False, "missing": [], "missing_words": []}
        for text, expected in zip(TEXTS, np.array(encode_text(TEXTS, spec)).T, strict=True):
            found = np.zeros(64, np.float32)
            encode(text.encode(), ctypes.c_void_p(found.ctypes.data))
            np.testing.assert_allclose(found, expected, atol=1e-7, err_msg=text)
    assert [library.blank(text) for text in (None, b" \t", "\u3000".encode(), b"x", b"\xff")] == [1, 1, 1, 0, 0]


@needs_compiler
def test_bytes_that_are_no_text_do_no_harm(tmp_path):
    (tmp_path / "hostile.c").write_text(text_source(HOSTILE))
    compiler = next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))))
    command = [compiler, "-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command += ["hostile.c", "-o", "hostile", "-lm"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"the compiler has no sanitizers: {made.stderr[-200:]}")
    ended = subprocess.run(["./hostile"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@needs_compiler
def test_a_file_compiles_without_warnings_and_refuses_values_by_the_number_of_the_field(tmp_path):
    written = pl.export.write(tables.model("trees"), tmp_path / "model.c")
    compiler = next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))))
    command = [compiler, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-DMODEL_MAIN", "model.c", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library = c_writer.compiled(written.paths[0])
    row_type, specs = row_of(written)
    names = [each.decode() for each in (ctypes.c_char_p * len(specs)).in_dll(library, "model_columns")]
    assert names == list(specs)
    missing = {"number": math.nan, "boolean": -1, "date": NO_DATE}
    answers = np.full(3, 9, np.float32)
    for name, wrong in (("price", math.inf), ("yes", 2), (None, 0)):
        cells = {column: missing.get(spec["kind"]) for column, spec in specs.items()} | ({name: wrong} if name else {})
        code = library.model_answers(ctypes.byref(row_type(*cells.values())), ctypes.c_void_p(answers.ctypes.data))
        assert code == (names.index(name) + 1 if name else 0)
        assert (answers == 9).all() == bool(name)


def row_of(written):
    """The struct of a row, and the columns."""
    specs = {spec["name"]: spec for columns in written.exported.table["inputs"] for spec in columns}
    fields = [(name, KINDS.get(spec["kind"], ctypes.c_char_p)) for name, spec in specs.items()]
    return type("Row", (ctypes.Structure,), {"_fields_": fields}), specs


def test_names_become_identifiers_that_differ():
    assert identifiers(["a b", "a_b", "class", "2nd", "total", "年", "月"]) == [
        "a_b",
        "a_b_2",
        "_class",
        "_2nd",
        "_total",
        "x",
        "x_2",
    ]


@needs_compiler
def test_a_model_of_arrays_is_measured(tmp_path):
    from plastica.export.measuring import measure

    model = pl.Sequential([pl.Conv2D(2, 3, input_shape=(5, 5, 1)), pl.Flatten(), pl.Dense(3, "softmax")])
    model.build()
    written = pl.export.write(model, tmp_path / "2 nets.c")
    assert "void model_2_nets_predict(" in written.paths[1].read_text()
    found = measure(written)
    assert found.rows == 100 and found.difference < 1e-6 and found.microseconds > 0
    assert exported(model, rows=1).program.inputs[0].shape == (1, 5, 5, 1)
