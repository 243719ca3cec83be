"""What memories keep: sensitivities and bits of systems whose memory is known, and all kinds beside each other."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError, UnknownName
from plastica.memory import retention
from plastica.memory.retention_by_lag.retention_comparison import compare_retention
from plastica.memory.retention_by_lag.retention_kinds import KINDS, delay_line
from plastica.memory.retention_by_lag.state_reading import LayerStates, sensitivity_by_lag, states_of
from plastica.memory.retention_by_lag.symbol_information import information_by_lag


def leaky(leak):
    """Return a leaky unit, x_t = leak x_(t-1) + s_t, as a function."""

    def states(inputs):
        found, x = [], 0.0
        for value in inputs[:, 0]:
            x = leak * x + value
            found.append([x])
        return np.array(found)

    return states


def linear(recurrent, kernel):
    """Return a linear recurrent network with these weights; the recurrent ones act from the left."""
    units = len(kernel)
    model = pl.Sequential([pl.SimpleRNN(units, activation="linear", return_sequences=True, input_shape=(None, 1))])
    model.set_weights([np.asarray(kernel)[None], np.asarray(recurrent).T, np.zeros(units)])
    return model


def test_a_function_is_measured_as_a_network():
    found = retention(delay_line(5), lags=8, steps=600)
    np.testing.assert_allclose(found.explained, [1] * 5 + [0] * 4, atol=0.02)
    found = retention(leaky(0.7), lags=6, steps=8000)
    np.testing.assert_allclose(found.explained, (1 - 0.49) * 0.49 ** np.arange(7), atol=0.03)


def test_the_sensitivity_of_linear_systems_is_that_of_their_powers():
    expected = 0.7 ** np.arange(9)
    np.testing.assert_allclose(sensitivity_by_lag(leaky(0.7), lags=8), expected, rtol=1e-3)
    rng = np.random.default_rng(0)
    w, v = 0.4 * rng.normal(size=(4, 4)), rng.normal(size=4)
    powers = [np.linalg.norm(np.linalg.matrix_power(w, k) @ v) for k in range(9)]
    np.testing.assert_allclose(sensitivity_by_lag(linear(w, v), lags=8), powers, rtol=1e-4)


def test_automatic_and_finite_differences_agree():
    model = pl.Sequential([pl.LSTM(3, return_sequences=True, input_shape=(None, 2)), pl.Dense(1)], seed=1)
    layer = LayerStates(model, "layer 0, LSTM", feature=1)
    exact = sensitivity_by_lag(layer, lags=2)

    def states(inputs):
        return states_of(layer, inputs[:, 0])

    assert states(np.zeros((4, 1))).shape == (4, 6)  # state and cell
    np.testing.assert_allclose(sensitivity_by_lag(states, lags=2), exact, rtol=0.02)


def test_bits_of_symbols_that_are_kept_or_forgotten():
    found = information_by_lag(delay_line(4), lags=6, symbols=4)
    np.testing.assert_allclose(found.bits[:4], 2, atol=0.1)
    np.testing.assert_allclose(found.bits[4:], 0, atol=0.02)
    assert found.accuracy[:4].min() > 0.99 and found.accuracy[4:] == pytest.approx(0.25, abs=0.05)


def test_the_information_of_a_noisy_state_has_its_closed_form():
    # A symbol of -1 or 1 with Gaussian noise of variance 1: 0.486 bits, by numerical integration.
    rng = np.random.default_rng(1)

    def states(inputs):
        return inputs + rng.normal(size=inputs.shape)

    grid = np.linspace(-9, 9, 20001)
    density = (np.exp(-((grid - 1) ** 2) / 2) + np.exp(-((grid + 1) ** 2) / 2)) / np.sqrt(8 * np.pi)
    exact = -(density * np.log2(density)).sum() * (grid[1] - grid[0]) - 0.5 * np.log2(2 * np.pi * np.e)
    found = information_by_lag(states, lags=1, steps=8000)
    assert exact == pytest.approx(0.486, abs=0.001) and found.bits == pytest.approx([exact, 0], abs=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_states_of_every_kind_tell_of_the_last_input(kind):
    system = KINDS[kind](8, 0)
    states = [states_of(system, np.array([0.5] * 30 + [last], np.float32)) for last in (-1, 1)]
    assert states[0].shape[0] == 31 and np.array_equal(states[0][:30], states[1][:30])
    assert np.abs(states[0][30] - states[1][30]).max() > 1e-3


def test_kinds_beside_each_other(tmp_path):
    names = ["delay_line", "simple_rnn", "ring_attractor"]
    found = compare_retention(names, lags=9, units=8, steps=400)
    table = found.to_frame()
    assert table["memory"].to_list() == names
    rows = {row["memory"]: row for row in table.iter_rows(named=True)}
    assert rows["delay_line"]["capacity"] == pytest.approx(8, abs=0.1) and rows["delay_line"]["half_life"] == 8
    assert rows["delay_line"]["bits"] == pytest.approx(8, abs=0.2)
    assert 1 < rows["simple_rnn"]["capacity"] < 8 and 0.1 < rows["ring_attractor"]["capacity"] < 8
    drawing = found.plot(tmp_path / "retention.svg")
    assert len(drawing.axes) == 3 and "ring attractor" in (tmp_path / "retention.svg").read_text()


def test_systems_of_your_own_are_compared():
    found = compare_retention({"leaky": leaky(0.5), "line": delay_line(2)}, lags=3, steps=400)
    assert found.retention["line"].capacity == pytest.approx(2, abs=0.05) and list(found.symbols) == ["leaky", "line"]


def test_mistakes_in_systems():
    with pytest.raises(InvalidValue, match=r"expected a built model, an object with states\(inputs\)"):
        retention(3, lags=2, steps=100)
    with pytest.raises(ShapeError, match=r"states of shape \(3, 2\) for"):
        retention(lambda inputs: np.zeros((3, 2)), lags=2, steps=100)
    with pytest.raises(DataError, match="not finite"):
        retention(lambda inputs: inputs * np.nan, lags=2, steps=100)
    with pytest.raises(UnknownName, match="lstm"):
        compare_retention("lsmt")
    with pytest.raises(InvalidValue, match="give at least one"):
        compare_retention({})
    with pytest.raises(InvalidValue, match="two symbols"):
        information_by_lag(leaky(0.5), symbols=1)
