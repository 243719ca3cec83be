"""Equilibrium propagation settles in its energy, and its direction approaches the gradient at the fixed point."""

from __future__ import annotations

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import xlogy

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.layers import Sequential
from plastica.layers.layer import INFERENCE, Context
from plastica.rules import Batch
from plastica.rules.equilibrium_propagation import EquilibriumPropagation, forward, pressure, settle

LOSSES = {True: "categorical_crossentropy", False: "half_squared_error"}
BETAS = np.array([0.04, 0.02, 0.01])


def problem(readout, images=False):
    """Return a network, parameters and state in double precision, a batch with weights and a padding row, a loss."""
    rng = np.random.default_rng(5)
    last = [pl.Dense(3, activation="tanh"), pl.Dense(2, activation="softmax" if readout else "linear")]
    first = [pl.Dense(4), pl.Activation("sigmoid")]
    if images:
        first = [pl.Conv2D(2, 3), pl.AveragePooling2D(2), pl.Activation("sigmoid"), pl.Flatten()]
    network, shape = Sequential([*first, *last]), ((6, 6, 1) if images else (3,))
    params, state = jax.tree.map(np.float64, tuple(network.init(rng, shape)))
    params = jax.tree.map(lambda a: a + 0.3 * rng.normal(size=a.shape), params)
    x, y = rng.normal(size=(4, *shape)), np.eye(2)[rng.integers(0, 2, 4)]
    batch = Batch(x, y, np.array([1, 2, 0.5, 0.0]), np.array(3.0))
    objective = pl.losses.place(pl.losses.get(LOSSES[readout]), network.output_activation)
    return network, params, state, batch, objective


def directions(centred, readout, images=False):
    """Return flat directions for each beta, and the gradient of the settled network's loss by finite differences."""
    with jax.enable_x64(True):
        network, params, state, batch, objective = problem(readout, images)
        flat, unflatten = jax.flatten_util.ravel_pytree(params)
        context = Context(True, jax.random.key_data(jax.random.key(0)))

        def rule(beta):
            return EquilibriumPropagation(beta, free_steps=60, nudged_steps=60, centred=centred, readout=readout)

        def direction(beta):
            made = object.__new__(EquilibriumPropagation)
            for name, value in vars(rule(0.1)).items():
                object.__setattr__(made, name, value)
            object.__setattr__(made, "beta", beta)
            found = made.signal(network, params, state, (), batch, objective, context).direction
            return jax.flatten_util.ravel_pytree(found)[0]

        def slope(along):
            def loss(size):
                moved = unflatten(flat + size * along)
                return rule(0.1).judge(network, moved, state, (), batch, objective)[0]

            return (loss(1e-5) - loss(-1e-5)) / 2e-5

        return jax.jit(lambda: (jax.lax.map(direction, BETAS), jax.lax.map(slope, jnp.eye(len(flat)))))()


@pytest.mark.parametrize("readout", [True, False])
def test_centred_the_direction_is_off_the_gradient_by_beta_squared(readout):
    found, gradient = directions(True, readout)
    off = np.linalg.norm(found - gradient, axis=1) / np.linalg.norm(gradient)
    np.testing.assert_allclose(off[:-1] / off[1:], 4, rtol=0.05)
    assert off[-1] < 1e-3


def test_one_sided_the_direction_is_off_the_gradient_by_beta():
    found, gradient = directions(False, False)
    off = np.linalg.norm(found - gradient, axis=1) / np.linalg.norm(gradient)
    np.testing.assert_allclose(off[:-1] / off[1:], 2, rtol=0.1)
    assert off[-1] < 0.05


def test_through_convolution_and_pooling_it_tends_to_the_gradient():
    found, gradient = directions(True, True, images=True)
    np.testing.assert_allclose(found[-1], gradient, rtol=1e-2, atol=1e-4 * np.abs(gradient).max())


def test_no_step_of_the_free_phase_raises_the_energy_and_it_comes_to_rest():
    """E = sum_l G_l - Phi in NumPy, with G for sigmoid the entropy, for tanh s artanh s + log(1 - s^2) / 2."""
    with jax.enable_x64(True):
        network, params, state, batch, _ = problem(False)
        rule = EquilibriumPropagation(readout=False)

        @jax.jit
        def descend(params):
            system = rule.system(network, params, state, batch.x, INFERENCE)
            start = forward(system)
            last, path = jax.lax.scan(lambda nodes, _: (settle(system, nodes, 1), nodes), start, None, 40)
            rest = [part.link.activate(pressure(system, last, place)) for place, part in enumerate(system.parts)]
            return path, last, tuple(rest), settle(system, tuple(map(jnp.zeros_like, start)), 60)

        path, last, rest, from_zero = jax.tree.map(np.asarray, descend(params))
    own = [layer for layer in params if layer]
    energies = []
    for s1, s2, s3 in zip(*path, strict=True):
        hidden = xlogy(s1, s1) + xlogy(1 - s1, 1 - s1), s2 * np.arctanh(s2) + np.log(1 - s2**2) / 2, s3**2 / 2
        below = (batch.x, s1, s2)
        phi = [np.sum(s * (a @ w["kernel"] + w["bias"])) for a, s, w in zip(below, (s1, s2, s3), own, strict=True)]
        energies.append(sum(map(np.sum, hidden)) - sum(phi))
    assert (np.diff(energies) < 1e-12).all()
    assert energies[-1] < energies[0] - 1e-3
    for found, expected, again in zip(last, rest, from_zero, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        np.testing.assert_allclose(again, expected, rtol=1e-9)


def test_a_step_is_the_written_equations_in_numpy():
    rng, beta, steps = np.random.default_rng(2), 0.3, (3, 2)
    weights = [rng.normal(size=shape) / 2 for shape in ((3, 5), (5, 4), (4, 2))]
    biases = [rng.normal(size=n) / 2 for n in (5, 4, 2)]
    x, y = rng.normal(size=(6, 3)), np.eye(2)[rng.integers(0, 2, 6)]

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def slope(top):
        """dC/ds of cross-entropy under the softmax that reads the second layer."""
        z = top @ weights[2] + biases[2]
        shares = np.exp(z - z.max(1, keepdims=True))
        return (shares / shares.sum(1, keepdims=True) - y) @ weights[2].T

    def settled(first, second, count, strength):
        for _ in range(count):  # from the last to the first
            second = sigmoid(first @ weights[1] + biases[1] - strength * slope(second))
            first = sigmoid(x @ weights[0] + biases[0] + second @ weights[1].T)
        return first, second

    start = sigmoid(x @ weights[0] + biases[0])
    free = settled(start, sigmoid(start @ weights[1] + biases[1]), steps[0], 0.0)
    ahead, behind = settled(*free, steps[1], beta), settled(*free, steps[1], -beta)
    expected = [
        -x.T @ (ahead[0] - behind[0]) / (2 * beta * 6),
        -(ahead[0].T @ ahead[1] - behind[0].T @ behind[1]) / (2 * beta * 6),
    ]
    with jax.enable_x64(True):
        network = Sequential([*(pl.Dense(n, activation="sigmoid") for n in (5, 4)), pl.Dense(2, activation="softmax")])
        params = tuple({"kernel": w, "bias": b} for w, b in zip(weights, biases, strict=True))
        objective = pl.losses.place(pl.losses.get("categorical_crossentropy"), network.output_activation)
        batch, rule = Batch(x, y, np.ones(6), np.array(6.0)), EquilibriumPropagation(beta, *steps)
        context = Context(True, jax.random.key_data(jax.random.key(0)))
        found = jax.jit(lambda: rule.signal(network, params, ({}, {}, {}), (), batch, objective, context).direction)()
    for own, kernel, states in zip(found, expected, zip(ahead, behind, strict=True), strict=False):
        np.testing.assert_allclose(own["kernel"], kernel, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(own["bias"], -(states[0] - states[1]).mean(0) / (2 * beta), rtol=1e-9, atol=1e-12)


def test_where_the_error_fades_before_the_first_layer_a_warning_tells_and_the_rule_s_own_layers_do_not():
    rule = EquilibriumPropagation()

    def begin(layers):
        network = Sequential(layers)
        rule.init(network, network.init(np.random.default_rng(0), (6,)).params, jax.random.key(0))

    def glorot(count):
        return [*(pl.Dense(32, activation="sigmoid") for _ in range(count)), pl.Dense(2)]

    arrives = 0.25**4  # Glorot's weights preserve the size of errors, and the derivative of a sigmoid is a quarter
    with pytest.warns(PlasticaWarning, match=r"5 layers settle, and only about 0.00\d+ of the error") as said:
        begin(glorot(5))
    told = float(str(said[0].message).split("about ")[1].split()[0])
    assert told == pytest.approx(arrives, rel=0.2)
    begin(glorot(3))  # a warning would be an error
    begin(rule.layers_for((32,) * 5, pl.Dense(2)))


def test_five_layers_learn_with_the_weights_that_the_rule_begins_with():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rule = EquilibriumPropagation()
    model = pl.Sequential(rule.layers_for((32,) * 5, pl.Dense(10, activation="softmax")), seed=0)
    model.compile(pl.optimizers.Adam(0.001), "sparse_categorical_crossentropy", ["accuracy"], rule=rule)
    assert model.fit(x[:1200] / 16, y[:1200], epochs=40, verbose=0).history["accuracy"][-1] > 0.7


def clip(z):
    return jnp.clip(z, 0, 1)


def test_clipped_units_settle_where_scellier_and_bengio_s_dynamics_do():
    """Equation 8 in NumPy: ds/dt = rho'(s) (sum of W rho(s) + b) - s, states clipped to [0, 1]."""
    rng = np.random.default_rng(1)
    first, second = 0.5 * rng.normal(size=(3, 5)), 0.5 * rng.normal(size=(5, 2))
    x, hidden, top = np.abs(rng.normal(size=(4, 3))), np.zeros((4, 5)), np.zeros((4, 2))
    for _ in range(2000):
        hidden, top = (
            np.clip(hidden + 0.1 * (x @ first + top @ second.T - hidden), 0, 1),
            np.clip(top + 0.1 * (hidden @ second - top), 0, 1),
        )
    assert 0.2 < np.mean((hidden > 0) & (hidden < 1)) < 0.8
    network = Sequential([pl.Dense(5, activation=clip, use_bias=False), pl.Dense(2, activation=clip, use_bias=False)])
    params = tuple({"kernel": w.astype(np.float32)} for w in (first, second))
    rule = EquilibriumPropagation(free_steps=200, readout=False)
    rule.init(network, params, jax.random.key(0))
    answer = jax.jit(lambda: rule.respond(network, params, ({}, {}), (), x.astype(np.float32)))()[1]
    np.testing.assert_allclose(answer, top, atol=1e-5)


def test_it_learns_exclusive_or_and_comes_back_from_a_file(tmp_path):
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0])
    layers = [pl.Dense(8, activation="sigmoid"), pl.Dense(8, activation="sigmoid"), pl.Dense(1, activation="sigmoid")]
    model = pl.Sequential(layers)
    model.compile(pl.optimizers.Adam(0.05), "binary_crossentropy", rule="equilibrium_propagation")
    model.fit(x, y, epochs=600, verbose=0)
    answers = model.predict(x)
    assert np.abs(answers[:, 0] - y).max() < 0.1
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(pl.load(tmp_path / "model").predict(x), answers)
    without_feedback = x
    for kernel, bias in zip(model.get_weights()[::2], model.get_weights()[1::2], strict=True):
        without_feedback = 1 / (1 + np.exp(-(without_feedback @ kernel + bias)))
    assert np.abs(without_feedback - answers).max() > 1e-2


@pytest.mark.parametrize(
    ("layers", "readout", "says"),
    [
        ([pl.Dense(3, activation="relu"), pl.Dense(2)], True, r"layer 0, Dense.*its activity has no bounds"),
        ([pl.Dense(3), pl.Dense(2)], True, "layer 0, Dense.*no bounds"),
        ([pl.Dense(3, activation="softmax"), pl.Dense(2)], True, "its units are not independent of each other"),
        ([pl.Dense(3, activation="heaviside"), pl.Dense(2)], True, "is not an increasing, continuous function"),
        ([pl.Dense(3, activation="tanh"), pl.Dense(2, activation="softmax")], False, "layer 1.*not independent"),
        ([pl.BatchNormalization(), pl.Dense(3, activation="tanh"), pl.Dense(2)], True, "layer 0, BatchNormalization"),
        ([pl.Dense(2)], True, "no hidden layer"),
    ],
)
def test_a_network_that_has_no_energy_to_settle_in_is_refused(layers, readout, says):
    model = pl.Sequential(layers)
    model.compile(loss="mse", rule=EquilibriumPropagation(readout=readout))
    with pytest.raises(InvalidValue, match=says):
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)


def test_an_output_that_settles_wants_a_loss_of_activities():
    model = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1, activation="sigmoid")])
    model.compile(loss="binary_crossentropy", rule=EquilibriumPropagation(readout=False))
    with pytest.raises(InvalidValue, match="Use the loss mse, or readout=True"):
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)


@pytest.mark.parametrize("fields", [{"beta": 0.0}, {"free_steps": 0}, {"nudged_steps": 0}])
def test_what_means_nothing_is_refused(fields):
    with pytest.raises(InvalidValue, match=next(iter(fields))):
        EquilibriumPropagation(**fields)
