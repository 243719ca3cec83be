"""One step in time, exported: state in and state out, beside what the model answers step by step."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.export import numpy_writer
from plastica.export.interpreting import run
from plastica.export.stepping import step_program_of

from ..catalogue import LAYERS
from . import tables

STEPS = ("lstm_sequences", "rnn_of_cells", "echo_state", "masking", "lif", "delay", "rotary_positions", "spiking")


@functools.cache
def recurrent() -> pl.Sequential:
    model = pl.Sequential([pl.GRU(4, return_sequences=True, input_shape=(6, 2)), pl.LSTM(3), pl.Dense(2, "tanh")])
    model.build()
    return model


X = np.random.default_rng(0).standard_normal((6, 3, 2)).astype("float32")


@pytest.mark.parametrize("name", STEPS)
def test_a_program_takes_the_steps_of_the_layer(name):
    layer, shape = LAYERS[name]
    model = pl.Model(layer)
    model.build((None, *shape))
    stream, found = model.stream(3), step_program_of(model)
    states = [np.repeat(each, 3, 0) for each in found.start]
    for x_t in np.random.default_rng(0).standard_normal((4, 3, *shape[1:])).astype("float32"):
        answer, *states = run(found.program, [x_t, *states])
        np.testing.assert_allclose(answer, stream.step(x_t), atol=1e-6)


def test_a_python_file_steps_through_a_sequence(tmp_path):
    path = pl.export.write(recurrent(), tmp_path / "net.py", step=True).paths[0]
    module: dict = {"__name__": "exported", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), module)
    state, stream = module["start"](3), recurrent().stream(3)
    for x_t in X:
        answer, state = module["step"](state, x_t)
        np.testing.assert_allclose(answer, stream.step(x_t), atol=1e-6)
    np.testing.assert_allclose(answer, recurrent().predict(X.swapaxes(0, 1)), atol=1e-6)
    with pytest.raises(ValueError, match=r"the state is of 3 sequences, the inputs of 2"):
        module["step"](state, X[0, :2])
    with pytest.raises(ValueError, match=r"got inputs of shape \(3, 1\); expected \(rows, 2\)"):
        module["step"](state, X[0, :, :1])
    np.savetxt(tmp_path / "steps.csv", X[:, 0], delimiter=",", header="a,b", comments="")
    lines = subprocess.run([sys.executable, path, tmp_path / "steps.csv"], capture_output=True, text=True, check=True)
    printed = np.array([[float(cell) for cell in line.split(",")] for line in lines.stdout.splitlines()])
    np.testing.assert_allclose(printed[-1], answer[0], atol=1e-6)
    asked = subprocess.run([sys.executable, path, "-"], input="1,2\n1,x\n", capture_output=True, text=True, check=False)
    assert asked.returncode == 1 and "-, line 2: could not convert" in asked.stderr and len(asked.stdout) > 5


def test_an_onnx_file_steps_through_a_sequence(tmp_path):
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    path = pl.export.write(recurrent(), tmp_path / "net.onnx", step=True).paths[0]
    session = runtime.InferenceSession(path)
    begin = json.loads({each.key: each.value for each in onnx.load(path).metadata_props}["plastica.start"])
    state = {name: np.repeat(np.array([each], np.float32), 3, 0) for name, each in begin.items()}
    stream = recurrent().stream(3)
    for x_t in X:
        answer, *after = session.run(None, {"x": x_t, **state})
        state = dict(zip(state, after, strict=True))
        np.testing.assert_allclose(answer, stream.step(x_t), atol=1e-6)


@pytest.mark.skipif(not any(map(shutil.which, ("gcc", "cc", "clang"))), reason="needs a C compiler")
def test_a_c_file_steps_through_a_sequence(tmp_path):
    pl.export.write(recurrent(), tmp_path / "net.c", step=True)
    main = """
    #include <stdio.h>
    #include "net.h"
    int main(void) {
        net_state state;
        net_input_x x[NET_INPUT_X_SIZE];
        net_output_y y[NET_OUTPUT_Y_SIZE];
        net_start(&state);
        while (scanf("%f %f", &x[0], &x[1]) == 2) {
            net_step(&state, x, y);
            printf("%.9g %.9g\\n", y[0], y[1]);
        }
        return 0;
    }"""
    (tmp_path / "main.c").write_text(main)
    compiler = next(filter(None, map(shutil.which, ("gcc", "cc", "clang"))))
    command = [compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "net.c", "-o", "net", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    given = "\n".join(f"{a} {b}" for a, b in X[:, 0].tolist())
    said = subprocess.run([tmp_path / "net"], input=given, capture_output=True, text=True, check=True).stdout
    stream = recurrent().stream(3)
    expected = [stream.step(x_t)[0] for x_t in X]
    np.testing.assert_allclose(np.array(said.split(), float).reshape(-1, 2), expected, atol=1e-6)


def test_a_network_that_remembers_batches_is_exported_step_by_step(tmp_path):
    model = pl.Sequential([pl.Input((3, 1), batch_size=2), pl.GRU(2, stateful=True)])
    model.build()
    with pytest.raises(InvalidValue, match=r"stateful.*Export one step in time.*--step"):
        pl.export.write(model, tmp_path / "net.py")
    written = pl.export.write(model, tmp_path / "net.py", step=True)
    answer = numpy_writer.opened(written.paths[0], written.exported.program)
    x, state = np.ones((2, 1), np.float32), [np.repeat(each, 2, 0) for each in written.exported.start]
    for _ in range(3):
        found, *state = answer([x, *state])
    np.testing.assert_allclose(found, model.predict(np.ones((2, 3, 1), np.float32)), atol=1e-6)


def test_what_has_no_steps_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match=r"step=True is for models of arrays .*; TableNetwork is none"):
        pl.export.write(tables.model("folds"), tmp_path / "net.py", step=True)
    with pytest.raises(InvalidValue, match="a page answers whole inputs"):
        pl.export.write(recurrent(), tmp_path / "net.html", step=True)
    assert not list(tmp_path.iterdir())
