"""Products of whole numbers: they equal their formula, stay within its bound, and run in every language."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import plastica as pl
from plastica.errors import DataError, InvalidValue
from plastica.export import program_of
from plastica.export.exported import exported
from plastica.export.interpreting import run
from plastica.export.measuring import CheckRows, measure
from plastica.export.quantization import is_quantized, narrow, quantized
from plastica.export.targets import TARGETS

ENTRIES = st.floats(-4, 4, width=32)


def dense(kernel):
    model = pl.Sequential([pl.Dense(kernel.shape[1], use_bias=False, input_dim=kernel.shape[0])])
    model.build()
    model.set_weights([kernel])
    return program_of(model)


def test_a_product_by_hand():
    kernel = np.array([[1.27, 0.0], [-0.5, 2.54]], "float32")
    x = np.array([[12.7, -6.35], [0.04, 1.0]], "float32")
    # Steps: 0.1 for inputs (largest 12.7), 0.01 and 0.02 for the two channels.
    q = np.array([[127, -64], [0, 10]])  # -63.5 is halfway: to the even number
    v = np.array([[127, 0], [-50, 127]])
    expected = q @ v * np.array([0.1 * 0.01, 0.1 * 0.02])
    np.testing.assert_allclose(run(quantized(dense(kernel), [x]), [x])[0], expected, rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (5, 3), elements=ENTRIES), arrays(np.float32, (4, 5), elements=ENTRIES))
def test_the_error_is_within_half_a_step_of_each_factor(kernel, x):
    found = run(quantized(dense(kernel), [x]), [x])[0]
    step_x = (np.abs(x).max() or 127) / 127
    step_w = np.where(np.abs(kernel).max(0) == 0, 1, np.abs(kernel).max(0) / 127)
    # |x w - q v| <= |x| |dw| + |w| |dx| + |dx| |dw|, summed over the inputs.
    bound = np.abs(x).sum(1, keepdims=True) * step_w / 2 + np.abs(kernel).sum(0) * step_x / 2 + 5 * step_x * step_w / 4
    assert (np.abs(found - x @ kernel) <= bound * 1.0001 + 1e-5).all()


def networks():
    sequences = [pl.LSTM(5, input_shape=(6, 3)), pl.Dense(2)]
    images = [pl.Conv2D(4, 3, padding="same", input_shape=(6, 6, 2)), pl.ReLU(), pl.MaxPooling2D(), pl.Flatten()]
    return {"lstm": sequences, "images": [*images, pl.Dense(3, "softmax")], "dense": [pl.Dense(9, "gelu", input_dim=4)]}


def test_copies_of_an_ensemble_have_scales_of_their_own():
    layers = [pl.Members(2), pl.MemberDense(4, "tanh"), pl.MemberDense(3, shared=False)]
    ensemble = pl.Sequential([pl.Ensemble(layers, 3, input_shape=(2,))])
    ensemble.build()
    x = np.random.default_rng(1).standard_normal((50, 2)).astype("float32")
    program = program_of(ensemble)
    exact, whole = run(program, [x])[0], run(quantized(program, [x]), [x])[0]
    assert 0 < np.abs(whole - exact).max() < 0.03 * np.abs(exact).max()


@pytest.fixture(scope="module", params=list(networks()))
def model(request):
    made = pl.Sequential(networks()[request.param])
    made.build()
    return made


def drawn(model, rows):
    return np.random.default_rng(0).standard_normal((rows, *model.input_shape[1:])).astype("float32")


def test_answers_stay_near_those_of_floats(model):
    x = drawn(model, 200)
    program = program_of(model)
    exact, whole = run(program, [x])[0], run(quantized(program, [x]), [x])[0]
    assert 0 < np.abs(whole - exact).max() < 0.03 * max(1, np.abs(exact).max())
    assert quantized(program, [x]).names >= {"round", "convert"}


@pytest.mark.parametrize(("target", "tool"), [("numpy", "python3"), ("c", "gcc"), ("html", "node")])
def test_every_language_computes_the_same(model, target, tool, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"needs {tool}")
    x = drawn(model, 20)
    written = pl.export.write(model, tmp_path / f"model{TARGETS[target].ending}", int8=[x])
    program = written.exported.program
    found = TARGETS[target].writer.opened(written.paths[0], program)([x])[0]
    expected = np.concatenate([run(quantized(program_of(model, rows=1), [x]), [row[None]])[0] for row in x])
    # A float that is on the edge between two whole numbers may fall to either side.
    assert np.mean(np.abs(found - expected) < 1e-5) > 0.95
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_quantized_file_is_measured_without_onnxruntime(model, tmp_path):
    x = drawn(model, 20)
    written = pl.export.write(model, tmp_path / "model.py", int8=[x])
    found = measure(written, CheckRows([x]))
    assert is_quantized(written.exported.program) and not is_quantized(program_of(model))
    assert 0 < found.difference < 0.05 and list(found.beside) == ["plastica"]


def test_files_are_smaller(tmp_path):
    model = pl.Sequential([pl.Dense(64, "relu", input_dim=64), pl.Dense(64, "relu"), pl.Dense(10)])
    model.build()
    x = drawn(model, 30)
    for target in ("numpy", "c", "html"):
        ending = TARGETS[target].ending
        sizes = [pl.export.write(model, tmp_path / f"{target}{ending}", int8=rows).size for rows in (None, [x])]
        assert sizes[1] < sizes[0] - 2.5 * (64 * 64 * 2 + 640)


def test_only_whole_numbers_of_eight_bits_are_stored_in_eight():
    whole = np.arange(-20, 20, dtype=np.int32)
    assert narrow(whole).dtype == np.int8
    assert narrow(whole * 10).dtype == np.int32
    assert narrow(whole.astype(np.float32)).dtype == np.float32


def test_calibration_rows_are_needed_and_onnx_is_refused(tmp_path):
    model = pl.Sequential([pl.Dense(2, input_dim=3)])
    model.build()
    with pytest.raises(DataError, match="there are no calibration rows"):
        pl.export.write(model, tmp_path / "model.py", int8=[np.zeros((0, 3), "float32")])
    with pytest.raises(DataError, match=r"layer 0, Dense gets inputs that are not finite"):
        pl.export.write(model, tmp_path / "model.py", int8=[np.full((1, 3), np.inf, "float32")])
    with pytest.raises(InvalidValue, match="quantize an ONNX file with the tools of onnxruntime"):
        pl.export.write(model, tmp_path / "model.onnx", int8=[np.zeros((1, 3), "float32")])
    assert not list(tmp_path.iterdir())
    assert exported(model).program.names == {"matmul", "add"} or exported(model).program.names == {"matmul"}
