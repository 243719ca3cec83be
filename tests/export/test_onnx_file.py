"""ONNX files answer in onnxruntime as the models do, for every layer and any number of rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica.data.reading import read_table
from plastica.errors import InvalidValue
from plastica.export import onnx_writer
from plastica.export.exported import Exported, exported
from plastica.export.raw_columns import decided
from plastica.export.tracing import traced

from . import tables
from .networks import DRAWN_BY_ROWS, EXPORTED, answered, assert_close, programmed

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
PATH = Path("model.onnx")


def content(found: Exported) -> bytes:
    return onnx_writer.files(found, PATH)[PATH]


@pytest.mark.parametrize("name", EXPORTED)
def test_a_file_answers_as_the_layer_does(name):
    _, x, y = answered(name)
    program = programmed(name)
    written = content(Exported(name, program))
    graph = onnx.load_from_string(written).graph
    if not any(each.HasField("g") for node in graph.node for each in node.attribute):
        read = {each for node in graph.node for each in node.input} | {each.name for each in graph.output}
        assert {each.name for each in graph.initializer} <= read  # onnxruntime warns of others
    answer = onnx_writer.session(written)
    x = x.astype(program.inputs[0].dtype)
    assert_close(answer([x])[0], y)
    if name not in DRAWN_BY_ROWS:
        assert_close(answer([x[:1]])[0], y[:1])


@pytest.mark.parametrize("name", tables.SETTINGS)
def test_raw_columns_give_the_labels_and_the_probabilities_of_plastica(name, tmp_path):
    network = tables.model(name)
    path = pl.export.write(network, tmp_path / "model.onnx").paths[0]
    model = onnx.load(path)
    read = {name: values.to_list() for name, values in read_table(tables.new()).columns.items()}
    assert {each.name for each in model.graph.input} < set(read)
    expected = network.predict(tables.new())
    outputs, labels = onnx_writer.opened_table(path, exported(network).table)(read)
    if expected.probabilities is None:
        np.testing.assert_allclose(outputs[:, 0], expected.labels, rtol=1e-5, atol=1e-4)
        return
    np.testing.assert_allclose(outputs, expected.probabilities, atol=1e-5)
    assert labels == [[each] for each in expected.labels]
    properties = {each.key: each.value for each in model.metadata_props}
    assert json.loads(properties["plastica.table"]) == json.loads(json.dumps(exported(network).table))


def test_cells_are_read_as_by_plastica(tmp_path):
    network = tables.model("trees")
    path = pl.export.write(network, tmp_path / "model.onnx").paths[0]
    answer = onnx_writer.opened_table(path, exported(network).table)
    cells = {
        "id": "x",
        "size": "9.5",
        "price": "$1,234.50",
        "yes": "YES",
        "colour": "red",
        "town": "T03",
        "day": "29.02.2024 12:00",
        "note": "large old",
    }
    changes = [
        {"size": " ", "price": "$0.10", "colour": " blue\t", "town": "T03\u3000"},
        {"yes": " no", "colour": "pink", "town": "elsewhere", "note": "n/a"},
        {"colour": "RED", "day": "31.12.1965 23:59", "note": "STRASSE Straße, İSTANBUL x² a 日本語  _b"},
        {"yes": "", "colour": "NULL", "town": "", "day": "-", "note": ""},
    ]
    rows = [cells | change for change in changes]
    columns = {name: [row[name] for row in rows] for name in cells}
    expected = network.predict(columns)
    outputs, labels = answer(columns)
    np.testing.assert_allclose(outputs, expected.probabilities, atol=1e-5)
    assert labels == [[each] for each in expected.labels]
    for row in range(len(rows)):  # one row at a time, and none
        np.testing.assert_allclose(answer({name: [each[row]] for name, each in columns.items()})[0], outputs[[row]])
    assert answer({name: [] for name in columns})[0].shape == (0, 3)


@pytest.mark.parametrize("pieces", ["words", "letters"])
def test_texts_are_hashed_as_by_scikit_learn(pieces):
    from plastica.export.onnx_graph import OnnxGraph
    from plastica.export.onnx_text import encode_text
    from plastica.export.raw_columns import encode_text as expected

    texts = ["", "a", "ab", "Hello  World", " ÀÉ Çà\tva ", "İstanbul x² 日本語", "\u00a0a_b\u3000c-d" + 30 * "z"]
    spec = {"name": "x", "features": 64, "pieces": pieces, "indicator": False, "missing": [], "missing_words": []}
    graph, helper = OnnxGraph(), onnx.helper
    graph.nodes.append(helper.make_node("Identity", [encode_text(graph, "x", spec)], ["y"]))
    given = helper.make_tensor_value_info("x", onnx.TensorProto.STRING, ["rows", 1])
    made = helper.make_tensor_value_info("y", onnx.TensorProto.DOUBLE, ["rows", 64])
    opsets = [helper.make_opsetid(*each) for each in onnx_writer.OPSETS.items()]
    whole = helper.make_graph(graph.nodes, "text", [given], [made], graph.initializers, value_info=graph.described)
    answer = onnx_writer.session(helper.make_model(whole, opset_imports=opsets, ir_version=10).SerializeToString())
    found = answer([np.array(texts, object).reshape(-1, 1)])[0]
    np.testing.assert_allclose(found, np.array(expected(texts, spec)).T, atol=1e-12)


@pytest.mark.parametrize(
    "decision",
    [
        {"rule": "weights", "weights": [0.2, 1.0, 3.0]},
        {"rule": "costs", "weights": [], "costs": [[0, 1, 4], [2, 0, 1], [1, 7, 0]]},
        {"rule": "threshold", "thresholds": [0.3], "positive": 0},
        {"rule": "threshold", "thresholds": [0.1, 0.3, 0.5], "positive": 0},
    ],
    ids=["weights", "costs", "threshold", "labels"],
)
def test_classes_are_decided_in_the_graph_as_in_python(decision):
    from plastica.export.onnx_answers import answers
    from plastica.export.onnx_graph import OnnxGraph

    several = len(decision.get("thresholds", ())) > 1
    classes = [7, 5, 3] if len(decision.get("thresholds", ())) != 1 else [7, 5]
    spec = {"decision": decision, "classes": classes, "task": "multilabel" if several else "multiclass", "names": ["y"]}
    graph, helper = OnnxGraph(), onnx.helper
    label, _ = answers(graph, "x", spec)
    graph.nodes.append(helper.make_node("Identity", [label.tensor], ["y"]))
    given = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["rows", len(classes)])
    made = helper.make_tensor_value_info("y", onnx.TensorProto.INT64, ["rows", 3] if several else ["rows"])
    whole = helper.make_graph(graph.nodes, "answers", [given], [made], graph.initializers)
    opset = [helper.make_opsetid("", onnx_writer.OPSETS[""])]
    answer = onnx_writer.session(helper.make_model(whole, opset_imports=opset, ir_version=10).SerializeToString())
    shares = np.random.default_rng(0).dirichlet([1] * len(classes), 100).astype("float32")
    places = [decided(row, decision) for row in shares.tolist()]
    assert answer([shares])[0].tolist() == (places if several else [classes[each[0]] for each in places])


def test_a_table_can_be_left_to_features(tmp_path):
    found = exported(tables.model("folds"))
    written = pl.export.write(found, tmp_path / "model.onnx", features=True)
    x = found.draw(20)
    np.testing.assert_allclose(onnx_writer.session(written.paths[0].read_bytes())(x)[0], found.answer(x)[0], rtol=1e-5)
    with pytest.raises(InvalidValue, match="only ONNX files can take encoded features"):
        pl.export.write(found, tmp_path / "model.py", features=True)


def test_several_inputs_and_outputs_have_their_names():
    left, right = pl.Input((2,), name="left"), pl.Input((3,), name="right")
    joined = pl.Concatenate()([left, right])
    model = pl.Model([left, right], {"sum": pl.Dense(1)(joined), "kind": pl.Dense(2, "softmax")(joined)})
    graph = onnx.load_from_string(content(exported(model))).graph
    assert [each.name for each in graph.input] == ["left", "right"]
    assert [each.name for each in graph.output] == ["sum", "kind"]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "rows"


def test_loops_and_choices_by_the_data_are_written():
    import jax

    def function(x):
        total = jax.lax.while_loop(lambda t: t < 100, lambda t: t * 2 + 1, x.sum())
        return jax.lax.switch((x[0, 0] > 0).astype("int32"), [lambda: x - total, lambda: x + total])

    answer = onnx_writer.session(content(Exported("loops", traced(function, [("x", (2,), "float32")], ["y"], rows=1))))
    for sign in (1, -1):
        x = np.array([[sign * 1.0, 2.0]], "float32")
        np.testing.assert_allclose(answer([x])[0], function(x), rtol=1e-6)


def test_what_onnx_has_no_operator_for_is_named():
    import jax.numpy as jnp

    program = traced(lambda x: jnp.arctan2(x, x + 1), [("x", (2,), "float32")], ["y"], name="Angles")
    with pytest.raises(InvalidValue, match="Angles computes 'atan2'"):
        content(Exported("angles", program))
