"""The weights of a graph are listed in the order of Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl


def skipping(home, layers):
    x = home.Input((6,))
    short = layers.Dense(3)(x)
    long = layers.Dense(3)(layers.Dense(5)(layers.Dense(4)(x)))
    return home.Model(x, layers.Dense(1)(layers.Add()([short, long])))


def inception(home, layers):
    x = home.Input((6,))
    one = layers.Dense(2)(x)
    two = layers.Dense(3)(layers.Dense(5)(x))
    three = layers.Dense(7)(layers.Dense(8)(layers.Dense(9)(x)))
    return home.Model(x, layers.Dense(1)(layers.Concatenate()([two, one, three])))


def named(home, layers):
    x = home.Input((6,))
    h = layers.Dense(5)(x)
    return home.Model(x, {"z": layers.Dense(2)(h), "a": layers.Dense(3)(layers.Dense(4)(h)), "m": layers.Dense(7)(x)})


def shared(home, layers):
    one, other = home.Input((6,)), home.Input((6,))
    twice = layers.Dense(6)
    first = twice(one)
    second = layers.Dense(4)(twice(layers.Dense(6)(other)))
    return home.Model([one, other], [layers.Dense(2)(second), layers.Dense(3)(layers.Concatenate()([first, second]))])


def with_states(home, layers):
    x, before = home.Input((4, 6)), home.Input((4, 2))
    _, h, c = layers.LSTM(5, return_state=True)(layers.Dense(7)(x))
    y = layers.LSTM(5, return_sequences=True)(layers.Dense(3)(layers.Dense(2)(before)), initial_state=[h, c])
    return home.Model([x, before], layers.Dense(1)(y))


def nested(home, layers):
    x, y = home.Input((6,)), home.Input((6,))
    inner = skipping(home, layers)
    return home.Model([x, y], layers.Add()([layers.Dense(1)(layers.BatchNormalization()(y)), inner(x)]))


@pytest.mark.parametrize("make", [skipping, inception, named, shared, with_states, nested])
def test_weights_carry_over_from_keras_and_back(make):
    theirs, ours = make(keras, keras.layers), make(pl, pl.layers)
    rng = np.random.default_rng(0)
    theirs.set_weights([rng.uniform(0.1, 1, each.shape) for each in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    shapes = [
        shape[1:] for shape in (ours.input_shape if isinstance(ours.input_shape[0], tuple) else [ours.input_shape])
    ]
    x = [rng.standard_normal((3, *shape)).astype("float32") for shape in shapes]
    x = x if len(x) > 1 else x[0]
    found, expected = ours.predict(x if not isinstance(x, list) else tuple(x)), theirs.predict(x, verbose=0)
    for name in expected if isinstance(expected, dict) else range(len(expected)):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [each.shape for each in ours.trainable_weights] == [tuple(each.shape) for each in theirs.trainable_weights]
