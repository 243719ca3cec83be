"""ONNX files answer in onnxruntime as the models do, for every layer and any number of rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.export import onnx_writer, program_of
from plastica.export.exported import Exported, exported
from plastica.export.tracing import traced

from ..catalogue import LAYERS
from . import tables
from .networks import answered, assert_close

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
PATH = Path("model.onnx")


def content(found: Exported) -> bytes:
    return onnx_writer.files(found, PATH)[PATH]


@pytest.mark.parametrize("name", LAYERS)
def test_a_file_answers_as_the_layer_does(name):
    model, x, y = answered(name)
    program = program_of(model)
    answer = onnx_writer.session(content(Exported(name, program)))
    x = x.astype(program.inputs[0].dtype)
    assert_close(answer([x])[0], y)
    if name != "rate_encoder":  # draws other spikes for other numbers of rows
        assert_close(answer([x[:1]])[0], y[:1])


@pytest.mark.parametrize("name", ["best", "trees_of_numbers", "folds"])
def test_the_model_of_a_table_takes_features_and_has_the_rest_as_json(name):
    network = tables.model(name)
    found = exported(network)
    written = content(found)
    x = found.draw(20)
    np.testing.assert_allclose(onnx_writer.session(written)(x)[0], found.answer(x)[0], rtol=1e-5, atol=1e-5)
    properties = {each.key: each.value for each in onnx.load_from_string(written).metadata_props}
    assert json.loads(properties["plastica.table"]) == json.loads(json.dumps(found.table))


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
