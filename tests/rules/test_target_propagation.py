"""Difference target propagation compared with its formulas."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue
from plastica.layers import Context
from plastica.optimizers import SGD
from plastica.rules import Batch, TargetPropagation

KEY = random.seed_key(5)
RATE = 0.25
MSE = pl.losses.Objective(pl.losses.HalfSquaredError())


@jax.jit
def signal(rule, network, params, state, memory, batch, objective, key):
    return rule.signal(network, params, state, memory, batch, objective, Context(training=True, key=key))


def dense(activation):
    hidden = [pl.Dense(5, activation=activation, bias_initializer="normal") for _ in range(3)]
    return pl.layers.Sequential((*hidden, pl.Dense(2)))


def rows(count=7):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(count, 5)).astype(np.float32), rng.normal(size=(count, 2)).astype(np.float32)
    return Batch(x, y, rng.uniform(0.5, 2, count).astype(np.float32), np.float32(count))


def begun(network, seed=0):
    return network.init(np.random.default_rng(seed), (5,))


def activities_of(params, x, f):
    found = [x]
    for own in params[:-1]:
        found.append(f(found[-1] @ own["kernel"] + own["bias"]))
    return [*found, found[-1] @ params[-1]["kernel"] + params[-1]["bias"]]


@pytest.fixture(scope="module")
def tanh_step():
    """One step of a tanh network: its parts, and the signal of the rule."""
    network, rule = dense("tanh"), TargetPropagation(RATE, noise=0.0, inverse_optimizer=SGD(0.1))
    params, state = begun(network)
    memory = jax.device_get(rule.init(network, params, KEY))
    return params, memory, jax.device_get(signal(rule, network, params, state, memory, rows(), MSE, KEY))


def test_layers_move_towards_targets_of_the_formula_by_hand(tanh_step):
    params, memory, found = tanh_step
    batch = rows()
    share = (batch.weight / batch.size)[:, None]
    h = activities_of(params, batch.x, np.tanh)
    error = h[4] - batch.y
    targets = {3: h[3] - RATE * error @ params[3]["kernel"].T}
    for place in (2, 1):
        inverse = memory["inverses"][place - 1]
        back = [np.tanh(a @ inverse["kernel"] + inverse["bias"]) for a in (targets[place + 1], h[place + 1])]
        targets[place] = h[place] + back[0] - back[1]
    for place in range(3):
        delta = 2 * share * (h[place + 1] - targets[place + 1]) * (1 - h[place + 1] ** 2)
        np.testing.assert_allclose(found.direction[place]["kernel"], h[place].T @ delta, atol=1e-6)
        np.testing.assert_allclose(found.direction[place]["bias"], delta.sum(0), atol=1e-6)
    np.testing.assert_allclose(found.direction[3]["kernel"], h[3].T @ (share * error), atol=1e-6)
    assert found.loss == pytest.approx(np.sum(share * error**2) / 2, rel=1e-5)


def test_inverses_follow_the_gradient_of_what_they_give_back(tanh_step):
    params, memory, found = tanh_step
    batch = rows()
    share = (batch.weight / batch.size)[:, None]
    h = activities_of(params, batch.x, np.tanh)
    for place, inverse in enumerate(memory["inverses"]):
        below, above = h[place + 1], h[place + 2]
        given = np.tanh(above @ inverse["kernel"] + inverse["bias"])
        delta = 2 * share * (given - below) * (1 - given**2)
        new = found.memory["inverses"][place]
        np.testing.assert_allclose(new["kernel"], inverse["kernel"] - 0.1 * above.T @ delta, atol=1e-6)
        np.testing.assert_allclose(new["bias"], inverse["bias"] - 0.1 * delta.sum(0), atol=1e-6)


def linear_step(weights):
    """Return the parts of a linear network and one step with exact inverses."""
    network, rule = dense("linear"), TargetPropagation(RATE)
    params, state = begun(network)
    params = tuple({**own, "kernel": weight} for own, weight in zip(params, weights, strict=True))
    inverses = tuple(
        {"kernel": np.linalg.inv(own["kernel"]), "bias": -own["bias"] @ np.linalg.inv(own["kernel"])}
        for own in params[1:3]
    )
    memory = {"inverses": inverses, "optimizer": rule.inverse_optimizer.init(inverses)}
    return params, state, memory, jax.device_get(signal(rule, network, params, state, memory, rows(), MSE, KEY))


def test_through_orthogonal_linear_layers_targets_are_steps_along_the_gradient():
    rng = np.random.default_rng(2)
    square = [np.linalg.qr(rng.normal(size=(5, 5)))[0].astype(np.float32) for _ in range(3)]
    params, state, _, found = linear_step([*square, rng.normal(size=(5, 2)).astype(np.float32)])
    true = signal(pl.Backprop(), dense("linear"), params, state, (), rows(), MSE, KEY)
    for place in range(3):
        np.testing.assert_allclose(
            found.direction[place]["kernel"], 2 * RATE * true.direction[place]["kernel"], atol=2e-5
        )


def test_through_other_linear_layers_targets_go_by_the_inverse_not_the_transpose():
    rng = np.random.default_rng(3)
    skew = [np.eye(5, dtype=np.float32) + 0.1 * rng.normal(size=(5, 5)).astype(np.float32) for _ in range(3)]
    params, _, _, found = linear_step([*skew, rng.normal(size=(5, 2)).astype(np.float32)])
    batch = rows()
    h = activities_of(params, batch.x, lambda z: z)
    step = (h[4] - batch.y) @ params[3]["kernel"].T @ np.linalg.inv(skew[2]) @ np.linalg.inv(skew[1])  # at h_1
    wanted = batch.x.T @ (2 * RATE * (batch.weight / batch.size)[:, None] * step)
    np.testing.assert_allclose(found.direction[0]["kernel"], wanted, atol=2e-5)


def test_rows_that_only_fill_up_change_nothing():
    network, rule = dense("tanh"), TargetPropagation(inverse_optimizer=SGD(0.1))
    params, state = begun(network)
    memory, batch = rule.init(network, params, KEY), rows()
    filled = Batch(
        np.concatenate([batch.x, np.full((3, 5), 9.0, np.float32)]),
        np.concatenate([batch.y, np.ones((3, 2), np.float32)]),
        np.concatenate([batch.weight, np.zeros(3, np.float32)]),
        batch.size,
    )
    one, other = (signal(rule, network, params, state, memory, each, MSE, KEY) for each in (batch, filled))
    for name in ("direction", "memory", "loss"):
        close = lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6)  # noqa: E731
        jax.tree.map(close, getattr(one, name), getattr(other, name))


def test_it_learns_what_a_single_layer_cannot():
    x = np.random.default_rng(0).normal(size=(256, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = pl.Sequential([*(pl.Dense(16, activation="tanh") for _ in range(3)), pl.Dense(1, activation="sigmoid")])
    model.compile(pl.optimizers.Adam(0.01), "binary_crossentropy", ["accuracy"], rule="target_propagation")
    assert model.fit(x, y, epochs=60, verbose=0).history["accuracy"][-1] > 0.95


def test_maps_of_a_convolution_have_inverses_where_the_input_s_shape_is_stated():
    rule, rng = TargetPropagation(), np.random.default_rng(0)
    layers = [pl.Conv2D(3, 3, input_shape=(6, 6, 1)), pl.Flatten(), pl.Dense(4, activation="tanh"), pl.Dense(2)]
    network = pl.layers.Sequential(tuple(layers))
    memory = rule.init(network, network.init(rng, (6, 6, 1)).params, KEY)
    assert memory["inverses"][0]["kernel"].shape == (4, 48)
    unstated = pl.layers.Sequential((pl.Conv2D(3, 3), *layers[1:]))
    with pytest.raises(InvalidValue, match=r"layer 1, Flatten\(\): the size .* Input\(shape=...\) first"):
        rule.init(unstated, unstated.init(rng, (6, 6, 1)).params, KEY)


def test_without_two_hidden_layers_there_is_nothing_to_invert():
    network, rule = pl.layers.Sequential((pl.Dense(2),)), TargetPropagation()
    params, state = begun(network)
    memory = rule.init(network, params, KEY)
    assert memory["inverses"] == ()
    ours = signal(rule, network, params, state, memory, rows(), MSE, KEY)
    batch = rows()
    error = (batch.weight / batch.size)[:, None] * (batch.x @ params[0]["kernel"] - batch.y)
    np.testing.assert_allclose(ours.direction[0]["kernel"], batch.x.T @ error, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"target_rate": 0}, "target_rate must be a finite number above 0"),
        ({"noise": -0.1}, "noise must be a finite number of at least 0"),
        ({"inverse_optimizer": pl.optimizers.LBFGS()}, "steps batch by batch"),
    ],
)
def test_what_cannot_be_is_refused(wrong, message):
    with pytest.raises(InvalidValue, match=message):
        TargetPropagation(**wrong)
