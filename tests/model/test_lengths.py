"""Unspecified sizes: one network for sequences of any length."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import ShapeError
from plastica.layers import lengths

RNG = np.random.default_rng(0)


def recurrent(**options):
    return pl.Sequential([pl.LSTM(5, input_shape=(None, 3), **options), pl.Dense(2)])


def test_a_network_trained_on_50_steps_answers_for_80():
    model = recurrent(return_sequences=True)
    assert model.input_shape == (None, None, 3) and model.output_shape == (None, None, 2)
    model.compile("adam", "mse")
    model.fit(RNG.random((8, 50, 3)), RNG.random((8, 50, 2)), verbose=0)
    x = RNG.random((4, 80, 3)).astype("float32")
    answers = model.predict(x)
    assert answers.shape == (4, 80, 2)
    theirs = keras.Sequential(
        [keras.Input((None, 3)), keras.layers.LSTM(5, return_sequences=True), keras.layers.Dense(2)]
    )
    theirs.set_weights(model.get_weights())
    np.testing.assert_allclose(answers, theirs.predict(x, verbose=0), atol=1e-5)
    assert np.isfinite(model.evaluate(x, RNG.random((4, 80, 2)), verbose=0))


def test_batches_of_a_generator_may_differ_in_length():
    made = [(RNG.random((4, time, 3)), RNG.random((4, 2))) for time in (5, 5, 7, 9, 5)]
    one, other = recurrent(), recurrent()
    for model in (one, other):
        model.compile("sgd", "mse")
    history = one.fit(iter(made), verbose=0)
    losses = [other.fit(x, y, batch_size=4, verbose=0).history["loss"][0] for x, y in made]
    np.testing.assert_allclose(history.history["loss"][0], np.mean(losses), rtol=1e-5)
    answers = one.predict(x for x, _ in made)
    np.testing.assert_allclose(answers, np.concatenate([one.predict(x) for x, _ in made]), atol=1e-6)


def test_answers_of_different_lengths_are_not_put_into_one_array():
    model = recurrent(return_sequences=True)
    with pytest.raises(ShapeError, match=r"the answers of these batches have the shapes \(5, 2\) and \(7, 2\)"):
        model.predict(np.ones((2, time, 3)) for time in (5, 7))


def test_an_open_size_is_kept_in_a_file_and_in_a_graph(tmp_path):
    x = pl.Input((None, 3))
    hidden = pl.GRU(4, return_sequences=True)(x)
    assert hidden.shape == (None, None, 4)
    built = pl.Sequential([pl.SimpleRNN(4)])
    built.build((None, None, 3))
    for model in (pl.Model(x, pl.Dense(1)(hidden)), recurrent(), built):
        loaded = pl.load(model.save(tmp_path / "model.plastica"))
        assert loaded.input_shape == (None, None, 3)
        inputs = np.ones((2, 6, 3), np.float32)
        np.testing.assert_array_equal(loaded.predict(inputs), model.predict(inputs))


def test_weights_that_depend_on_an_open_size_are_refused():
    with pytest.raises(ShapeError, match=r"\(None, 3\): the weights depend on a size that is left open"):
        pl.Sequential([pl.Input((None, 3)), pl.Flatten(), pl.Dense(2)])


def test_other_sizes_than_the_open_one_still_count():
    with pytest.raises(ShapeError, match=r"rows of shape \(4, 2\); this network expects rows of shape \(None, 3\)"):
        recurrent().predict(np.ones((2, 4, 2)))
    with pytest.raises(ShapeError, match="they must have shape"):
        pl.Input((None, 3)).output_shape((4, 2))


def test_shapes_through_layers_keep_what_is_known():
    network = pl.layers.Sequential((pl.Conv1D(4, 3), pl.MaxPooling1D(2), pl.GlobalAveragePooling1D(), pl.Dense(2)))
    assert lengths.output_shape(network, (None, 3)) == (2,)
    assert lengths.child_shapes(network, (None, 3)) == ((None, 3), (None, 4), (None, 4), (4,))
    assert lengths.output_shape(pl.Flatten(), (None, 3)) == (None,)
