"""Stochastic binary units compared with their probabilities."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.layers import Context

LAYER = pl.StochasticBinary(3)
PARAMS = {
    "kernel": np.float32([[1.0, -0.5, 0.2], [0.3, 2.0, -1.0]]),
    "bias": np.float32([0.1, -0.4, 0.0]),
}
X = np.float32([[0.5, -1.0]])
P = 1 / (1 + np.exp(-(X @ PARAMS["kernel"] + PARAMS["bias"])))
DRAWS = 4000


def training(number):
    return Context(training=True, key=random.fold(random.seed_key(0), number))


def test_in_prediction_the_answer_is_the_probability():
    np.testing.assert_allclose(LAYER.apply(PARAMS, X)[0], P, rtol=1e-6)


def test_in_training_units_are_on_as_often_as_their_probability_says():
    drawn = np.asarray(LAYER.apply(PARAMS, np.repeat(X, DRAWS, 0), {}, training(1))[0])
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(0), P[0], atol=4 * 0.5 / np.sqrt(DRAWS))
    # Independence: the correlation of two units is that of independent samples.
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 4 / np.sqrt(DRAWS)


def test_the_gradient_of_a_cost_that_is_linear_in_the_draws_is_the_expected_cost_s():
    cost = np.float32([1.0, -2.0, 0.5])

    def of(kernel):
        return jnp.sum(LAYER.apply({**PARAMS, "kernel": kernel}, X, {}, training(2))[0] * cost)

    np.testing.assert_allclose(jax.grad(of)(PARAMS["kernel"]), X.T @ (cost * P * (1 - P)), rtol=1e-5)


def test_a_network_of_drawn_units_learns_exclusive_or():
    x, y = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]] * 8), np.float32([0, 1, 1, 0] * 8)
    model = pl.Sequential([pl.StochasticBinary(16), pl.Dense(1, activation="sigmoid")])
    model.compile(pl.optimizers.Adam(0.1), "binary_crossentropy")
    model.fit(x, y, epochs=200, verbose=0)
    assert (model.predict(x[:4])[:, 0] > 0.5).tolist() == [False, True, True, False]


def test_units_that_cannot_be_are_refused():
    with pytest.raises(pl.errors.InvalidValue, match="units must be a whole number of at least 1"):
        pl.StochasticBinary(0)
    with pytest.raises(pl.errors.ShapeError, match=r"Put Flatten\(\) before it"):
        pl.StochasticBinary(2).output_shape((3, 3))


def test_feedback_weights_carry_the_error_back_at_the_slope_of_the_units():
    layer, rng = pl.StochasticBinary(2), np.random.default_rng(0)
    params, _ = layer.init(rng, (3,))
    x, delta = (rng.normal(size=(4, size)).astype(np.float32) for size in (3, 2))
    other = {**params, "kernel": rng.normal(size=(3, 2)).astype(np.float32)}
    record, _ = layer.forward(params, x, {}, pl.layers.Context(True, pl.random.seed_key(0)), other)
    p = 1 / (1 + np.exp(-x @ params["kernel"]))
    gradient, back = record.pull_synapse(delta)
    np.testing.assert_allclose(back, (delta * p * (1 - p)) @ other["kernel"].T, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gradient["kernel"], x.T @ (delta * p * (1 - p)), rtol=1e-4, atol=1e-6)
