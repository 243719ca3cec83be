"""Gates over time and gradients by lag: closed forms, finite differences, figures."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError, UnknownName

X = np.random.default_rng(0).normal(size=(3, 6, 2)).astype("float32")
Y = np.random.default_rng(1).normal(size=(3, 1)).astype("float32")


def model(*layers, loss="mse"):
    made = pl.Sequential(list(layers), seed=1)
    made.compile("sgd", loss)
    return made


def test_the_gradient_of_a_linear_recurrence_falls_by_its_factor():
    made = model(pl.SimpleRNN(1, "linear", use_bias=False, input_shape=(None, 1)))
    made.set_weights([np.ones((1, 1)), np.full((1, 1), 0.7)])
    x = X[:, :, :1]
    error = np.abs(2 * (made.predict(x) - Y)).mean()  # dC/dh of the last step: C is (h - y)^2
    np.testing.assert_allclose(made.gradient_by_lag(x, Y), error * 0.7 ** np.arange(6), rtol=1e-5)


def test_gradients_are_finite_differences():
    made = model(pl.LSTM(3, input_shape=(None, 2)), pl.Dense(1))
    made.set_weights(made.get_weights())  # given weights, so that predictions need no training

    def losses(x):
        return np.square(made.predict(x) - Y)[:, 0].astype(np.float64)

    norms = np.zeros((3, 6))
    for step in range(6):
        slopes = []
        for feature in range(2):
            nudge = np.zeros_like(X)
            nudge[:, step, feature] = 1e-2
            slopes.append((losses(X + nudge) - losses(X - nudge)) / 2e-2)
        norms[:, step] = np.linalg.norm(slopes, axis=0)
    np.testing.assert_allclose(made.gradient_by_lag(X, Y)[::-1], norms.mean(0), rtol=1e-2, atol=1e-4)


def test_behind_an_embedding_the_vectors_are_meant():
    made = model(pl.Embedding(5, 2), pl.GRU(3), pl.Dense(1))
    words = np.array([[1, 2, 3, 4], [0, 0, 1, 2], [4, 3, 2, 1]])
    assert made.gradient_by_lag(words, Y).shape == (4,)
    assert (made.gradient_by_lag(words, Y, layer="GRU") == made.gradient_by_lag(words, Y)).all()


@pytest.mark.parametrize("layer", [pl.LSTM(4), pl.GRU(4), pl.SimpleRNN(4), pl.RNN(pl.MinimalGatedCell(4))], ids=str)
def test_gates_are_drawn_under_their_names(layer, tmp_path):
    made = model(layer, pl.Dense(1))
    figure = made.plot_gates(X, row=1, path=tmp_path / "gates.svg")
    names = {axes.get_ylabel() for axes in figure.axes} - {""}
    assert "hidden state" in names and "inputs" in names
    assert ("forget gate" in names) == isinstance(layer, pl.LSTM | pl.RNN)
    assert ("update gate" in names) == isinstance(layer, pl.GRU)
    assert (tmp_path / "gates.svg").read_text("utf-8").startswith("<?xml")
    shown = next(axes for axes in figure.axes if axes.get_ylabel() == "hidden state").images[0].get_array()
    np.testing.assert_allclose(shown.T, made.trace(X)[0].trajectory["hidden"][1])


def test_the_gradient_is_drawn_over_lags(tmp_path):
    made = model(pl.GRU(3), pl.Dense(1))
    figure = made.plot_gradient_by_lag(X, Y, path=tmp_path / "lags.png")
    lags, norms = figure.axes[0].lines[0].get_data()
    np.testing.assert_array_equal(lags, np.arange(6))
    np.testing.assert_allclose(norms, made.gradient_by_lag(X, Y))


def test_what_cannot_be_shown_is_refused():
    made = model(pl.GRU(3, input_shape=(None, 2)), pl.Dense(1))
    with pytest.raises(InvalidValue, match="row=3; the inputs have rows 0 to 2"):
        made.plot_gates(X, row=3)
    with pytest.raises(InvalidValue, match="layer 1, Dense is no layer that remembers; give one such as LSTM or GRU"):
        made.plot_gates(X, layer=1)
    with pytest.raises(UnknownName, match='no layer "LSTM"; there are: layer 0, GRU, layer 1, Dense'):
        made.gradient_by_lag(X, Y, layer="LSTM")
    with pytest.raises(ShapeError, match="layer 1, Dense reads no sequences"):
        made.gradient_by_lag(X, Y, layer="Dense")
    flat = model(pl.Dense(1, input_shape=(2,)))
    with pytest.raises(InvalidValue, match="no layer of this network reads sequences"):
        flat.gradient_by_lag(X[:, 0], Y)
    with pytest.raises(InvalidValue, match="no layer of this network remembers"):
        flat.plot_gates(X[:, 0])
