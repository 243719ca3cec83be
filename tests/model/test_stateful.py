"""Stateful networks: row i of a batch goes on where row i of the last one ended."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

ROWS, PARTS, TIME = 4, 3, 5  # batches of 4 rows, sequences cut into 3 parts of 5 steps
WHOLE = np.random.default_rng(0).standard_normal((ROWS, PARTS * TIME, 2)).astype("float32")
TARGETS = np.random.default_rng(1).standard_normal((ROWS, PARTS * TIME, 1)).astype("float32")


def cut(whole):
    """The parts of sequences as batches behind one another: all first parts, then all second parts ..."""
    return np.concatenate(np.split(whole, PARTS, axis=1))


X, Y = cut(WHOLE), cut(TARGETS)
LAYERS = {
    "SimpleRNN": lambda **given: pl.SimpleRNN(3, **given),
    "LSTM": lambda **given: pl.LSTM(3, **given),
    "GRU": lambda **given: pl.GRU(3, **given),
    "RNN": lambda **given: pl.RNN([pl.LSTMCell(2), pl.GRUCell(3)], **given),
    "twelve arrays": lambda **given: pl.RNN([pl.LSTMCell(units) for units in (1, 2, 3, 4, 2, 3)], **given),
}


def stateful(name="LSTM", **options):
    model = pl.Sequential(
        [pl.Input((None, 2), batch_size=ROWS), LAYERS[name](stateful=True, return_sequences=True), pl.Dense(1)]
    )
    model.compile(**{"optimizer": "adam", "loss": "mse", **options})
    model.set_weights(model.get_weights())
    return model


@pytest.mark.parametrize("name", LAYERS)
def test_parts_of_sequences_are_answered_as_the_whole(name):
    model = stateful(name)
    plain = pl.Sequential([pl.Input((None, 2)), LAYERS[name](return_sequences=True), pl.Dense(1)])
    plain.set_weights(model.get_weights())
    expected = plain.predict(WHOLE)
    np.testing.assert_allclose(model.predict(X), cut(expected), atol=1e-6)
    model.reset_states()
    for part in range(PARTS):
        found = model.predict_on_batch(X[part * ROWS : (part + 1) * ROWS])
        np.testing.assert_allclose(found, cut(expected)[part * ROWS : (part + 1) * ROWS], atol=1e-6)
    model.reset_states()
    loss = np.square(expected - TARGETS).mean()
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), loss, rtol=1e-5)
    assert abs(model.evaluate(X, Y, verbose=0) - loss) > 1e-6, "the states go on"
    model.reset_states()
    np.testing.assert_allclose(
        model.evaluate(((X[i : i + ROWS], Y[i : i + ROWS]) for i in range(0, len(X), ROWS)), verbose=0), loss, rtol=1e-5
    )


def test_three_epochs_are_those_of_keras_with_states_handed_over():
    # Keras 3.15 on JAX does not carry the states of stateful layers, so they are handed over from batch to batch.
    layers = keras.layers
    x, h, c = keras.Input((TIME, 2)), keras.Input((3,)), keras.Input((3,))
    hidden, new_h, new_c = layers.LSTM(3, return_sequences=True, return_state=True)(x, initial_state=[h, c])
    theirs = keras.Model([x, h, c], [layers.Dense(1)(hidden), new_h, new_c])
    theirs.compile("adam", ["mse", None, None])
    ours = stateful()
    ours.set_weights(theirs.get_weights())
    states, losses = [np.zeros((ROWS, 3), np.float32)] * 2, []
    for _ in range(3):
        found = []
        for start in range(0, len(X), ROWS):
            given = [X[start : start + ROWS], *states]
            states = theirs.predict_on_batch(given)[1:]
            found.append(theirs.train_on_batch(given, [Y[start : start + ROWS], *states], return_dict=True)["loss"])
        losses.append(np.mean(found))
    history = ours.fit(X, Y, epochs=3, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(history, losses, rtol=1e-4)
    np.testing.assert_allclose(ours.get_weights()[0], theirs.get_weights()[0], atol=1e-4)


def test_batches_by_hand_by_generator_and_by_fit_are_the_same_bit_for_bit():
    one, two, three = stateful(), stateful(), stateful()
    one.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    batches = [(X[i : i + ROWS], Y[i : i + ROWS]) for i in range(0, len(X), ROWS)]
    two.fit(iter(batches * 2), steps_per_epoch=PARTS, epochs=2, verbose=0)
    for x, y in batches * 2:
        three.train_on_batch(x, y)
    answers = one.predict(X)
    for other in (two, three):
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(answers, other.predict(X))


def test_states_are_in_files_and_checkpoints(tmp_path):
    model = stateful()
    model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    again = pl.load(model.save(tmp_path / "m.plastica"))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert len(again.get_weights()) == 5, "states are no weights, as in Keras"
    whole, parts = stateful(), stateful()
    whole.fit(X, Y, epochs=4, shuffle=False, verbose=0)
    options = {"epochs": 4, "shuffle": False, "verbose": 0, "checkpoint": tmp_path / "c"}
    parts.fit(X, Y, max_steps=5, **options)
    resumed = stateful()
    resumed.fit(X, Y, resume=True, **options)
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))


def test_validation_goes_on_from_the_training_and_leaves_its_memory():
    one, two = stateful(), stateful()
    history = one.fit(X, Y, epochs=3, shuffle=False, verbose=0, validation_data=(X, Y)).history
    two.fit(X, Y, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(history["val_loss"][-1], two.evaluate(X, Y, verbose=0), rtol=1e-6)
    # Training with validation is another program, which may round in another order.
    np.testing.assert_allclose(one.get_weights()[0], two.get_weights()[0], rtol=1e-6, atol=1e-8)


class Anew(pl.Callback):
    """Begins each epoch with nothing remembered, as people do with Keras."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.reset_states()


def test_a_callback_may_reset_states_before_each_epoch():
    model = stateful(optimizer="sgd")
    model.learning_rate = 0.0
    losses = model.fit(X, Y, epochs=3, shuffle=False, verbose=0, callbacks=[Anew()]).history["loss"]
    assert losses[0] == losses[1] == losses[2]
    plain = model.fit(X, Y, epochs=2, shuffle=False, verbose=0).history["loss"]
    assert plain[0] != losses[0]


def test_frozen_layers_remember_too():
    model = stateful()
    model.freeze("lstm")
    model.fit(X[:ROWS], Y[:ROWS], epochs=1, shuffle=False, verbose=0)
    assert np.abs(model.state[1]["memory_0"]).max() > 0


def test_two_directions_and_graphs_remember():
    x = pl.Input(batch_shape=(ROWS, TIME, 2))
    both = pl.Bidirectional(pl.GRU(3, stateful=True, return_sequences=True))(x)
    model = pl.Model(x, pl.Dense(1)(both))
    first = model.predict(X[:ROWS])
    assert np.abs(model.predict(X[:ROWS]) - first).max() > 1e-6
    model.reset_states()
    np.testing.assert_array_equal(model.predict(X[:ROWS]), first)
    with pytest.raises(InvalidValue, match="the same return_sequences, return_state, stateful"):
        pl.Bidirectional(pl.GRU(3), backward_layer=pl.GRU(3, go_backwards=True, stateful=True))


MISTAKES = {
    "shuffled": (lambda model: model.fit(X, Y, verbose=0), InvalidValue, "rows must keep their order. Pass shuffle=Fa"),
    "incomplete": (
        lambda model: model.fit(X[:6], Y[:6], shuffle=False),
        ShapeError,
        "x has 6 rows.*whole batches of 4",
    ),
    "validation": (
        lambda model: model.fit(X, Y, shuffle=False, validation_data=(X[:3], Y[:3])),
        ShapeError,
        "validation_data has 3 rows",
    ),
    "predict": (lambda model: model.predict(X[:6]), ShapeError, "x has 6 rows"),
    "evaluate": (lambda model: model.evaluate(X[:6], Y[:6]), ShapeError, "x has 6 rows"),
    "batch size": (lambda model: model.fit(X, Y, batch_size=6, shuffle=False), InvalidValue, "remembers 4 sequences"),
    "on batch": (lambda model: model.train_on_batch(X[:3], Y[:3]), ShapeError, "batch of 3 rows, but it remembers 4"),
    "generator": (
        lambda model: model.fit(iter([(X[:4], Y[:4]), (X[:3], Y[:3])]), epochs=1, verbose=0),
        ShapeError,
        "batch 1 has 3 rows",
    ),
    "no batch size": (
        lambda _: pl.Sequential([pl.Input((None, 2)), pl.LSTM(3, stateful=True)]),
        InvalidValue,
        r"needs their number; begin the network with Input\(shape, batch_size=4\)",
    ),
    "no rows": (lambda _: pl.Input((2,), batch_size=0), InvalidValue, "a batch has at least 1 row"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_would_not_go_on_is_refused(name):
    act, error, said = MISTAKES[name]
    with pytest.raises(error, match=said):
        act(stateful())
