"""Retention of networks whose memory is known: a delay line, leaky units, and a normal linear network."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.memory import fisher_memory, retention


def linear(recurrent, kernel):
    """Return a linear recurrent network with these weights; the recurrent ones act from the left."""
    units = len(kernel)
    model = pl.Sequential([pl.SimpleRNN(units, activation="linear", return_sequences=True, input_shape=(None, 1))])
    model.set_weights([np.asarray(kernel)[None], np.asarray(recurrent).T, np.zeros(units)])
    return model


def test_a_delay_line_keeps_exactly_its_length():
    found = retention(linear(np.eye(6, k=-1), np.eye(6)[0]), lags=9, steps=600)
    np.testing.assert_allclose(found.explained[:6], 1, atol=1e-3)
    np.testing.assert_allclose(found.explained[6:], 0, atol=0.02)
    assert found.capacity == pytest.approx(6, abs=0.06) and found.half_life == 6 and found.units == 6


@pytest.mark.parametrize("leak", [0.5, 0.9])
def test_a_leaky_unit_forgets_geometrically(leak):
    # x_t = leak x_(t-1) + u_t: the squared correlation with u_(t-k) is (1 - leak^2) leak^(2 k).
    found = retention(linear([[leak]], [1.0]), lags=8, steps=20000)
    np.testing.assert_allclose(found.explained, (1 - leak**2) * leak ** (2 * np.arange(9)), atol=0.02)
    assert found.capacity == pytest.approx(1 - leak**18, abs=0.1)
    np.testing.assert_allclose(found.information, -np.log2(1 - found.explained) / 2)


def test_lstm_layers_and_reservoirs_have_a_capacity_below_their_state():
    model = pl.Sequential([pl.EchoState(30, spectral_radius=0.9, input_shape=(None, 2)), pl.Dense(1)], seed=0)
    found = retention(model, lags=40, steps=1200, feature=1)
    assert 5 < found.capacity < 30 and found.explained[0] > 0.99 > 0.2 > found.explained[40]


def test_the_fisher_memory_of_a_normal_network_adds_up_to_one():
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    v = rng.normal(size=5)
    curve = fisher_memory(0.8 * turn, v / np.linalg.norm(v), lags=200)
    # W = a Q: C = I / (1 - a^2), J(k) = (1 - a^2) a^(2 k).
    np.testing.assert_allclose(curve[:5], (1 - 0.64) * 0.64 ** np.arange(5), rtol=1e-6)
    assert curve.sum() == pytest.approx(1)


def test_a_delay_line_has_more_fisher_memory():
    # Ganguli et al. 2008: with feed-forward amplification up to N.
    curve = fisher_memory(2.0 * np.eye(6, k=-1), np.eye(6)[0], lags=10)
    assert 2 < curve.sum() < 6 and np.allclose(curve[6:], 0)


def test_mistakes_in_retention():
    model = linear([[0.5]], [1.0])
    with pytest.raises(InvalidValue, match="four steps for each"):
        retention(model, lags=50, steps=100)
    with pytest.raises(InvalidValue, match="the layers are layer 0, SimpleRNN"):
        retention(model, lags=5, layer="layer 1, LSTM")
    with pytest.raises(ShapeError, match="expected series"):
        retention(pl.Sequential([pl.Dense(2, input_dim=3)]), lags=5)
    with pytest.raises(InvalidValue, match=r"spectral radius is 1\.1"):
        fisher_memory([[1.1]], [1.0])
    with pytest.raises(ShapeError, match=r"shapes \(2, 2\) and \(3,\)"):
        fisher_memory(np.eye(2), np.ones(3))
