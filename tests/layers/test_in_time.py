"""Time as an axis that a network walks: steps equal the whole sequence, cells equal layers, two directions, states."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue, ShapeError
from plastica.layers import Context

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 7, 3)).astype("float32")
SHAPE = X.shape[1:]


def ours(*layers):
    return pl.Sequential([pl.Input(SHAPE), *layers])


def theirs(*layers):
    return keras.Sequential([keras.Input(SHAPE), *layers])


def same_answers(one, other, x=X):
    one.set_weights(other.get_weights())
    np.testing.assert_allclose(one.predict(x), other.predict(x, verbose=0), atol=1e-5)


WALKS = {
    "recurrent": [pl.LSTM(4, return_sequences=True), pl.Dense(3, "tanh"), pl.BatchNormalization(), pl.GRU(2)],
    "a last answer": [pl.SimpleRNN(4), pl.Dense(3), pl.RepeatVector(2), pl.GRU(2, return_sequences=True)],
    "cells": [pl.RNN([pl.GRUCell(4), pl.SimpleRNNCell(3)], return_sequences=True), pl.Activation("relu")],
    "masked": [pl.Masking(), pl.SimpleRNN(4, return_sequences=True), pl.LSTM(3, return_sequences=True)],
    "residual": [pl.Residual([pl.LSTM(3, return_sequences=True)], activation="tanh"), pl.LayerNormalization()],
    "branches": [pl.Branches([pl.GRU(2, return_sequences=True), pl.Dense(3), []]), pl.Dropout(0.3)],
}


@pytest.mark.parametrize("name", WALKS)
def test_a_stream_answers_what_the_whole_sequence_does(name):
    model = ours(*WALKS[name])
    x = X.copy()
    x[:, 3] = 0  # padding for a mask, a step like any other without
    stream = model.stream(len(x))
    for _ in range(2):
        answers = [stream.step(x[:, t]) for t in range(len(x[0]))]
        whole = model.predict(x)
        found = np.stack(answers, 1) if model.network.keeps_time else answers[-1]
        np.testing.assert_allclose(found, whole, atol=1e-5)
        stream.reset()


def test_a_graph_goes_step_by_step():
    x = pl.Input((None, 3))
    hidden = pl.LSTM(4, return_sequences=True)(x)
    model = pl.Model(x, pl.Dense(2)(pl.Concatenate()([pl.Dense(3)(x), hidden])))
    stream = model.stream(4)
    np.testing.assert_allclose(np.stack([stream(X[:, t]) for t in range(7)], 1), model.predict(X), atol=1e-5)
    assert repr(stream) == "<4 sequences after 7 steps>"


def test_embedded_items_go_step_by_step():
    model = pl.Sequential([pl.Input((None,)), pl.Embedding(9, 4), pl.GRU(3)])
    items = RNG.integers(0, 9, (1, 5))
    stream = model.stream()
    np.testing.assert_allclose([stream.step(each) for each in items[0]][-1], model.predict(items), atol=1e-5)


@pytest.mark.parametrize(
    "layer", [pl.Bidirectional(pl.LSTM(2)), pl.GlobalAveragePooling1D(), pl.LSTM(2, go_backwards=True), pl.Flatten()]
)
def test_what_needs_the_whole_sequence_is_named(layer):
    with pytest.raises(InvalidValue, match=f"{type(layer).__name__} needs the whole sequence"):
        ours(pl.Dense(2), layer).stream()


def test_mistakes_with_streams_are_told():
    model = ours(pl.LSTM(2))
    with pytest.raises(InvalidValue, match=r"stream\(batch=0\)"):
        model.stream(0)
    with pytest.raises(ShapeError, match=r"x_t has shape \(2, 5\); one step of 2 sequences has shape \(2, 3\)"):
        model.stream(2).step(np.ones((2, 5)))
    with pytest.raises(ShapeError, match="no axis for time"):
        pl.Sequential([pl.Input((3,)), pl.Dense(2)]).stream()
    twice, x = pl.GRU(3, return_sequences=True), pl.Input(SHAPE)
    with pytest.raises(InvalidValue, match="called twice has two memories"):
        pl.Model(x, twice(twice(x))).stream()


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("options", [{}, {"dropout": 0.3}, {"dropout": 0.3, "recurrent_dropout": 0.4}])
def test_a_layer_is_its_cell_run_through_the_sequence(name, options):
    layer = getattr(pl, name)(4, return_sequences=True, **options)
    cell = getattr(pl, f"{name}Cell")(4, **options)
    assert layer.cell == cell
    params, _ = layer.init(np.random.default_rng(1), SHAPE)
    for context in (Context(), Context(training=True, key=random.seed_key(5))):
        found = layer.apply(params, X, {}, context)[0]
        np.testing.assert_allclose(
            found, pl.RNN(cell, return_sequences=True).apply(params, X, {}, context)[0], atol=1e-6
        )
    still = layer.apply(params, X)[0]
    assert bool(np.abs(found - still).max() > 1e-3) == bool(options)


def test_cells_on_top_of_each_other_are_kerass():
    layers = keras.layers
    cells = [layers.LSTMCell(4), layers.GRUCell(3), layers.SimpleRNNCell(2)]
    model = ours(pl.RNN([pl.LSTMCell(4), pl.GRUCell(3), pl.SimpleRNNCell(2)], return_sequences=True))
    same_answers(model, theirs(layers.RNN(cells, return_sequences=True)))
    model.compile("adam", "mse")
    y = np.tanh(RNG.standard_normal((4, 7, 2)))
    names = model.trace(X, y)[1].gradient
    assert "0/kernel" in names and "2/recurrent_kernel" in names
    assert model.fit(X, y, epochs=30, verbose=0).history["loss"][-1] < model.history.history["loss"][0]


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("sequences", [True, False])
def test_two_directions_are_kerass(mode, sequences):
    one = ours(pl.Bidirectional(pl.GRU(3, return_sequences=sequences), merge_mode=mode))
    other = theirs(keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=sequences), merge_mode=mode))
    same_answers(one, other)


def test_each_step_goes_through_a_layer_of_its_own():
    films = RNG.standard_normal((2, 4, 6, 6, 2)).astype("float32")
    layers = keras.layers
    one = pl.Sequential(
        [pl.Input(films.shape[1:]), pl.TimeDistributed(pl.Conv2D(3, 3)), pl.TimeDistributed(pl.Flatten()), pl.GRU(3)]
    )
    other = keras.Sequential(
        [
            keras.Input(films.shape[1:]),
            layers.TimeDistributed(layers.Conv2D(3, 3)),
            layers.TimeDistributed(layers.Flatten()),
            layers.GRU(3),
        ]
    )
    same_answers(one, other, films)


def test_states_go_from_an_encoder_to_a_decoder_as_in_keras():
    def translate(home, layers):
        x, before = home.Input((None, 3)), home.Input((None, 2))
        _, hidden, cell = layers.LSTM(5, return_state=True)(x)
        y, _, _ = layers.LSTM(5, return_sequences=True, return_state=True)(before, initial_state=[hidden, cell])
        return home.Model([x, before], layers.Dense(2)(y))

    one, other = translate(pl, pl.layers), translate(keras, keras.layers)
    before, y = RNG.standard_normal((2, 4, 5, 2)).astype("float32")
    same_answers(one, other, (X, before))
    losses = []
    for model in (one, other):
        model.compile("adam", "mse")
        losses.append(model.fit((X, before), y, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)
    one.summary()


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_a_sequence_in_two_parts_is_the_whole_one(name):
    kind = getattr(pl, name)
    whole, params = kind(4), kind(4).init(np.random.default_rng(0), SHAPE).params
    with_state = kind(4, return_state=True)
    _, *carried = with_state.apply(params, X[:, :3])[0]
    answer, *_ = with_state.apply(params, (X[:, 3:], *carried))[0]
    np.testing.assert_allclose(answer, whole.apply(params, X)[0], atol=1e-6)


def test_several_outputs_want_a_graph():
    with pytest.raises(InvalidValue, match="has 3 outputs, but a sequence passes one on"):
        pl.Sequential([pl.LSTM(4, return_state=True), pl.Dense(2)])
    x = pl.Input(SHAPE)
    forwards, backwards = pl.Bidirectional(pl.GRU(4), merge_mode=None)(x)
    assert forwards.shape == backwards.shape == (None, 4)
    y, *states = pl.Bidirectional(pl.LSTM(4, return_state=True))(x)
    assert y.shape == (None, 8) and len(states) == 4
    with pytest.raises(ShapeError, match="reads one input; got 2"):
        pl.LSTM(4)(x, initial_state=[states[0]])


def test_a_trace_holds_the_trajectory_of_every_step():
    model = ours(pl.LSTM(4), pl.Dense(2))
    layer = model.trace(X)[1]
    steps = layer.trajectory
    assert {"pre", "potential", "post", "input", "forget", "output", "cell", "hidden"} <= set(steps)
    np.testing.assert_array_equal(steps["pre"], X)
    np.testing.assert_allclose(steps["post"][:, -1], layer.activity, atol=1e-6)
    kernel, recurrent, bias = (model.params[1][name] for name in ("kernel", "recurrent_kernel", "bias"))
    before = np.concatenate([np.zeros((4, 1, 4)), steps["post"][:, :-1]], 1)
    np.testing.assert_allclose(steps["potential"], X @ kernel + before @ recurrent + bias, atol=1e-5)
    assert model.trace(X)[2].trajectory == {}
    simple = ours(pl.SimpleRNN(3)).trace(X)[1]
    np.testing.assert_allclose(simple.trajectory["potential"][:, -1], simple.potential, atol=1e-6)


def test_masks_of_dropout_are_one_for_a_sequence_with_the_right_mean():
    cell = pl.SimpleRNN(1, "linear", dropout=0.25, use_bias=False, return_sequences=True)
    params = {"kernel": np.ones((1, 1), np.float32), "recurrent_kernel": np.zeros((1, 1), np.float32)}
    found = np.asarray(cell.apply(params, np.ones((4000, 3, 1), np.float32), {}, Context(True, random.seed_key(1)))[0])
    assert (found == found[:, :1]).all(), "the same inputs are dropped at all steps"
    np.testing.assert_allclose(np.unique(found), [0, 1 / 0.75], rtol=1e-6)
    assert abs((found[:, 0] == 0).mean() - 0.25) < 0.03
    recurrent = pl.SimpleRNN(1, "linear", recurrent_dropout=0.5, use_bias=False, return_sequences=True)
    params = {"kernel": np.ones((1, 1), np.float32), "recurrent_kernel": np.ones((1, 1), np.float32)}
    found = np.asarray(
        recurrent.apply(params, np.ones((4000, 3, 1), np.float32), {}, Context(True, random.seed_key(1)))[0]
    )[..., 0]
    kept = found[:, 1] > 1
    np.testing.assert_array_equal(found[kept], np.broadcast_to([1, 3, 7], (kept.sum(), 3)))
    np.testing.assert_array_equal(found[~kept], np.ones((4000 - kept.sum(), 3)))
    assert abs(kept.mean() - 0.5) < 0.03


def test_no_dropout_leaves_no_trace():
    assert pl.LSTM(3, dropout=0).dropout is None
    assert repr(pl.LSTM(3, dropout=0.0)) == "LSTM(units=3)"
    with pytest.raises(InvalidValue, match=r"GRU\(recurrent_dropout=1.5\): the rate must be at least 0 and below 1"):
        pl.GRU(3, recurrent_dropout=1.5)


MISTAKES = {
    "a cell as a layer": (lambda: ours(pl.LSTMCell(3)).predict(X), r"one step in time.*RNN\(LSTMCell\(...\)\)"),
    "a layer as a cell": (lambda: pl.RNN(pl.Dense(3)), r"give a cell, such as LSTMCell\(8\)"),
    "no cells": (lambda: pl.RNN([]), "give cells in a list"),
    "not recurrent": (lambda: pl.Bidirectional(pl.Dense(3)), r"give a recurrent layer, such as LSTM\(8\)"),
    "unknown merge": (lambda: pl.Bidirectional(pl.GRU(3), "max"), "known are 'concat', 'sum'"),
    "one direction": (lambda: pl.Bidirectional(pl.GRU(3), backward_layer=pl.GRU(3)), "one layer must have go_backw"),
    "two kinds": (
        lambda: pl.Bidirectional(pl.GRU(3), backward_layer=pl.GRU(3, go_backwards=True, return_sequences=True)),
        "the same return_sequences",
    ),
    "no layer": (lambda: pl.TimeDistributed(pl.Add()), "a layer with one input and one output"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_wrong_declarations_in_time_are_told(name):
    make, message = MISTAKES[name]
    with pytest.raises(InvalidValue, match=message):
        make()
