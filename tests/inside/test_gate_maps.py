"""Gates and attention by step, against the equations of the layers."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, UnknownName

X = np.random.default_rng(0).normal(size=(6, 9, 2)).astype(np.float32)


def built(*layers):
    model = pl.Sequential([*layers])
    model.build((9, 2))
    return model


def test_the_gates_of_an_lstm_are_those_of_its_equations(tmp_path):
    model = built(pl.LSTM(3), pl.Dense(1))
    found = pl.inside.gates(model, X, row=2, first=-9)
    kernel, recurrent, bias = (np.asarray(model.params[0][name]) for name in ("kernel", "recurrent_kernel", "bias"))
    hidden, cell, forget = np.zeros(3), np.zeros(3), []
    for step in X[2]:
        i, f, k, o = np.split(step @ kernel + hidden @ recurrent + bias, 4)
        i, f, o = (1 / (1 + np.exp(-each)) for each in (i, f, o))
        cell = f * cell + i * np.tanh(k)
        hidden = o * np.tanh(cell)
        forget.append(f)
    np.testing.assert_allclose(found.quantities["forget"], forget, atol=1e-5)
    assert found.half_life == pytest.approx(np.log(0.5) / np.log(np.mean(forget)), rel=1e-4)
    assert "layer 0, LSTM over 9 steps, one row:" in repr(found) and "at step -" in repr(found)
    assert found.to_frame()["step"].min() == -9
    found.plot(tmp_path / "a.svg")
    assert pl.inside.gates(model, X).rows == 6


def test_what_is_kept_is_told_for_every_kind_of_recurrence():
    for layer, expected in (
        (pl.GRU(3), lambda each: each["update"]),
        (pl.RNN(pl.MinimalGatedCell(3)), lambda each: 1 - each["forget"]),
        (pl.layers.LinearRecurrentUnit(3), lambda each: each["retained"]),
    ):
        found = pl.inside.gates(built(layer), X)
        np.testing.assert_allclose(found.kept, expected(found.quantities))
        assert "of its state on average" in repr(found)
    radius = np.exp(-np.exp(np.asarray(built(pl.layers.LinearRecurrentUnit(3)).params[0]["nu"])))
    np.testing.assert_allclose(found.kept[0], radius, rtol=1e-5)
    assert pl.inside.gates(built(pl.SimpleRNN(3)), X).half_life is None


def test_gates_that_stay_closed_are_counted():
    model = built(pl.LSTM(2), pl.Dense(1))
    weights = model.get_weights()
    weights[0][:], weights[1][:], weights[2][:] = 0, 0, [9, -9, 0, 0, 0, 0, 0, 0]
    model.set_weights(weights)
    said = repr(pl.inside.gates(model, X))
    assert "1 of 2 units of the input gate is open at all steps" in said and "is closed at all steps" in said


def test_attention_is_what_each_step_receives(tmp_path):
    model = built(pl.layers.MultiHeadAttention(2, 4), pl.Flatten(), pl.Dense(1))
    found = pl.inside.gates(model, X)
    maps = pl.explain.attention_maps(model, X)
    np.testing.assert_allclose(found.quantities["attention"].mean(1), maps.received.mean(0), atol=1e-6)
    assert "(0.111 if all steps were read alike)" in repr(found)
    found.plot(tmp_path / "a.svg")


def test_what_neither_remembers_nor_attends_is_refused():
    with pytest.raises(InvalidValue, match="no layer of this network remembers or attends"):
        pl.inside.gates(built(pl.Dense(2)), X)
    with pytest.raises(UnknownName, match=r"no layer 3 that remembers or attends; there are layer 0, GRU"):
        pl.inside.gates(built(pl.GRU(2)), X, layer=3)
    with pytest.raises(InvalidValue, match=r"row=6\): x has rows 0 to 5"):
        pl.inside.gates(built(pl.GRU(2)), X, row=6)
