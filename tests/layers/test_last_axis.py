"""Layers without memory act on the last axis as in Keras, for sequences and for more axes."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import PlasticaError, ShapeError

LAYERS = {
    "Dense": {"units": 4, "activation": "tanh"},
    "BatchNormalization": {},
    "LayerNormalization": {},
    "Activation": {"activation": "softmax"},
}
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", LAYERS)
def test_positions_are_treated_as_in_keras(name):
    x = RNG.standard_normal((3, 2, 5, 6)).astype("float32")
    for inputs in (x[:, 0], x):
        theirs = keras.Sequential([keras.Input(inputs.shape[1:]), getattr(keras.layers, name)(**LAYERS[name])])
        ours = pl.Sequential([pl.Input(inputs.shape[1:]), getattr(pl, name)(**LAYERS[name])])
        weights = [RNG.random(array.shape).astype("float32") for array in theirs.get_weights()]
        theirs.set_weights(weights)
        ours.set_weights(weights)
        assert ours.output_shape == theirs.output_shape
        np.testing.assert_allclose(ours.predict(inputs), theirs.predict(inputs, verbose=0), atol=1e-6)


def test_a_dense_layer_over_steps_learns_as_kerass():
    x, y = RNG.standard_normal((24, 5, 3)).astype("float32"), RNG.standard_normal((24, 5, 2)).astype("float32")
    theirs = keras.Sequential([keras.Input((5, 3)), keras.layers.Dense(6, "tanh"), keras.layers.Dense(2)])
    ours = pl.Sequential([pl.Input((5, 3)), pl.Dense(6, "tanh"), pl.Dense(2)])
    ours.set_weights(theirs.get_weights())
    losses = []
    for model in (theirs, ours):
        model.compile("adam", "mse", metrics=["mae"])
        history = model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history
        losses.append([history["loss"], history["mae"]])
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_one_answer_for_a_row_of_steps_is_not_broadcast():
    model = pl.Sequential([pl.Dense(3, "relu"), pl.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ShapeError, match=r"outputs \(4, 5, 1\).*answers each step or pixel.*Flatten\(\)"):
        model.fit(np.ones((4, 5, 2)), np.ones(4), verbose=0)
    classes = pl.Sequential([pl.Dense(3, "softmax")])
    classes.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match=r"one class number per output, shape \(4, 5\).*Flatten\(\)"):
        classes.fit(np.ones((4, 5, 2)), np.zeros(4), verbose=0)
    with pytest.raises(ShapeError, match=r"one number per row.*reshape\(-1, 1\)"):
        pl.Dense(3).output_shape(())


@pytest.mark.parametrize("name", pl.rules.NAMES)
def test_every_rule_learns_from_steps_or_says_that_it_does_not(name):
    rule = pl.rules.NAMES[name]()
    x = RNG.random((9, 4, 5), np.float32)
    y = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, (9, 4))]
    try:
        model = pl.Sequential([pl.Input((4, 5)), *rule.layers_for((6, 6), pl.Dense(3, "softmax"))])
        model.compile(loss="categorical_crossentropy", rule=rule)
        history = model.fit(x, y, epochs=2, batch_size=4, verbose=0)
    except PlasticaError as error:
        assert len(str(error)) < 400
        return
    assert np.isfinite(history.history["loss"]).all()
    assert model.predict(x).shape == (9, 4, 3)
