"""Costs of layers: gradients, padding, closed forms, and errors."""

from __future__ import annotations

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.declaration import declaration
from plastica.errors import InvalidValue
from plastica.layers.layer import INFERENCE, Context
from plastica.layers.walk import walk
from plastica.random import seed_key
from plastica.rules import Batch


def close(found, expected, **tolerance):
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, **tolerance), found, expected)


ROWS, REAL = 6, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 5)).astype(np.float32)
Y = RNG.normal(size=(ROWS, 3)).astype(np.float32)
BATCH = Batch(jnp.asarray(X), jnp.asarray(Y), jnp.asarray([1.0, 0.5, 2.0, 1.0, 0, 0], jnp.float32), jnp.float32(REAL))
OBJECTIVE = pl.losses.Objective(pl.losses.MeanSquaredError())


def penalised(units, **options):
    return pl.Dense(units, activation="tanh", activity_regularizer=pl.regularizers.L2(0.3), **options)


def graph():
    x = pl.Input((5,))
    twice = penalised(5)
    return pl.Model(x, pl.Dense(3)(pl.Add()([twice(twice(x)), x]))).network


NETWORKS = {
    "one": penalised(3),
    "sequential": pl.layers.Sequential([penalised(4), pl.Dropout(0.3), pl.Dense(3, activity_regularizer="l1")]),
    "residual": pl.layers.Sequential([pl.Residual([penalised(5)], activation="relu"), pl.Dense(3)]),
    "branches": pl.layers.Sequential([pl.Branches([penalised(2), [penalised(4), pl.Dense(2)]]), pl.Dense(3)]),
    "graph": graph(),
    "wired": pl.layers.Sequential([pl.Wired(penalised(6), pl.Sparse(0.5)), pl.Dense(3)]),
    "frozen": pl.layers.Sequential([pl.Dense(4), penalised(4, trainable=False), pl.Dense(3)]),
    "recurrent": pl.layers.Sequential([pl.Reshape((5, 1)), pl.LSTM(4, activity_regularizer="l2"), pl.Dense(3)]),
    "sampling": pl.layers.Sequential([pl.Dense(8), pl.GaussianSampling(0.2), pl.Dense(3)]),
}


def expected_cost(layer, record):
    """Return a layer's cost by its formula, from what the layer did, without the layer's own code."""
    if isinstance(layer, pl.GaussianSampling):
        mean, log_variance = record.input[:REAL, :4], record.input[:REAL, 4:]
        return 0.2 * jnp.sum(0.5 * (mean**2 + jnp.exp(log_variance) - 1 - log_variance)) / REAL
    inner = layer.layer if isinstance(layer, pl.Wired) else layer
    penalty = inner.activity_regularizer
    return 0.0 if penalty is None else penalty(record.activity[:REAL]) / REAL


@pytest.mark.parametrize("name", NETWORKS)
def test_backprop_follows_the_gradient_of_loss_and_costs(name):
    network = NETWORKS[name]
    params, state = network.init(np.random.default_rng(1), (5,))
    context = Context(True, seed_key(3), jnp.arange(ROWS) < REAL)

    def total(params):
        record, _ = network.forward(params, BATCH.x, state, context)
        uses = [(layer, use) for _, layer, own in walk(network, record) for use in own.children or (own,)]
        squares = jnp.mean((record.activity - BATCH.y) ** 2, -1)
        return jnp.sum(squares * BATCH.weight) / REAL + sum(expected_cost(*use) for use in uses)

    value, gradient = jax.value_and_grad(total)(params)
    signal = pl.Backprop().signal(network, params, state, (), BATCH, OBJECTIVE, context)
    assert float(signal.total) == pytest.approx(float(value), rel=1e-6)
    assert sum(signal.costs.values()) > 0
    close(signal.direction, gradient, rtol=1e-4, atol=1e-6)


def test_the_history_shows_each_cost_and_counts_it_into_the_loss():
    model = pl.Sequential([penalised(4), pl.Dense(8), pl.GaussianSampling(), pl.Dense(3)])
    model.compile(pl.optimizers.SGD(0.0), "mse", metrics=["mse"])
    history = model.fit(X, Y, batch_size=4, epochs=1, validation_data=(X[:5], Y[:5]), shuffle=False, verbose=0).history
    assert list(history)[:3] == ["loss", "activity_regularization", "kl"]
    hidden = np.tanh(X @ model.get_weights()[0])
    assert history["activity_regularization"] == pytest.approx([0.3 * (hidden**2).sum(1).mean()], rel=1e-5)
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert found["kl"] == pytest.approx(history["kl"][0], rel=1e-5)
    for logs, prefix in ((found, ""), ({name: curve[0] for name, curve in history.items()}, "val_")):
        costs = logs[f"{prefix}activity_regularization"] + logs[f"{prefix}kl"]
        assert logs[f"{prefix}loss"] == pytest.approx(logs[f"{prefix}mse"] + costs, rel=1e-5)


def test_the_divergence_is_the_integral_it_stands_for():
    mean, deviation = np.array([0.3, -1.2]), np.array([0.5, 2.0])
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    z = mean + deviation * nodes[:, None]
    log_ratio = -(nodes[:, None] ** 2) / 2 - np.log(deviation) + z**2 / 2
    expected = (weights[:, None] * log_ratio).sum() / weights.sum()
    x = jnp.asarray(np.concatenate([mean, 2 * np.log(deviation)])[None], jnp.float32)
    layer = pl.GaussianSampling()
    assert float(layer.costs({}, x, x[:, :2], INFERENCE)["kl"]) == pytest.approx(expected, rel=1e-5)


def test_codes_are_drawn_in_training_and_means_in_prediction():
    layer, x = pl.GaussianSampling(), jnp.tile(jnp.asarray([[1.0, -2.0, 0.0, 2 * np.log(3)]]), (20_000, 1))
    drawn, _ = layer.apply({}, x, {}, Context(True, seed_key(0)))
    close(np.asarray(drawn).mean(0), np.array([1.0, -2.0], np.float32), atol=0.1)
    close(np.asarray(drawn).std(0), np.array([1.0, 3.0], np.float32), rtol=0.03)
    close(layer.apply({}, x)[0], x[:, :2])


def test_lbfgs_reaches_the_minimum_of_loss_and_cost():
    model = pl.Sequential([pl.Dense(3, use_bias=False, activity_regularizer=pl.regularizers.L2(0.5))])
    model.compile("lbfgs", "mse")
    model.fit(X, Y, epochs=30, verbose=0)
    # mean over outputs of (p - y)^2 plus 0.5 sum over outputs of p^2: both are least where p = y / (1 + 0.5 * 3).
    least = np.linalg.lstsq(X, Y / 2.5, rcond=None)[0]
    close(model.get_weights()[0], least, rtol=1e-3, atol=1e-4)


LEARNS = {"backprop", "feedback_alignment", "sign_symmetry", "sign_symmetry_batch_random", "direct_feedback_alignment"}
LEARNS |= {"eprop", "rflo"}


@pytest.mark.parametrize("name", sorted(pl.rules.NAMES))
def test_a_rule_learns_from_costs_or_says_that_it_cannot(name):
    rule = pl.rules.get(name)
    model = pl.Sequential([penalised(4), pl.Dense(3, activation="softmax")])
    model.build((None, 5))
    model.compile(loss="categorical_crossentropy", rule=rule)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not rule.takes_costs:
            with pytest.raises(InvalidValue, match="cannot learn from costs of layers"):
                model.fit(X, np.eye(3)[RNG.integers(0, 3, ROWS)], verbose=0)
            return
    assert name in LEARNS
    model.compile(pl.optimizers.SGD(0.1), "mse", rule=rule)
    costs = model.fit(X, np.zeros((ROWS, 3)), epochs=60, verbose=0).history["activity_regularization"]
    assert costs[-1] < 0.5 * costs[0]


@declaration
class Budget(pl.Dense):
    """A dense layer with a cost of its own: the squared distance of its parameters' sum from 1."""

    @property
    def cost_names(self):
        return (*super().cost_names, "budget")

    def costs(self, params, x, potential, context):
        return {**super().costs(params, x, potential, context), "budget": (jnp.sum(params["kernel"]) - 1) ** 2}


def test_a_layer_of_ones_own_has_a_cost_of_its_own():
    model = pl.Sequential([Budget(2), pl.Dense(3)])
    model.compile(pl.optimizers.SGD(0.02), "mse")
    model.fit(X, Y, epochs=200, verbose=0)
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["budget"] < 1e-3


REFUSED = [
    (
        [pl.Residual([pl.Dense(5)], activity_regularizer="l2"), pl.Dense(3)],
        (),
        "is a composition, which has no activity",
    ),
    ([pl.Ensemble([penalised(3)], 2)], (), "a layer inside has the cost 'activity_regularization', which Ensemble"),
    ([Budget(3)], [pl.metrics.MeanSquaredError(name="budget")], '"budget" is the name of a cost of a layer'),
]


@pytest.mark.parametrize(("layers", "metrics", "words"), REFUSED)
def test_costs_that_would_be_lost_are_refused(layers, metrics, words):
    model = pl.Sequential(layers)
    model.compile("sgd", pl.losses.MemberLoss(pl.losses.MeanSquaredError()) if "Ensemble" in words else "mse", metrics)
    with pytest.raises(InvalidValue, match=words):
        model.fit(X, np.tanh(Y), verbose=0)


def test_wrong_arguments_are_refused():
    with pytest.raises(InvalidValue, match="kl_weight=-1"):
        pl.GaussianSampling(-1)
    with pytest.raises(InvalidValue, match="l2 is -1"):
        pl.ActivityRegularization(l2=-1)
    with pytest.raises(pl.errors.ShapeError, match="expected an even number of features"):
        pl.Sequential([pl.GaussianSampling()]).build((None, 5))
