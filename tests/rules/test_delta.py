"""The delta rule finds the least-squares solution below its bound but not above, and reports the bound."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.rules import Batch

ROWS = 40


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(ROWS, 3)) * [1.0, 0.7, 1.5] + [0.3, 0, -0.2]).astype(np.float32)
    y = (x @ rng.normal(size=(3, 2)) + 0.5 * rng.normal(size=(ROWS, 2))).astype(np.float32)
    return x, y


def with_one(x):
    return np.hstack([x, np.ones((len(x), 1))]).astype(np.float64)


def trained(data, rate, epochs):
    model = pl.Sequential([pl.Dense(2)])
    model.compile(pl.optimizers.SGD(rate), "mse", rule="delta")
    return model, model.fit(*data, epochs=epochs, batch_size=ROWS, verbose=0).history["loss"]


def test_the_largest_rate_is_two_over_the_largest_eigenvalue(data):
    x = data[0]
    moments = with_one(x).T @ with_one(x) / ROWS
    assert pl.rules.largest_rate(x) == pytest.approx(2 / np.linalg.eigvalsh(moments).max(), rel=1e-9)
    assert pl.rules.largest_rate(np.zeros((3, 2)), bias=None) == np.inf
    assert pl.rules.largest_rate(x, bias=None) == pytest.approx(2 / np.linalg.eigvalsh(x.T @ x / ROWS).max(), rel=1e-5)


def test_it_finds_the_least_squares_solution(data):
    model, _ = trained(data, 0.9 * pl.rules.largest_rate(data[0]), 300)
    expected = np.linalg.lstsq(with_one(data[0]), data[1], rcond=None)[0]
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(np.vstack([kernel, bias]), expected, atol=1e-5)


@pytest.mark.parametrize(("share", "grows"), [(0.99, False), (1.01, True)])
def test_it_settles_just_below_the_bound_and_grows_just_above(data, share, grows):
    _, losses = trained(data, share * pl.rules.largest_rate(data[0]), 1500)
    least = np.mean((with_one(data[0]) @ np.linalg.lstsq(with_one(data[0]), data[1], rcond=None)[0] - data[1]) ** 2)
    if grows:
        # The component along the largest eigenvector grows by 1.02 per step, so the excess loss grows by 1.02^2.
        assert losses[-1] / losses[-101] == pytest.approx(1.02**200, rel=1e-2)
    else:
        assert losses[-1] == pytest.approx(least, rel=1e-4)


def test_the_advice_for_a_run_that_grows_without_end_is_the_bound(data):
    # The page on classic rules shows the error message of such a run.
    network, weight = pl.layers.Sequential([pl.Dense(2)]), np.linspace(0, 2, ROWS + 5).astype(np.float32)
    weight[ROWS:] = 0
    params, state = network.init(np.random.default_rng(0), (3,))
    x = np.vstack([data[0], np.ones((5, 3), np.float32)])
    record, _ = network.forward(params, x, state, pl.layers.INFERENCE)
    batch = Batch(x, None, weight, np.float32(ROWS))
    moments = with_one(x).T @ (weight[:, None] * with_one(x)) / ROWS
    bound = 2 / np.linalg.eigvalsh(moments).max()
    said = pl.rules.Delta().advice(network, params, record, batch)
    assert said == f"on these {ROWS} rows the delta rule diverges for learning rates above {bound:.3g}"


def test_backprop_says_no_such_thing():
    assert pl.Backprop().advice(pl.layers.Sequential(()), (), None, None) == ""


@pytest.mark.parametrize(
    ("activation", "loss", "y", "wanted"),
    [
        ("linear", "mse", [[0.3, 1.0]], [[0.3, 1.0]]),
        ("linear", "hinge", [[0.0, 1.0]], [[-1.0, 1.0]]),
        ("heaviside", "hinge", [[-1.0, 1.0]], [[-1.0, 1.0]]),
        ("heaviside", "mse", [[0.0, 1.0]], [[-1.0, 1.0]]),
        ("sigmoid", "binary_crossentropy", [[0.0, 1.0]], [[-1.0, 1.0]]),
        ("tanh", "mse", [[-1.0, 1.0]], [[-1.0, 1.0]]),
        ("softmax", "categorical_crossentropy", [[0.2, 0.8]], [[0.2, 0.8]]),
        ("softmax", "sparse_categorical_crossentropy", [1.0], [[0.0, 1.0]]),
    ],
)
def test_what_the_potential_learns_puts_the_decision_in_the_middle(activation, loss, y, wanted):
    network = pl.layers.Sequential([pl.Dense(2, activation=activation)])
    objective = pl.losses.place(pl.losses.get(loss), network.output_activation)
    rule, z = pl.rules.Delta(), jnp.array([[0.25, -2.0]])
    rule.check(network, objective)
    np.testing.assert_allclose(rule.error(network, objective, jnp.asarray(y), z), z - np.array(wanted), rtol=1e-6)


def test_an_activity_that_is_not_read_off_the_potential_is_refused():
    model = pl.Sequential([pl.Dense(1, activation="relu")])
    model.compile(loss="mse", rule="delta")
    with pytest.raises(pl.errors.InvalidValue, match=r"the last activation is 'relu'.*trains potentials"):
        model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
