"""Costs of layers inside of layers for sequences reach the loss and the gradient."""

from __future__ import annotations

import jax
import keras
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.layers import Context
from plastica.layers.costs import costs_of

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5, 3)).astype("float32")
Y = np.tanh(RNG.standard_normal((4, 5, 2))).astype("float32")


def distributed(layers):
    return layers.TimeDistributed(layers.Dense(2, "tanh", activity_regularizer=cost(layers)))


def both_ways(layers):
    cell = layers.GRU(2, return_sequences=True, activity_regularizer=cost(layers))
    return layers.Bidirectional(cell, merge_mode="sum")


def cost(layers):
    return keras.regularizers.L2(0.3) if layers is keras.layers else pl.regularizers.L2(0.3)


@pytest.mark.parametrize("make", [distributed, both_ways])
def test_the_cost_is_the_activity_of_every_step_by_hand(make):
    model = pl.Sequential([pl.Input((5, 3)), make(pl.layers)])
    model.compile("sgd", "mse")
    model.set_weights(model.get_weights())
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    layer, params, state = model.layers[1], model.params[1], model.state[1]
    parts = [child.apply(own, X if make is both_ways else X.reshape(-1, 3), carried)[0]
             for child, own, carried in zip(layer.children, params, state, strict=True)]  # fmt: skip
    expected = sum(0.3 * np.square(part).sum() for part in parts) / len(X)  # a mean over rows, as in Keras
    if make is distributed:
        expected /= X.shape[1]  # where every step is a row
    name = next(name for name in found if "activity" in name)
    np.testing.assert_allclose(found[name], expected, rtol=1e-5)
    np.testing.assert_allclose(found["loss"], np.square(model.predict(X) - Y).mean() + found[name], rtol=1e-5)


def test_three_epochs_are_kerass():  # whose TimeDistributed ignores the costs of the layer inside
    theirs = keras.Sequential([keras.Input((5, 3)), both_ways(keras.layers)])
    ours = pl.Sequential([pl.Input((5, 3)), both_ways(pl.layers)])
    ours.set_weights(theirs.get_weights())
    losses = []
    for model in (ours, theirs):
        model.compile("adam", "mse")
        losses.append(model.fit(X, Y, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)


@pytest.mark.parametrize("layer", [pl.GaussianSampling(0.5), pl.Dense(2, activity_regularizer="l2")])
def test_the_gradient_of_costs_goes_through_every_step(layer):
    network = pl.layers.Sequential((pl.Dense(4), pl.TimeDistributed(layer)))
    params, state = network.init(np.random.default_rng(1), (5, 3))
    context = Context(training=True, key=random.seed_key(2))

    def total(params):
        return sum(costs_of(network.forward(params, X, state, context)[0]).values())

    record, _ = network.forward(params, X, state, context)
    written = network.backward(record, np.zeros_like(record.activity)).gradient
    jax.tree.map(
        lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6),
        written,
        jax.grad(total)(params),
    )


def test_padding_costs_nothing():
    layers = (pl.Masking(), distributed(pl.layers))
    network = pl.layers.Sequential(layers)
    params, state = network.init(np.random.default_rng(1), (5, 3))
    longer = np.concatenate([X, np.zeros((4, 3, 3), np.float32)], 1)
    one, other = (sum(costs_of(network.forward(params, x, state, Context())[0]).values()) for x in (X, longer))
    np.testing.assert_allclose(one, other, rtol=1e-6)
