"""Predictive coding: equal to backprop where theory predicts it, and descent of the energy otherwise."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binom

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.layers import Sequential
from plastica.layers.layer import INFERENCE
from plastica.rules import Batch, chain
from plastica.rules.coding import energies
from plastica.rules.energy import bind, run
from plastica.rules.predictive_coding import PredictiveCoding
from plastica.specification import from_spec, to_spec

DENSE = (5,)
IMAGE = (6, 6, 2)
NETWORKS = {
    "tanh": (
        [pl.Dense(6, activation="tanh"), pl.Dense(4, activation="tanh"), pl.Dense(3, activation="softmax")],
        DENSE,
    ),
    "relu": (
        [pl.Dense(6, activation="relu"), pl.Activation("relu"), pl.Dense(4, activation="relu"), pl.Dense(3)],
        DENSE,
    ),
    "conv": (
        [
            pl.Conv2D(3, 3, activation="relu"),
            pl.MaxPooling2D(2),
            pl.Flatten(),
            pl.Dense(4, activation="sigmoid"),
            pl.Dense(3, activation="sigmoid"),
        ],
        IMAGE,
    ),
}
LOSSES = {"tanh": "categorical_crossentropy", "relu": "mse", "conv": "binary_crossentropy"}


def problem(name, dtype=np.float32):
    """Return a network, its parameters and state, a batch with weights and a padding row, and an objective."""
    layers, shape = NETWORKS[name]
    network, rng = Sequential(layers), np.random.default_rng(3)
    params, state = network.init(rng, shape)
    x, y = rng.normal(size=(6, *shape)), np.eye(3)[rng.integers(0, 3, 6)]
    batch = Batch(x, y, np.array([1, 2, 0.5, 1, 1, 0]), np.array(5.0))
    wide = jax.tree.map(lambda a: jnp.asarray(a, dtype), (params, state, batch))
    return network, *wide, pl.losses.place(pl.losses.get(LOSSES[name]), network.output_activation)


def directions(rule, name, dtype=np.float32):
    """Return the direction of the rule and the gradient by automatic differentiation."""
    network, params, state, batch, objective = problem(name, dtype)

    def value(params):
        potential, _ = network.synapse(params, batch.x, state, INFERENCE)
        answer = potential if objective.at_potential else network.activate(potential)
        return objective.mean(batch.y, answer, batch.weight, batch.size)

    def both(params):
        found = rule.signal(network, params, state, (), batch, objective, INFERENCE)
        return (found.loss, found.direction), jax.value_and_grad(value)(params)

    return jax.jit(both)(params)


@partial(jax.jit, static_argnums=(1,))
def answer(rule, network, params, state, batch, objective):
    return rule.signal(network, params, state, (), batch, objective, INFERENCE)


def close(found, expected, rtol, atol=0.0):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), found, expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_beside_fixed_predictions_the_direction_is_the_gradient(name):
    close(*directions(PredictiveCoding("fixed_prediction", steps=40, step_size=0.5), name), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NETWORKS)
def test_zero_divergence_gives_the_gradient_exactly(name):
    close(*directions(PredictiveCoding("zero_divergence"), name), rtol=1e-5, atol=1e-8)


def test_in_double_precision_errors_tend_to_backprop_s():
    with jax.enable_x64(True):
        apart = []
        for steps in (15, 80):
            (_, found), (_, expected) = directions(PredictiveCoding("fixed_prediction", steps, 0.5), "tanh", np.float64)
            apart.append(
                max(np.abs(a - b).max() for a, b in zip(*map(jax.tree.leaves, (found, expected)), strict=True))
            )
    assert 1e-6 < apart[0] < 1e-3
    assert apart[1] < 1e-14


def test_zero_divergence_is_the_algorithm_of_song_et_al():
    """Algorithm 2 in NumPy: nodes before the non-linearity, every level moves, level l learns at step l."""
    rng = np.random.default_rng(0)
    sizes = (5, 6, 4, 3)
    weights = [rng.normal(size=pair) / 2 for pair in pairwise(sizes)]
    x, y = rng.normal(size=5), rng.normal(size=3)
    nodes = [x, *(np.zeros(size) for size in sizes[1:])]
    bend = [lambda v: v, np.tanh, np.tanh, np.tanh]  # inputs are not transformed
    slope = [np.ones_like, *[lambda v: 1 - np.tanh(v) ** 2] * 3]
    for level, w in enumerate(weights):
        nodes[level + 1] = bend[level](nodes[level]) @ w
    nodes[3], changes, levels = y, [None] * 3, (3, 2, 1)
    for learns in levels:
        errors = {level: nodes[level] - bend[level - 1](nodes[level - 1]) @ weights[level - 1] for level in levels}
        changes[learns - 1] = np.outer(bend[learns - 1](nodes[learns - 1]), errors[learns])
        for level in (1, 2):
            nodes[level] = (
                nodes[level] - errors[level] + slope[level](nodes[level]) * (weights[level] @ errors[level + 1])
            )
    with jax.enable_x64(True):
        network = Sequential([*(pl.Dense(size, activation="tanh", use_bias=False) for size in (6, 4)), pl.Dense(3)])
        params = ({"kernel": weights[0]}, {"kernel": weights[1]}, {"kernel": weights[2], "bias": np.zeros(3)})
        batch = Batch(x[None], y[None], np.ones(1), np.float64(1))
        objective = pl.losses.Objective(pl.losses.HalfSquaredError())
        found = answer(PredictiveCoding("zero_divergence"), network, params, ({}, {}, {}), batch, objective).direction
    for own, change in zip(found, changes, strict=True):
        np.testing.assert_allclose(-own["kernel"], change, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def descent():
    """Return the settling of a convolutional network in double precision."""
    with jax.enable_x64(True):
        rule = PredictiveCoding(steps=9, step_size=0.1)
        network, params, state, batch, objective = problem("conv", np.float64)
        along = jax.tree.map(lambda a: np.random.default_rng(1).normal(size=a.shape), params)

        @jax.jit
        def descend(params, along):
            parts = bind(chain(network, params), params, state, INFERENCE)
            records, _ = run(parts, batch.x)
            start = tuple(record.activity for record in records[:-1])

            def step(nodes, _):
                found = energies(parts, start[0], batch, objective, nodes)
                return tuple(
                    a - rule.step_size * slope for a, slope in zip(nodes, found.slopes, strict=True)
                ), found.rows

            nodes, path = jax.lax.scan(step, start, None, rule.steps)

            def value(size):
                moved = bind(
                    chain(network, params), jax.tree.map(lambda a, b: a + size * b, params, along), state, INFERENCE
                )
                rows = energies(moved, moved[0].record(batch.x).activity, batch, objective, nodes).rows
                return jnp.sum(batch.weight * rows) / batch.size

            direction = rule.signal(network, params, state, (), batch, objective, INFERENCE).direction
            ahead, behind = jax.lax.map(value, jnp.array([1e-6, -1e-6]))
            slope = sum(jnp.vdot(a, b) for a, b in zip(*map(jax.tree.leaves, (direction, along)), strict=True))
            found = rule.settle(parts, records, batch, objective)
            too_far = PredictiveCoding(steps=60, step_size=50.0).settle(parts, records, batch, objective)
            too_far = energies(parts, start[0], batch, objective, too_far).rows
            return path, nodes, found, slope, (ahead - behind) / 2e-6, too_far

        return jax.tree.map(np.asarray, descend(params, along))


def test_energy_falls_at_every_step_of_settling(descent):
    path, nodes, found, *_ = descent
    assert (np.diff(path[:, :-1], axis=0) < 0).all()
    assert (path[:, -1] == 0).all()  # a padding row
    close(found, nodes, rtol=1e-12)


def test_a_row_whose_energy_would_rise_takes_smaller_steps(descent):
    path, *_, too_far = descent
    assert (too_far <= path[0]).all()
    assert (too_far[:-1] < path[1, :-1]).all()


def test_the_direction_is_the_slope_of_the_energy_where_activities_have_settled(descent):
    *_, slope, expected, _ = descent
    assert slope == pytest.approx(expected, rel=1e-6)


def test_a_linear_network_settles_where_its_linear_equations_are_solved():
    rng = np.random.default_rng(2)
    first, second, third = (rng.normal(size=shape) / 2 for shape in ((4, 3), (3, 5), (5, 2)))
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
    # dF/da = 0 for a = (a_1, a_2), F = |a_1 - x A|^2 / 2 + |a_2 - a_1 B|^2 / 2 + |y - a_2 D|^2 / 2
    system = np.block([[np.eye(3) + second @ second.T, -second], [-second.T, np.eye(5) + third @ third.T]])
    expected = np.linalg.solve(system, np.hstack([x @ first, y @ third.T]).T).T
    with jax.enable_x64(True):
        network = Sequential([pl.Dense(size, use_bias=False) for size in (3, 5, 2)])
        params = tuple({"kernel": jnp.asarray(w)} for w in (first, second, third))
        parts = bind(chain(network, params), params, ({}, {}, {}), INFERENCE)
        batch = Batch(jnp.asarray(x), jnp.asarray(y), jnp.array([1.0, 3.0, 1.0, 1.0, 0.5, 1.0]), jnp.array(6.0))
        objective = pl.losses.Objective(pl.losses.HalfSquaredError())
        rule = PredictiveCoding(steps=800, step_size=0.1)
        found = jax.jit(lambda: rule.settle(parts, run(parts, batch.x)[0], batch, objective))()
    np.testing.assert_allclose(np.hstack(found), expected, rtol=1e-8, atol=1e-8)


def whittington_and_bogacz(weights, biases, x, y, steps, size):
    """Return dF/dW and dF/db by equations 2.5 to 2.19 in NumPy: nodes before the non-linearity, output fixed to y."""
    bend, slope = np.tanh, lambda v: 1 - np.tanh(v) ** 2
    nodes = [x, x @ weights[0] + biases[0]]
    for w, b in zip(weights[1:], biases[1:], strict=True):
        nodes.append(bend(nodes[-1]) @ w + b)
    nodes[-1] = y

    def said(level):
        return nodes[level] if level == 0 else bend(nodes[level])

    def errors():
        return [None, *(nodes[n + 1] - said(n) @ w - b for n, (w, b) in enumerate(zip(weights, biases, strict=True)))]

    for _ in range(steps):
        eps = errors()
        moves = [slope(nodes[n]) * (eps[n + 1] @ weights[n].T) - eps[n] for n in range(1, len(weights))]
        nodes[1:-1] = [node + size * move for node, move in zip(nodes[1:-1], moves, strict=True)]
    eps = errors()
    return [(-said(n).T @ eps[n + 1] / len(x), -eps[n + 1].mean(0)) for n in range(len(weights))]


def test_in_the_form_of_potentials_a_step_is_whittington_and_bogacz_s():
    rng, sizes = np.random.default_rng(4), (5, 6, 4, 3)
    weights = [rng.normal(size=pair) / 2 for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) / 2 for size in sizes[1:]]
    x, y = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))
    with jax.enable_x64(True):
        network = Sequential([pl.Dense(6, activation="tanh"), pl.Dense(4), pl.Activation("tanh"), pl.Dense(3)])
        own = [{"kernel": w, "bias": b} for w, b in zip(weights, biases, strict=True)]
        params, state = (*own[:2], {}, own[2]), ({}, {}, {}, {})
        batch = Batch(x, y, np.ones(7), np.float64(7))
        objective = pl.losses.Objective(pl.losses.HalfSquaredError())
        found, other = (
            answer(PredictiveCoding(steps=9, step_size=0.1, form=form), network, params, state, batch, objective)
            for form in ("potentials", "activities")
        )
    expected = whittington_and_bogacz(weights, biases, x, y, 9, 0.1)
    for place, (kernel, bias) in zip((0, 1, 3), expected, strict=True):
        np.testing.assert_allclose(found.direction[place]["kernel"], kernel, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.direction[place]["bias"], bias, rtol=1e-9, atol=1e-12)
    one, two = np.ravel(found.direction[0]["kernel"]), np.ravel(other.direction[0]["kernel"])
    assert one @ two / np.linalg.norm(one) / np.linalg.norm(two) < 0.999


def test_in_the_form_of_activities_a_step_is_the_written_equations():
    rng, sizes = np.random.default_rng(6), (5, 6, 4, 3)
    weights = [rng.normal(size=pair) / 2 for pair in pairwise(sizes)]
    x, y = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))

    def said(a, w, last):
        return a @ w if last else np.tanh(a @ w)

    def errors(nodes):
        ends = [x, *nodes, y]
        return [b - said(a, w, w is weights[-1]) for a, w, b in zip(ends, weights, ends[1:], strict=False)]

    def blamed(nodes):
        """Return each error times the derivative of its prediction."""
        slopes = [1 - np.tanh(a @ w) ** 2 for a, w in zip([x, *nodes], weights[:-1], strict=False)]
        return [e * slope for e, slope in zip(errors(nodes), [*slopes, 1], strict=True)]

    nodes = [np.tanh(x @ weights[0])]
    nodes.append(np.tanh(nodes[0] @ weights[1]))
    for _ in range(9):
        own, sent = errors(nodes), blamed(nodes)
        nodes = [a + 0.1 * (sent[n + 1] @ weights[n + 1].T - own[n]) for n, a in enumerate(nodes)]
    expected = [-a.T @ sent / 7 for a, sent in zip([x, *nodes], blamed(nodes), strict=True)]
    with jax.enable_x64(True):
        network = Sequential([*(pl.Dense(size, activation="tanh", use_bias=False) for size in (6, 4)), pl.Dense(3)])
        params = ({"kernel": weights[0]}, {"kernel": weights[1]}, {"kernel": weights[2], "bias": np.zeros(3)})
        batch = Batch(x, y, np.ones(7), np.float64(7))
        objective = pl.losses.Objective(pl.losses.HalfSquaredError())
        rule = PredictiveCoding(steps=9, step_size=0.1)
        found = answer(rule, network, params, ({}, {}, {}), batch, objective).direction
    for own, kernel in zip(found, expected, strict=True):
        np.testing.assert_allclose(own["kernel"], kernel, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("inference", ["fixed_prediction", "zero_divergence"])
def test_both_forms_are_the_gradient_where_predictions_are_those_of_the_forward_pass(inference):
    close(*directions(PredictiveCoding(inference, step_size=0.5, form="potentials"), "conv"), rtol=1e-5, atol=1e-7)


def deep(links, rule):
    """Return the directions and gradients of the kernels of a deep network, and the warnings."""
    model = pl.Sequential([*(pl.Dense(8, activation="tanh") for _ in range(links - 1)), pl.Dense(2)], seed=0)
    model.compile(loss="half_squared_error", rule=rule)
    rng = np.random.default_rng(0)
    batch = Batch(rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), np.ones(4), np.array(4.0))
    model.build((3,))
    network, params, state, batch = model.network, *jax.tree.map(jnp.float32, (model.params, model.state, batch))
    objective = pl.losses.Objective(pl.losses.HalfSquaredError())
    found = answer(rule, network, params, state, batch, objective).direction
    true = answer(pl.Backprop(), network, params, state, batch, objective).direction
    return [np.asarray(own["kernel"]) for own in found], [np.asarray(own["kernel"]) for own in true]


@pytest.mark.parametrize("links", [3, 20])
def test_with_the_usual_steps_fixed_predictions_give_the_gradient_at_any_depth(links):
    found, true = deep(links, PredictiveCoding("fixed_prediction", step_size=0.5))
    for one, other in zip(found, true, strict=True):
        assert np.linalg.norm(one - other) < 1e-4 * np.linalg.norm(other)


def test_with_the_usual_steps_every_layer_of_a_deep_network_hears_of_the_error():
    found, true = deep(20, PredictiveCoding())
    parts = [np.linalg.norm(one) / np.linalg.norm(other) for one, other in zip(found, true, strict=True)]
    assert min(parts) > 1e-4
    found, true = deep(3, PredictiveCoding())
    np.testing.assert_array_equal(found[0], deep(3, PredictiveCoding(steps=12))[0][0])


@pytest.mark.parametrize(("links", "steps", "size"), [(16, 40, 0.5), (20, 40, 0.5), (8, 12, 0.2)])
def test_what_is_missing_beside_fixed_predictions_is_a_binomial_tail(links, steps, size):
    found, true = deep(links, rule := PredictiveCoding("fixed_prediction", steps, size))
    missing = binom.cdf(links - 2, steps, size)
    assert np.linalg.norm(found[0]) / np.linalg.norm(true[0]) == pytest.approx(1 - missing, rel=1e-3)
    network = Sequential([pl.Dense(2) for _ in range(links)])
    params, _ = network.init(np.random.default_rng(0), (2,))
    with pytest.warns(PlasticaWarning, match=f"about {1 - missing:.2g} of the error.*{links - 1} links below the last"):
        rule.init(network, params, jax.random.key(0))


def test_steps_too_few_for_the_depth_are_told_and_others_are_not():
    def begin(links, rule):
        network = Sequential([pl.Dense(2) for _ in range(links)])
        rule.init(network, network.init(np.random.default_rng(0), (2,)).params, jax.random.key(0))

    model = pl.Sequential([*(pl.Dense(2) for _ in range(7)), pl.Dense(2)])
    model.compile(loss="mse", rule=PredictiveCoding(steps=12))
    with pytest.warns(PlasticaWarning, match=r"steps=12, step_size=0.2\): about 0.0014 of .*Set steps=37, or leave"):
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    begin(8, PredictiveCoding(steps=37))  # a warning would be an error
    begin(4, PredictiveCoding(steps=12))
    begin(8, PredictiveCoding("zero_divergence", steps=1))


@pytest.mark.parametrize("inference", ["relaxed", "fixed_prediction", "zero_divergence"])
def test_without_hidden_layers_it_is_the_delta_rule(inference):
    rng = np.random.default_rng(0)
    network = Sequential([pl.Dense(2)])
    params, state = network.init(rng, (3,))
    x, y = (rng.normal(size=(4, size)).astype(np.float32) for size in (3, 2))
    batch = Batch(jnp.asarray(x), jnp.asarray(y), jnp.ones(4), jnp.float32(4))
    objective = pl.losses.Objective(pl.losses.HalfSquaredError())
    found = answer(PredictiveCoding(inference), network, params, state, batch, objective)
    np.testing.assert_allclose(found.direction[0]["kernel"], x.T @ (x @ params[0]["kernel"] - y) / 4, rtol=1e-5)


@pytest.mark.parametrize("name", ["predictive_coding", "predictive_coding_zero_divergence"])
def test_a_rule_known_by_name_comes_back_from_its_specification(name):
    rule = pl.rules.get(name)
    assert isinstance(rule, PredictiveCoding)
    assert from_spec(to_spec(rule)) == rule


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"inference": "exact"}, "inference=.*expected one of relaxed, fixed_prediction, zero_divergence"),
        ({"form": "errors"}, "form=.*expected one of activities, potentials"),
        ({"steps": 0}, "at least 1 step"),
        ({"step_size": 0.0}, "step_size must be a finite number above 0"),
    ],
)
def test_what_means_nothing_is_refused(fields, says):
    with pytest.raises(InvalidValue, match=says):
        PredictiveCoding(**fields)
