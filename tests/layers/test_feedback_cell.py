"""Jordan networks by a loop in NumPy, and feedback around layers with a memory."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

X = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_a_jordan_network_by_hand(decay):
    layer = pl.RNN(pl.FeedbackCell([pl.Dense(4, "tanh"), pl.Dense(2, "tanh")], decay=decay), return_sequences=True)
    params, _ = layer.init(np.random.default_rng(1), (7, 3))
    hidden, last = params
    assert hidden["kernel"].shape == (5, 4)
    fed, answers = np.zeros((2, 2)), []
    for step in range(7):
        inside = np.tanh(np.concatenate([X[:, step], fed], 1) @ hidden["kernel"] + hidden["bias"])
        answers.append(np.tanh(inside @ last["kernel"] + last["bias"]))
        fed = decay * fed + answers[-1]
    np.testing.assert_allclose(layer.apply(params, X)[0], np.stack(answers, 1), rtol=1e-5, atol=1e-6)


def test_one_linear_layer_fed_back_is_a_simple_recurrent_layer():
    layer = pl.RNN(pl.FeedbackCell([pl.Dense(4, "tanh")]), return_sequences=True)
    params, _ = layer.init(np.random.default_rng(1), (7, 3))
    kernel = params[0]["kernel"]
    same = {"kernel": kernel[:3], "recurrent_kernel": kernel[3:], "bias": params[0]["bias"]}
    simple = pl.SimpleRNN(4, return_sequences=True)
    np.testing.assert_allclose(layer.apply(params, X)[0], simple.apply(same, X)[0], rtol=1e-5, atol=1e-6)


def test_streams_answer_as_the_whole_sequence():
    cell = pl.FeedbackCell([pl.LSTM(3, return_sequences=True), pl.Residual([pl.Dense(3)]), pl.Dense(2)], decay=0.3)
    model = pl.Sequential([pl.RNN(cell, return_sequences=True), pl.Dense(1)], seed=1)
    model.compile("adam", "mse")
    model.fit(X, X[..., :1], epochs=2, verbose=0)
    stream = model.stream(batch=2)
    steps = np.stack([stream.step(X[:, step]) for step in range(7)], 1)
    np.testing.assert_allclose(steps, model.predict(X), rtol=1e-4, atol=1e-6)


def test_what_cannot_be_fed_back_is_refused():
    with pytest.raises(InvalidValue, match=r"does not answer each step with one output"):
        pl.FeedbackCell([pl.LSTM(3), pl.Dense(1)])
    with pytest.raises(InvalidValue, match=r"decay=1\.0\): expected a fraction from 0 to below 1"):
        pl.FeedbackCell([pl.Dense(1)], decay=1.0)
    with pytest.raises(InvalidValue, match="at least one layer is needed"):
        pl.FeedbackCell([])
    with pytest.raises(ShapeError, match=r"of 2 inputs the layers make 2 outputs, of 1 only 1; end them with a layer"):
        pl.RNN(pl.FeedbackCell([pl.Identity()])).output_shape((7, 3))
    with pytest.raises(InvalidValue, match="has running statistics, which steps cannot change"):
        pl.RNN(pl.FeedbackCell([pl.BatchNormalization(), pl.Dense(2)])).init(np.random.default_rng(0), (7, 3))
