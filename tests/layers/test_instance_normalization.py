"""Reversible instance normalization and the moving average, by their formulas."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

X = 5 + 3 * np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")


def outputs(layer, x=X):
    made = layer.init(np.random.default_rng(1), x.shape[1:])
    return np.asarray(layer.apply(made.params, x, made.state)[0])


def test_a_network_that_returns_the_window_returns_it_in_its_own_scale():
    for first in (None, 3):
        np.testing.assert_allclose(
            outputs(pl.ReversibleInstanceNormalization([pl.Identity()], first=first)), X, rtol=1e-5
        )


def test_the_network_sees_normalized_features_first_and_others_as_they_are():
    seen = outputs(pl.InstanceNormalization(first=2))
    np.testing.assert_allclose(seen[..., :2].mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(seen[..., :2].std(1), 1, atol=1e-4)
    np.testing.assert_array_equal(seen[..., 2], X[..., 2])


def test_forecasts_follow_a_shift_and_a_scale_of_the_window():
    layer = pl.ReversibleInstanceNormalization([pl.LSTM(4), pl.Dense(6), pl.Reshape((2, 3))])
    np.testing.assert_allclose(outputs(layer, 10 * X - 7), 10 * outputs(layer) - 7, rtol=1e-4)


def test_gamma_and_beta_are_undone_as_the_paper_says():
    layer = pl.ReversibleInstanceNormalization([pl.EinsumDense("abc,bd->adc", (2, None))])
    params, state = layer.init(np.random.default_rng(1), X.shape[1:])
    gamma, beta = np.array([2.0, 0.5, 1.5], "float32"), np.array([0.3, -1.0, 0.1], "float32")
    kernel = np.asarray(params[1][0]["kernel"])
    mean, deviation = X.mean(1, keepdims=True), np.sqrt(X.var(1, keepdims=True) + 1e-5)
    inside = np.einsum("abc,bd->adc", (X - mean) / deviation * gamma + beta, kernel)
    found, _ = layer.apply(({"gamma": jnp.asarray(gamma), "beta": jnp.asarray(beta)}, params[1]), X, state)
    np.testing.assert_allclose(found, (inside - beta) / gamma * deviation + mean, rtol=1e-5)


def test_last_step_and_no_scale_is_nlinear():
    layer = pl.ReversibleInstanceNormalization(
        [pl.EinsumDense("abc,bd->adc", (2, None))], center="last", scale=False, affine=False
    )
    params, state = layer.init(np.random.default_rng(1), X.shape[1:])
    last = X[:, -1:]
    expected = np.einsum("abc,bd->adc", X - last, np.asarray(params[1][0]["kernel"])) + last
    np.testing.assert_allclose(layer.apply(params, X, state)[0], expected, rtol=1e-5)


def test_a_constant_window_is_forecast_as_it_is():
    layer = pl.ReversibleInstanceNormalization([pl.EinsumDense("abc,bd->adc", (2, None))])
    np.testing.assert_allclose(outputs(layer, np.full((1, 6, 1), 4.0, "float32")), 4.0)


def test_a_network_with_it_is_trained_saved_and_loaded(tmp_path):
    model = pl.Sequential([pl.ReversibleInstanceNormalization([pl.Dense(4, "tanh"), pl.Dense(3)])], seed=1)
    model.compile("adam", "mse")
    first = model.fit(X, X, epochs=2, verbose=0).history["loss"]
    assert first[1] < first[0]
    np.testing.assert_array_equal(pl.load(model.save(tmp_path / "model.plastica")).predict(X), model.predict(X))


def test_a_moving_average_repeats_the_ends():
    found = outputs(pl.MovingAverage(5))
    padded = np.concatenate([X[:, :1]] * 2 + [X] + [X[:, -1:]] * 2, axis=1)
    np.testing.assert_allclose(found, np.stack([padded[:, t : t + 5].mean(1) for t in range(6)], 1), rtol=1e-5)


def test_what_does_not_fit_is_refused():
    with pytest.raises(
        ShapeError, match=r"scale of 3 features is restored in \(horizon, 3\) only. End them with Reshape"
    ):
        outputs(pl.ReversibleInstanceNormalization([pl.Dense(1)]))
    with pytest.raises(ShapeError, match=r"inputs of shape \(6, 3\); it expects \(time, 4 features or more\)"):
        outputs(pl.InstanceNormalization(first=4))
    with pytest.raises(InvalidValue, match=r'InstanceNormalization\(center=.median.\): expected "mean" or "last"'):
        pl.InstanceNormalization("median")
    with pytest.raises(InvalidValue, match=r"first=0\): expected a number of features of at least 1"):
        pl.ReversibleInstanceNormalization([pl.Dense(1)], first=0)
    with pytest.raises(InvalidValue, match=r"MovingAverage\(window=4\): expected an odd number of steps"):
        pl.MovingAverage(4)
    with pytest.raises(ShapeError, match=r"MovingAverage: got inputs of shape \(6,\); it expects \(time, features\)"):
        pl.MovingAverage(3).output_shape((6,))
