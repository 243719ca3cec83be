"""Python files that need NumPy only answer as the models do, for every layer and from raw columns."""

from __future__ import annotations

import ast
import csv
import io
import re
import subprocess
import sys

import numpy as np
import pytest

import plastica as pl
from plastica.cli.predict import Writer
from plastica.data.reading import read_table
from plastica.errors import InvalidValue, UnknownName
from plastica.export import numpy_writer
from plastica.export.exported import Exported, exported
from plastica.export.raw_columns import features_of, murmur3
from plastica.export.tracing import traced

from . import tables
from .networks import EXPORTED, answered, assert_close, programmed


def module_of(found: Exported, path):
    """Run the source of an exported file."""
    source = numpy_writer.files(found, path)[path].decode()
    module: dict = {"__name__": "exported", "__file__": str(path)}
    exec(compile(source, str(path), "exec"), module)
    return module


@pytest.mark.parametrize("name", EXPORTED)
def test_a_file_answers_as_the_layer_does(name, tmp_path):
    _, x, y = answered(name)
    assert_close(module_of(Exported(name, programmed(name)), tmp_path / "model.py")["predict"](x), y)


def test_a_file_imports_nothing_but_numpy_and_the_standard_library_and_evaluates_nothing(tmp_path):
    path = tmp_path / "model.py"
    source = numpy_writer.files(exported(tables.model("trees")), path)[path].decode()
    tree = ast.walk(ast.parse(source))
    names = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom | ast.Name)]
    imported = {each.name.split(".")[0] for node in names if isinstance(node, ast.Import) for each in node.names}
    imported |= {str(node.module).split(".")[0] for node in names if isinstance(node, ast.ImportFrom)}
    assert imported - set(sys.stdlib_module_names) == {"numpy"}
    assert not {"eval", "exec", "compile"} & {node.id for node in names if isinstance(node, ast.Name)}


@pytest.mark.parametrize("name", tables.SETTINGS)
def test_raw_columns_give_the_answers_of_plastica(name, tmp_path):
    network = tables.model(name)
    module = module_of(exported(network), tmp_path / "model.py")
    expected = network.predict(tables.new())
    columns = module["read_table"](str(tables.new()))
    if expected.probabilities is None:
        np.testing.assert_allclose(module["answers"](columns)[:, 0], expected.labels, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(module["predict"](columns), expected.labels, rtol=1e-5, atol=1e-4)
        return
    np.testing.assert_allclose(module["answers"](columns), expected.probabilities, atol=1e-5)
    assert module["predict"](columns) == expected.labels.tolist()
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    assert module["predict"](rows[:3]) == expected.labels[:3].tolist()


def test_features_of_raw_columns_equal_those_of_the_encoder():
    encoder = tables.model("trees").encoder
    table = read_table(tables.new())
    specs = exported(tables.model("trees")).table["inputs"][0]
    kinds = {spec["kind"] for spec in specs}
    assert kinds == {"number", "boolean", "category", "code", "date", "text"}
    for read in (table, read_table({name: values.to_list() for name, values in table.columns.items()})):
        columns = {name: values.to_list() for name, values in read.columns.items()}
        found = np.array(features_of(columns, specs)).T
        np.testing.assert_allclose(found, encoder.transform(read, []), atol=1e-6)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("size", "wide", r"row 3, column 'size': 'wide' is not a number"),
        ("price", "12", r"row 3, column 'price': '12' is not a number with \$"),
        ("yes", "maybe", r"row 3, column 'yes': 'maybe' is not 'no' or 'yes'"),
        ("day", "31.02.2021 10:00", r"row 3, column 'day': .* is not a date"),
    ],
)
def test_a_cell_of_another_kind_is_named_with_its_place(column, cell, message):
    specs = exported(tables.model("trees")).table["inputs"][0]
    columns = {name: values.to_list() for name, values in read_table(tables.new()).columns.items()}
    columns[column][2] = cell
    with pytest.raises(ValueError, match=message):
        features_of(columns, specs)
    del columns[column]
    with pytest.raises(ValueError, match=f"the column '{column}' is missing"):
        features_of(columns, specs)


def test_the_command_line_of_a_file_prints_what_plastica_predict_prints(tmp_path):
    network = tables.model("trees")
    path = tmp_path / "model.py"
    path.write_bytes(numpy_writer.files(exported(network), path)[path])
    said = subprocess.run([sys.executable, path, tables.new(), "-p"], capture_output=True, text=True, check=True).stdout
    table = read_table(tables.new())
    expected = Writer(network, ("id",), probabilities=True).csv(table, network.predict(table))
    found, wanted = (list(csv.reader(io.StringIO(text))) for text in (said, expected))
    assert [row[:2] for row in found] == [row[:2] for row in wanted]
    np.testing.assert_allclose(*(np.array([row[2:] for row in each[1:]], float) for each in (found, wanted)), atol=1e-5)
    (tmp_path / "new.csv").write_text(tables.new().read_text("utf-8").replace(",T0", ",X0"), "utf-8")
    ended = subprocess.run([sys.executable, path, tmp_path / "new.csv"], capture_output=True, text=True, check=True)
    three = ", ".join([r"'X0\d*'"] * 3)
    assert re.match(rf"column 'town': not in training and treated as unknown: {three} and \d+ more\.$", ended.stderr)
    told = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True, check=True).stdout
    for line in ("price: a number with $", "yes: 'no' or 'yes'", "note: text", "answer (kind): 'a', 'b' or 'c'"):
        assert f"    {line}\n" in told
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    ended = subprocess.run([sys.executable, path, wrong], capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "is missing" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("encode", [True, False])
def test_an_estimator_is_exported_with_its_columns(encode, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    classifier = pl.NetworkClassifier(network=[pl.Dense(4, "tanh")], epochs=1, encode=encode, random_state=0).fit(x, y)
    regressor = pl.NetworkRegressor(network=[pl.Dense(4, "tanh")], epochs=1, encode=encode, random_state=0).fit(
        x, x[:, :2]
    )
    for estimator, expected in ((classifier, classifier.predict_proba(x)), (regressor, regressor.predict(x))):
        found = exported(estimator)
        names = [spec["name"] for spec in found.table["inputs"][0]]
        module = module_of(found, tmp_path / "model.py")
        answers = module["answers"](dict(zip(names, x.T.tolist(), strict=True)))
        np.testing.assert_allclose(answers, expected, atol=1e-5)
    assert (
        module_of(exported(classifier), tmp_path / "model.py")["predict"](dict(zip(names, x.T.tolist(), strict=True)))
        == classifier.predict(x).tolist()
    )


def test_weights_can_be_beside_the_file(tmp_path):
    model, x, y = answered("dense")
    written = pl.export.write(model, tmp_path / "net.py", beside=True)
    assert [path.name for path in written.paths] == ["net.py", "net.npz"]
    assert "base64" not in written.paths[0].read_text()
    assert_close(numpy_writer.opened(written.paths[0], written.exported.program)([x])[0], y)
    with pytest.raises(UnknownName, match='unknown option "besides"; did you mean "beside"'):
        pl.export.write(model, tmp_path / "net.py", besides=False)


def test_wrong_inputs_of_a_file_are_told(tmp_path):
    module = module_of(Exported("dense", programmed("dense")), tmp_path / "model.py")
    with pytest.raises(ValueError, match=r"got inputs of shape \(2, 5\); expected \(rows, 6\)"):
        module["predict"](np.zeros((2, 5)))
    with pytest.raises(ValueError, match="2 arrays were given, but the model has 1 inputs"):
        module["predict"](np.zeros((2, 6)), 1)
    module = module_of(Exported("codes", programmed("category_encoding")), tmp_path / "model.py")
    with pytest.raises(ValueError, match="whole numbers"):
        module["predict"](np.full((2, 6), 0.5))


def test_loops_and_choices_by_the_data_are_written(tmp_path):
    import jax

    def function(x):
        total = jax.lax.while_loop(lambda t: t < 100, lambda t: t * 2 + 1, x.sum())
        return jax.lax.switch((x[0, 0] > 0).astype("int32"), [lambda: x - total, lambda: x + total])

    program = traced(function, [("x", (2,), "float32")], ["y"], rows=1)
    compute = module_of(Exported("loops", program), tmp_path / "model.py")["compute"]
    for sign in (1, -1):
        x = np.array([[sign * 1.0, 2.0]], "float32")
        np.testing.assert_allclose(compute(x), function(x), rtol=1e-6)


def test_hashes_are_those_of_the_reference():
    # From the reference implementation (Appleby), seed 0.
    assert [murmur3(text) for text in (b"", b"a", b"hello", "grün".encode())][:2] == [0, 1009084850]
    from sklearn.utils import murmurhash3_32

    for text in (b"hello", b"hello!", "grün".encode(), b"abcdefg"):
        assert murmur3(text) == murmurhash3_32(text, seed=0)


def test_what_is_no_model_is_refused_in_words():
    with pytest.raises(InvalidValue, match=r"cannot be exported: expected a model"):
        exported(3)
