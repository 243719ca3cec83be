"""Networks of rectified units as spiking ones: what rates can express, what it loses, what it costs."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue
from plastica.spikes import ConversionLoss, convert, energy_estimate

RNG = np.random.default_rng(0)
X = RNG.random((40, 4), np.float32)


def network(*layers):
    return pl.Sequential([pl.Input((4,)), *layers], seed=1)


def test_rates_are_rounded_activities_cut_at_the_threshold():
    model = network(pl.Dense(6, "relu"), pl.Dense(6, use_bias=False))
    model.set_weights([*model.get_weights()[:2], np.eye(6, dtype="float32")])
    converted = convert(model, X, percentile=80)
    threshold, activities = converted.thresholds[1], model.predict(X)
    assert threshold is not None
    assert (activities > threshold).mean() == pytest.approx(0.2, abs=0.01)
    for steps, answers in converted.answers(X, (5, 50)).items():
        expected = np.clip(activities, 0, threshold)
        assert np.abs(answers - expected).max() <= 0.5 * threshold / steps + 1e-4


def test_convolutions_pools_and_dropout_are_converted():
    layers = [pl.Conv2D(4, 3), pl.Activation("relu"), pl.AveragePooling2D(), pl.Flatten(), pl.Dropout(0.2)]
    model = pl.Sequential([pl.Input((8, 8, 1)), *layers, pl.Dense(8, "relu"), pl.Dense(3, "softmax")], seed=1)
    x = RNG.random((30, 8, 8, 1), np.float32)
    converted = convert(model, x, percentile=100)
    assert [each is not None for each in converted.thresholds] == [False, False, True, False, False, False, True, False]
    loss = converted.loss_of_conversion(x, model.predict(x).argmax(1), (2, 400))
    assert loss.original == 1.0 and loss.accuracies[1] >= 0.96
    assert "400 steps: " in str(loss)


def test_the_accuracy_by_steps_is_drawn(tmp_path):
    ConversionLoss(np.array([4, 8]), np.array([0.5, 0.9]), 0.95).draw().savefig(tmp_path / "loss.png", dpi=40)
    assert (tmp_path / "loss.png").stat().st_size > 1000


def test_fewer_bits_of_weights_lose_more():
    model = network(pl.Dense(16, "relu"), pl.Dense(3))
    own = model.predict(X)
    errors = [np.abs(convert(model, X, weight_bits=bits).answers(X, 300)[300] - own).max() for bits in (3, 8)]
    assert errors[1] < 0.03 < errors[0]


def test_operations_are_those_counted_by_hand():
    model = network(pl.Dense(5, "relu"), pl.Dense(3))
    (first, second), estimate = energy_estimate(model, X).layers, energy_estimate(model, X)
    assert (first.macs, first.additions, second.macs) == (20.0, 0.0, 15.0)
    assert estimate.picojoules == estimate.dense_picojoules == pytest.approx(35 * 4.6)
    assert "Horowitz 2014" in str(estimate)
    converted = convert(model, X, begin=0.0)
    bias, kernel = model.get_weights()[1], model.get_weights()[0]
    (threshold,) = [each for each in converted.thresholds if each is not None]
    membranes, spikes = np.zeros((40, 5)), 0
    for _ in range(20):
        membranes += X @ kernel + bias
        now = membranes >= threshold
        membranes -= now * threshold
        spikes += now.sum() / 40
    first, second = converted.energy(X, 20).layers
    assert (first.macs, first.additions) == (20.0, 0.0) and second.macs == 0
    assert second.additions == pytest.approx(3 * spikes, rel=0.01)


FAULTS = {
    "has the activation 'tanh'; rates of spikes stand for ReLU only": lambda: convert(
        network(pl.Dense(3, "tanh"), pl.Dense(2)), X
    ),
    "expected a Sequential of ReLU layers": lambda: convert(_graph(), X),
    "layer 1, LSTM, cannot be converted to spikes": lambda: convert(
        pl.Sequential([pl.Input((5, 2)), pl.LSTM(3, return_sequences=True), pl.Dense(2)]),
        np.zeros((2, 5, 2), "float32"),
    ),
    "layer 2, MaxPooling1D, is not linear: what it makes of spikes is not what it makes of their rates": lambda: (
        convert(
            pl.Sequential([pl.Input((6, 2)), pl.Conv1D(3, 3, activation="relu"), pl.MaxPooling1D(), pl.Flatten()]),
            np.zeros((2, 6, 2), "float32"),
        )
    ),
    "convert(percentile=0)": lambda: convert(network(pl.Dense(3)), X, percentile=0),
    "convert(begin=1)": lambda: convert(network(pl.Dense(3)), X, begin=1),
    "convert(weight_bits=1)": lambda: convert(network(pl.Dense(3)), X, weight_bits=1),
    "got 0 steps": lambda: convert(network(pl.Dense(3)), X).answers(X, 0),
    "got 40 rows and 2 classes": lambda: convert(network(pl.Dense(3)), X).loss_of_conversion(X, [0, 1]),
    "no layer of this network has weights": lambda: energy_estimate(network(pl.Dropout(0.5)), X),
}


def _graph():
    x = pl.Input((4,))
    return pl.Model(x, pl.Add()([pl.Dense(2)(x), pl.Dense(2)(x)]))


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_are_told(words):
    with pytest.raises((DataError, InvalidValue)) as told:
        FAULTS[words]()
    assert words in str(told.value)
