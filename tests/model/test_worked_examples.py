"""Five introductory examples with the correct results."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import plastica as pl


def test_example_1_digits_sized_classifier_learns_one_hot_labels():
    rng = np.random.default_rng(0)
    centres = rng.random((10, 784))
    labels = rng.integers(0, 10, 1000)
    x = centres[labels] + 0.1 * rng.standard_normal((1000, 784))
    model = pl.Sequential([pl.Dense(32, activation="relu", input_dim=784), pl.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, np.eye(10)[labels], epochs=10, batch_size=32, verbose=0)
    assert model.count_params() == 784 * 32 + 32 + 32 * 10 + 10
    assert history.history["accuracy"][-1] > 0.99
    loss, accuracy = model.evaluate(x, np.eye(10)[labels], verbose=0)
    assert loss < history.history["loss"][0] / 5
    assert accuracy > 0.99


def test_example_1_with_random_soft_targets_warns_of_their_sum_and_falls_to_the_entropy_bound():
    rng = np.random.default_rng(0)
    x, y = rng.random((1000, 784)), rng.random((1000, 10))
    model = pl.Sequential([pl.Dense(32, activation="relu", input_dim=784), pl.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    with pytest.warns(pl.errors.PlasticaWarning, match="have sums from"):
        history = model.fit(x, y, epochs=10, batch_size=32, verbose=0)
    losses = history.history["loss"]
    # For targets t, the minimum loss is sum(t) times the entropy of t / sum(t); a uniform prediction is close to it.
    bound = float(np.mean(y.sum(1)) * np.log(10))
    assert losses[-1] < losses[0]
    assert 0.9 * bound < losses[-1] < 1.1 * bound


def test_example_2_binary_classifier_learns_a_rule_of_eight_inputs():
    rng = np.random.default_rng(1)
    x = rng.random((1000, 8))
    y = (x.sum(1) > 4).astype(int)
    model = pl.Sequential()
    model.add(pl.Dense(10, input_dim=8, activation="relu"))
    model.add(pl.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    history = model.fit(x, y, epochs=60, batch_size=10, verbose=0)
    assert history.history["accuracy"][-1] > 0.95


def test_example_3_gradient_descent_finds_the_least_squares_line_and_its_loss_falls_at_every_step():
    x = np.array([[1, 2], [2, 3], [3, 4], [4, 5]], float)
    y = np.array([3, 5, 7, 9], float)
    model = pl.Sequential([pl.Dense(1, input_dim=2)])
    # The largest stable learning rate is 2 / the largest eigenvalue of the curvature of the loss, 2 X'X / n.
    inputs = np.c_[x, np.ones(4)]
    bound = 2 / np.linalg.eigvalsh(2 * inputs.T @ inputs / 4).max()
    model.compile(optimizer=pl.optimizers.SGD(learning_rate=0.9 * bound), loss="mse")
    history = model.fit(x, y, epochs=5000, batch_size=4, shuffle=False, verbose=0)
    losses = history.history["loss"]
    assert all(later <= earlier * (1 + 1e-4) + 1e-9 for earlier, later in pairwise(losses))
    np.testing.assert_allclose(model.predict(x)[:, 0], y, atol=1e-3)
    np.testing.assert_allclose(model.predict([[5.0, 6.0]]), [[11.0]], atol=1e-2)


def test_example_3_above_the_bound_stops_and_says_what_to_try():
    x = np.array([[1, 2], [2, 3], [3, 4], [4, 5]], float)
    model = pl.Sequential([pl.Dense(1, input_dim=2)])
    model.compile(optimizer=pl.optimizers.SGD(learning_rate=0.1), loss="mse")
    with pytest.raises(pl.errors.NotFinite, match="learning rate ten times smaller"):
        model.fit(x, [3, 5, 7, 9], epochs=500, batch_size=4, verbose=0)
    assert all(np.isfinite(array).all() for array in model.get_weights())


def test_example_4_tanh_network_learns_sample_by_sample():
    rng = np.random.default_rng(0)
    x = rng.random((200, 2))
    y = x[:, 0] + 2 * x[:, 1] + 3
    model = pl.Sequential([pl.Dense(8, activation="tanh", input_dim=2), pl.Dense(1)])
    model.compile(optimizer=pl.optimizers.SGD(0.05), loss=pl.losses.HalfSquaredError())
    history = model.fit(x, y, epochs=200, batch_size=1, verbose=0, until={"loss": 1e-4})
    assert model.predict([[0.5, 0.5]])[0, 0] == pytest.approx(4.5, abs=0.05)
    assert history.stopped_by


def test_example_4_with_a_tanh_output_warns_that_the_targets_are_out_of_reach():
    x = np.random.default_rng(0).random((20, 2))
    model = pl.Sequential([pl.Dense(4, activation="tanh", input_dim=2), pl.Dense(1, activation="tanh")])
    model.compile(optimizer="sgd", loss="mse")
    with pytest.warns(pl.errors.PlasticaWarning, match="only reaches -1 to 1"):
        model.fit(x, x[:, 0] + 2 * x[:, 1] + 3, epochs=1, verbose=0)


def test_example_5_lstm_learns_a_series_of_100_values():
    series = np.sin(np.arange(100) / 5).astype(np.float32)
    x, y = series[:-1].reshape(-1, 1), series[1:]
    model = pl.Sequential([pl.LSTM(50, activation="tanh", input_shape=(1, 1)), pl.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    history = model.fit(x, y, epochs=100, batch_size=32, verbose=0)
    assert model.count_params() == 4 * (1 * 50 + 50 * 50 + 50) + 51
    # One value does not distinguish rising from falling: the minimum error is that of the best function of it.
    assert history.history["loss"][-1] < 0.05
    assert model.predict(x).shape == (99, 1)
