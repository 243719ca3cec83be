"""The perceptron: the steps of the textbook, at most Novikoff's number of mistakes, and inseparable classes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import Perceptron as Theirs
from sklearn.svm import SVC

import plastica as pl
from plastica.rules import Batch

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR = np.array([0, 1, 1, 0])


def zeros(units, **fields):
    return pl.Dense(units, kernel_initializer="zeros", **fields)


def separable(rows=60, features=4):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4 * rows, features))
    z = x @ rng.normal(size=features)
    far = np.flatnonzero(np.abs(z) > 0.3)[:rows]
    return x[far].astype(np.float32), np.where(z[far] > 0, 1, -1)


def error_of(last, loss, y, potential):
    """Return the error of the rule for given potentials."""
    network = pl.layers.Sequential([last])
    objective = pl.losses.place(pl.losses.get(loss), network.output_activation)
    pl.rules.Perceptron().check(network, objective)
    return pl.rules.Perceptron().error(network, objective, jnp.asarray(y, jnp.float32), jnp.asarray(potential))


def learned(layers, x, y, passes, loss="hinge"):
    """Present the rows one by one; return the network and its parameters, at first and after every row."""
    network, rule = pl.layers.Sequential(layers), pl.rules.Perceptron()
    first, state = network.init(np.random.default_rng(0), x.shape[1:])
    objective = pl.losses.place(pl.losses.get(loss), network.output_activation)

    def meet(params, row):
        batch = Batch(row[0][None], row[1].reshape(1, 1), jnp.ones(1), jnp.float32(1))
        direction = rule.signal(network, params, state, (), batch, objective, pl.layers.INFERENCE).direction
        return (params := jax.tree.map(jnp.subtract, params, direction)), params

    rows = (np.tile(x, (passes, 1)), np.tile(y.astype(np.float32), passes))
    after = jax.jit(lambda params, rows: jax.lax.scan(meet, params, rows)[1])(first, rows)
    return network, jax.tree.map(lambda a, b: np.concatenate([a[None], b]), first, after)


def decisions(network, params, x, step):
    state = tuple({} for _ in network.layers)
    return np.asarray(network.apply(jax.tree.map(lambda a: a[step], params), x, state)[0])[:, 0]


def test_step_by_step_it_is_scikit_learns():
    x, y = separable()
    x[0] *= 3
    y[::7] *= -1  # not separable, so that mistakes never end
    (found,) = learned([zeros(1)], x, y, 2)[1]
    theirs = Theirs(shuffle=False)
    for step in range(2 * len(x)):
        row = slice(step % len(x), step % len(x) + 1)
        theirs.partial_fit(x[row], y[row], classes=[-1, 1])
        np.testing.assert_allclose(found["kernel"][step + 1, :, 0], theirs.coef_[0], atol=1e-4)
        np.testing.assert_allclose(found["bias"][step + 1], theirs.intercept_, atol=1e-4)


def test_separable_classes_cost_at_most_as_many_mistakes_as_novikoff_says():
    x, y = separable()
    # The data and its mirror image are symmetric about the origin, so the plane of maximum margin contains it.
    machine = SVC(kernel="linear", C=1e8).fit(np.vstack([x, -x]), np.hstack([y, -y]))
    assert abs(machine.intercept_[0]) < 1e-4
    bound = (np.linalg.norm(x, axis=1).max() * np.linalg.norm(machine.coef_)) ** 2
    network, params = learned([zeros(1, use_bias=False)], x, y, 40)
    mistaken = np.any(np.diff(params[0]["kernel"], axis=0) != 0, axis=(1, 2))
    assert 1 < mistaken.sum() <= bound
    assert not mistaken[-len(x) :].any()
    assert np.all(np.sign(decisions(network, params, x, -1)) == y)


def test_one_layer_never_knows_xor():
    network, params = learned([zeros(1, activation="heaviside")], CORNERS, XOR, 30, "binary_crossentropy")
    right = [int(np.sum(decisions(network, params, CORNERS, step) == XOR)) for step in range(0, 121, 4)]
    assert max(right) <= 3


def test_on_fixed_threshold_units_it_knows_xor():
    sides = pl.McCullochPitts([[1, -1], [-1, 1]], thresholds=1)
    model = pl.Sequential([sides, zeros(1, activation="heaviside")])
    model.compile(loss="binary_crossentropy", metrics=["accuracy"], rule="perceptron")
    right = model.fit(CORNERS, XOR, epochs=30, batch_size=1, shuffle=False, verbose=0).history["accuracy"]
    assert right[-1] == 1.0


def test_association_units_stay_as_they_were_drawn():
    units = pl.Dense(16, activation="heaviside", bias_initializer="random_uniform", kernel_initializer="random_uniform")
    network, params = learned([units, zeros(1, activation="heaviside")], CORNERS, XOR, 60, "binary_crossentropy")
    np.testing.assert_array_equal(params[0]["kernel"][0], params[0]["kernel"][-1])
    np.testing.assert_array_equal(params[0]["bias"][0], params[0]["bias"][-1])
    np.testing.assert_array_equal(decisions(network, params, CORNERS, -1), XOR)


@pytest.mark.parametrize(
    ("loss", "activation", "no"),
    [("hinge", "linear", -1), ("hinge", "linear", 0), ("binary_crossentropy", "sigmoid", 0)],
)
def test_a_yes_or_no_moves_each_unit_by_itself(loss, activation, no):
    y, z = [[1, no, 1], [no, 1, no]], [[0.3, 0.2, -0.1], [-1.0, 0.0, 0.0]]
    found = error_of(pl.Dense(3, activation=activation), loss, y, z)
    np.testing.assert_array_equal(found, [[0, 1, -1], [0, -1, 1]])


@pytest.mark.parametrize(
    ("loss", "activation", "y"),
    [
        ("sparse_categorical_crossentropy", "softmax", [0, 2, 1]),
        ("categorical_crossentropy", "softmax", np.eye(3)[[0, 2, 1]]),
        ("categorical_hinge", "linear", np.eye(3)[[0, 2, 1]]),
    ],
)
def test_of_several_classes_the_right_unit_and_its_rival_move(loss, activation, y):
    z = [[1.0, 0.5, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, -1.0]]
    found = error_of(pl.Dense(3, activation=activation), loss, y, z)
    np.testing.assert_array_equal(found, [[0, 0, 0], [0, 1, -1], [1, -1, 0]])


def test_weights_of_rows_scale_their_steps():
    network, rule = pl.layers.Sequential([zeros(2, use_bias=False)]), pl.rules.Perceptron()
    params, state = network.init(np.random.default_rng(0), (2,))
    objective = pl.losses.place(pl.losses.Hinge(), None)
    x, y, weight = CORNERS[1:], np.array([[1, 0], [0, 1], [1, 1]], np.float32), np.array([2.0, 0.5, 0.0], np.float32)
    batch = Batch(x, y, weight, np.float32(3))
    signal = jax.jit(rule.signal)(network, params, state, (), batch, objective, pl.layers.INFERENCE)
    expected = -x.T @ (weight[:, None] * np.where(y > 0, 1, -1)) / 3
    np.testing.assert_allclose(signal.direction[0]["kernel"], expected, rtol=1e-6)


def test_what_does_not_decide_is_refused():
    with pytest.raises(
        pl.errors.InvalidValue, match=r"MeanSquaredError over 'linear' is for regression.*or the rule .delta"
    ):
        error_of(pl.Dense(1), "mse", [[1]], [[1.0]])
    model = pl.Sequential([pl.LSTM(1)])
    model.compile(loss="hinge", rule="perceptron")
    with pytest.raises(pl.errors.InvalidValue, match="layer 0, LSTM: Perceptron works on layers of units"):
        model.fit(np.ones((4, 3, 1)), np.ones(4), verbose=0)
    model = pl.Sequential([pl.Dense(4), pl.Reshape((2, 2))])
    model.compile(loss="hinge", rule="perceptron")
    with pytest.raises(pl.errors.InvalidValue, match=r"layer 0 has the shape \(4,\) and that of the network \(2, 2\)"):
        model.fit(np.ones((4, 3)), np.arange(16).reshape(4, 2, 2) // 3 % 2, verbose=0)
    model = pl.Sequential([pl.McCullochPitts([[1, 1]])])
    model.compile(loss="hinge", rule="perceptron")
    with pytest.raises(pl.errors.InvalidValue, match="no layer of this network has parameters"):
        model.fit(CORNERS, XOR, verbose=0)


def test_the_layers_that_suit_it_are_the_last_one():
    last = pl.Dense(1)
    assert pl.rules.Perceptron().layers_for((32, 32), last) == pl.rules.Delta().layers_for((8,), last) == [last]
