"""Read-outs in closed form beside scikit-learn, and an echo state network on the NARMA task."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError

X = np.random.default_rng(0).normal(size=(12, 20, 2)).astype("float32")
Y = np.random.default_rng(1).normal(size=(12, 20, 3))


def reservoir(*layers, seed=1):
    return pl.Sequential([pl.EchoState(15, return_sequences=True, input_shape=(None, 2)), *layers], seed=seed)


@pytest.mark.parametrize("use_bias", [True, False])
def test_weights_are_those_of_scikit_learn(use_bias, monkeypatch):
    monkeypatch.setattr("plastica.model.readout.ROWS", 5)  # several parts
    model = reservoir(pl.Dense(3, use_bias=use_bias))
    before = model.get_weights()
    model.fit_readout(X, Y, l2=0.5, washout=4)
    hidden = model.trace(X)[0].activity[:, 4:].reshape(-1, 15).astype(np.float64)
    other = Ridge(0.5, fit_intercept=use_bias).fit(hidden, Y[:, 4:].reshape(-1, 3))
    kernel = model.params[-1]["kernel"]
    np.testing.assert_allclose(kernel, other.coef_.T, rtol=1e-4, atol=1e-5)
    if use_bias:
        np.testing.assert_allclose(model.params[-1]["bias"], other.intercept_, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])  # the reservoir stays


def test_narma_is_learned_in_one_step():
    """NARMA of order 10 (Atiya and Parlos 2000, equation 86); reservoirs of 100 units have errors of about .2 to .4."""
    inputs = np.random.default_rng(0).uniform(0, 0.5, 2000)
    y = np.zeros(2000)
    for t in range(9, 1999):
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * y[t - 9 : t + 1].sum() + 1.5 * inputs[t - 9] * inputs[t] + 0.1
    x, y = inputs[None, :-1, None].astype("float32"), y[None, 1:, None]
    model = pl.Sequential([pl.Input((None, 1)), pl.EchoState(100, return_sequences=True), pl.Dense(1)], seed=0)
    model.fit_readout(x[:, :1500], y[:, :1500], l2=1e-6, washout=100)
    off = model.predict(x)[:, 1500:] - y[:, 1500:]
    assert np.sqrt(np.square(off).mean() / y[:, 1500:].var()) < 0.5


def test_a_vector_of_targets_and_rows_without_time_are_taken():
    model = pl.Sequential([pl.Dense(5, "tanh", input_shape=(2,)), pl.Dense(1)], seed=0)
    model.fit_readout(X[:, 0], Y[:, 0, 0])
    one = model.get_weights()
    model.fit_readout(X[:, 0], Y[:, 0, :1])
    np.testing.assert_array_equal(one[-2], model.get_weights()[-2])


def test_a_trained_network_goes_on_from_its_new_read_out():
    model = reservoir(pl.Dense(3))
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=1, verbose=0)
    before = model.evaluate(X, Y, verbose=0)
    model.fit_readout(X, Y)
    assert model.evaluate(X, Y, verbose=0) < before


def test_what_has_no_linear_read_out_is_refused():
    for last in (pl.Dense(3, "tanh"), pl.LSTM(3), pl.Conv1D(3, 1)):
        with pytest.raises(InvalidValue, match=r"fit_readout: .*train"):
            reservoir(last).fit_readout(X, Y)
    with pytest.raises(ShapeError, match=r"y of shape \(12, 3\); the network answers \(12, 20, 3\)"):
        reservoir(pl.Dense(3)).fit_readout(X, Y[:, 0])
    with pytest.raises(DataError, match="y is not finite"):
        reservoir(pl.Dense(3)).fit_readout(X, Y * np.nan)
    with pytest.raises(InvalidValue, match="l2 is -1; expected a number of at least 0"):
        reservoir(pl.Dense(3)).fit_readout(X, Y, l2=-1)
    with pytest.raises(InvalidValue, match="washout of 20 steps, but the network answers"):
        reservoir(pl.Dense(3)).fit_readout(X, Y, washout=20)
    masked = pl.Sequential([pl.Masking(), pl.EchoState(15, return_sequences=True), pl.Dense(3)])
    with pytest.raises(InvalidValue, match="the network masks steps"):
        masked.fit_readout(X, Y)
