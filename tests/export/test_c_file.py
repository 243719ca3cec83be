"""C files with the preprocessing of a table answer rows of raw columns as plastica does."""

from __future__ import annotations

import ctypes
import datetime
import math
import shutil

import numpy as np
import pytest

import plastica as pl
from plastica.data.reading import read_table
from plastica.errors import InvalidValue
from plastica.export import c_writer
from plastica.export.c_names import identifiers
from plastica.export.exported import exported
from plastica.export.raw_columns import decided, read_date, read_numbers
from plastica.settings import Settings
from plastica.tables import TableNetwork

from . import tables

needs_compiler = pytest.mark.skipif(not any(map(shutil.which, ("gcc", "cc", "clang"))), reason="needs a C compiler")
KINDS = {"number": ctypes.c_double, "boolean": ctypes.c_int, "date": ctypes.c_int64}
WITHOUT_TEXT = Settings(epochs=1, baselines=(), drop=("amount", "note"))
NUMBERS_TOO = Settings(model="linear", baselines=(), drop=("kind", "note"))
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
@pytest.mark.parametrize(("target", "settings"), [("kind", WITHOUT_TEXT), ("amount", NUMBERS_TOO)])
def test_rows_of_raw_columns_get_the_answers_of_plastica(target, settings, tmp_path):
    network = TableNetwork.fit(tables.train(), target, settings)
    written = pl.export.write(network, tmp_path / "model.c")
    assert [each.name for each in written.paths] == ["model.c", "model.h"]
    library = c_writer.compiled(written.paths[0])
    specs = {spec["name"]: spec for columns in written.exported.table["inputs"] for spec in columns}
    assert {spec["kind"] for spec in specs.values()} == {"number", "boolean", "category", "code", "date"}
    fields = [(name, KINDS.get(spec["kind"], ctypes.c_char_p)) for name, spec in specs.items()]
    row_type = type("Row", (ctypes.Structure,), {"_fields_": fields})
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


def test_columns_of_text_are_refused_by_name(tmp_path):
    with pytest.raises(InvalidValue, match=r"columns of text .*: 'note'\. Train without them \(--ignore note\)"):
        pl.export.write(tables.model("trees"), tmp_path / "model.c")
    assert not list(tmp_path.iterdir())


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
