"""Rules in time beside backpropagation through time, finite networks by hand, and each other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.layers import Context
from plastica.losses import MeanSquaredError, Objective
from plastica.random import seed_key
from plastica.rules import DECOLLE, RFLO, RTRL, Batch, EProp, EvolutionStrategies, NodePerturbation, TruncatedBackprop

RNG = np.random.default_rng(0)
ROWS, STEPS, FEATURES = 6, 10, 3
OBJECTIVE = Objective(MeanSquaredError())
SEQUENCES = {"return_sequences": True}


def directions(layers, *rules):
    """Return the gradient of a network on random rows, and the direction of each rule."""
    network = pl.layers.Sequential(tuple(layers))
    params, state = network.init(np.random.default_rng(0), (STEPS, FEATURES))
    params = jax.tree.map(lambda a: jnp.asarray(1.5 * a), params)
    rng = np.random.default_rng(1)
    x, y = rng.random((ROWS, STEPS, FEATURES), np.float32), rng.standard_normal((ROWS, 2)).astype("float32")
    batch = Batch(jnp.asarray(x), jnp.asarray(y), jnp.ones(ROWS), jnp.float32(ROWS))
    context = Context(True, jnp.asarray(seed_key(3)))

    @jax.jit
    def found(params):
        memories = [rule.init(network, params, jnp.asarray(seed_key(0))) for rule in (pl.Backprop(), *rules)]
        pairs = zip((pl.Backprop(), *rules), memories, strict=True)
        return [rule.signal(network, params, state, own, batch, OBJECTIVE, context).direction for rule, own in pairs]

    return found(params)


def angle(one, other):
    one, other = (np.concatenate([np.ravel(a) for a in jax.tree.leaves(tree)]) for tree in (one, other))
    return np.degrees(np.arccos(np.clip(one @ other / np.linalg.norm(one) / np.linalg.norm(other), -1, 1)))


def equal(one, other):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), one, other)


NETWORKS = {
    "a whole sequence": [pl.SimpleRNN(4, **SEQUENCES), pl.Dense(2), pl.MembraneMean()],
    "one answer, padding": [pl.Masking(0.9), pl.LSTM(4), pl.Dense(2)],
    "one on top of another": [pl.GRU(3, **SEQUENCES), pl.SimpleRNN(3), pl.Dense(2)],
    "spikes": [
        pl.Dense(4),
        pl.Spiking(4, pl.Refractory(pl.LIF(5.0), 2.0)),
        pl.Dense(2),
        pl.LeakyReadout(5.0),
        pl.MembraneMean(),
    ],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_rtrl_and_backprop_truncated_nowhere_are_backpropagation_through_time(name):
    exact, forward, whole, cut = directions(NETWORKS[name], RTRL(), TruncatedBackprop(STEPS), TruncatedBackprop(3))
    equal(forward, exact)
    equal(whole, exact)
    assert 0.01 < angle(cut, exact) < 90


def test_snap_is_exact_for_units_without_others_and_for_all_paths():
    alone = [pl.Dense(4), pl.LIF(5.0), pl.Dense(2), pl.MembraneMean()]
    exact, first = directions(alone, RTRL(order=1))
    equal(first, exact)
    exact, first, all_paths, eprop = directions(NETWORKS["a whole sequence"], RTRL(1), RTRL(2), EProp("symmetric"))
    equal(all_paths, exact)
    assert 1 < angle(first, exact) < angle(eprop, exact), "its own recurrent weight counts, unlike in e-prop"


def test_snap_1_is_the_recursion_of_each_unit_by_itself():
    layers = [pl.SimpleRNN(4, **SEQUENCES), pl.Dense(2), pl.MembraneMean()]
    _, found = directions(layers, RTRL(order=1))
    network = pl.layers.Sequential(tuple(layers))
    params = jax.tree.map(
        lambda a: 1.5 * np.asarray(a), network.init(np.random.default_rng(0), (STEPS, FEATURES)).params
    )
    rng = np.random.default_rng(1)
    x, y = rng.random((ROWS, STEPS, FEATURES), np.float32), rng.standard_normal((ROWS, 2)).astype("float32")
    u, out = params[0]["recurrent_kernel"], params[1]
    h, trace, total = np.zeros((ROWS, 4)), np.zeros((ROWS, FEATURES, 4)), np.zeros((FEATURES, 4))
    states, traces = [], []
    for t in range(STEPS):
        h = np.tanh(x[:, t] @ params[0]["kernel"] + h @ u + params[0]["bias"])
        trace = (1 - h**2)[:, None] * (x[:, t][:, :, None] + np.diag(u) * trace)
        states.append(h)
        traces.append(trace)
    answer = np.mean(states, 0) @ out["kernel"] + out["bias"]
    error = ((answer - y) / ROWS / STEPS) @ out["kernel"].T
    total = sum(np.einsum("bu,bfu->fu", error, trace) for trace in traces)
    np.testing.assert_allclose(found[0]["kernel"], total, rtol=1e-3, atol=1e-5)


def test_rflo_is_the_recursion_of_its_paper():
    layers = [pl.LeakyRNN(4, 4.0, **SEQUENCES), pl.Dense(2), pl.MembraneMean()]
    rule = pl.rules.get("rflo")
    exact, found, eprop = directions(layers, rule, EProp("random"))
    equal(found, eprop)
    assert 5 < angle(found[0], exact[0]) < 90, "two approximations separate it from the gradient"
    network = pl.layers.Sequential(tuple(layers))
    params = jax.tree.map(
        lambda a: 1.5 * np.asarray(a), network.init(np.random.default_rng(0), (STEPS, FEATURES)).params
    )
    shapes = jax.tree.map(jnp.asarray, params)
    back = np.asarray(rule.init(network, shapes, jnp.asarray(seed_key(0))).weights[-1])
    rng = np.random.default_rng(1)
    x, y = rng.random((ROWS, STEPS, FEATURES), np.float32), rng.standard_normal((ROWS, 2)).astype("float32")
    h, trace, seen, traces = np.zeros((ROWS, 4)), np.zeros((ROWS, 4, 4)), [], []
    for t in range(STEPS):
        new = np.tanh(h @ params[0]["recurrent_kernel"] + x[:, t] @ params[0]["kernel"])
        trace = 0.75 * trace + 0.25 * (1 - new**2)[:, None] * h[:, :, None]  # Murray 2019, equation 5
        h = 0.75 * h + 0.25 * new
        seen.append(h)
        traces.append(trace)
    answer = np.mean(seen, 0) @ params[1]["kernel"] + params[1]["bias"]
    error = ((answer - y) / ROWS / STEPS) @ back.T
    total = sum(np.einsum("bu,bvu->vu", error, trace) for trace in traces)
    np.testing.assert_allclose(found[0]["recurrent_kernel"], total, rtol=1e-3, atol=1e-5)


def test_noise_at_units_and_in_weights_points_along_the_gradient_on_average():
    layers = [pl.Flatten(), pl.Dense(4, "tanh"), pl.Dense(2)]
    by_nodes, by_weights = NodePerturbation(samples=4000), EvolutionStrategies(4000, ranks=False)
    exact, nodes, weights = directions(layers, by_nodes, by_weights)
    assert angle(nodes, exact) < 6 and angle(weights, exact) < 10
    norms = [
        np.sqrt(sum(float(jnp.sum(leaf**2)) for leaf in jax.tree.leaves(tree))) for tree in (exact, nodes, weights)
    ]
    np.testing.assert_allclose(norms, norms[0], rtol=0.05)
    np.testing.assert_allclose(
        EvolutionStrategies(2).shaped(jnp.array([[3.0, 9], [1, 2]])), [[1 / 6, 0.5], [-0.5, -1 / 6]], rtol=1e-6
    )


def test_evolution_learns_where_there_is_no_derivative():
    x = RNG.random((128, 4), np.float32)
    y = (x[:, 0] > x[:, 1]).astype("float32")
    model = pl.Sequential([pl.Input((4,)), pl.Dense(8, "heaviside"), pl.Dense(1, "sigmoid")])
    model.compile(pl.optimizers.Adam(0.05), "binary_crossentropy", ["accuracy"], rule=EvolutionStrategies(32, 0.1))
    assert model.fit(x, y, batch_size=128, epochs=120, verbose=0).history["accuracy"][-1] > 0.85


def test_decolle_is_the_gradient_of_each_layers_own_guesses():
    hidden = [pl.Spiking(units, pl.LIF(5.0), recurrent=False) for units in (4, 3)]
    layers = [*hidden, pl.Dense(2), pl.MembraneMean()]
    rule = DECOLLE()
    exact, found = directions(layers, rule)
    equal(found[2], exact[2])
    assert angle(found[:2], exact[:2]) > 5
    network = pl.layers.Sequential(tuple(layers))
    params, state = network.init(np.random.default_rng(0), (STEPS, FEATURES))
    params = jax.tree.map(lambda a: jnp.asarray(1.5 * a), params)
    rng = np.random.default_rng(1)
    x, y = rng.random((ROWS, STEPS, FEATURES), np.float32), rng.standard_normal((ROWS, 2)).astype("float32")
    memory = rule.init(network, params, jnp.asarray(seed_key(0)))
    below, _ = layers[0].apply(params[0], x, state[0])

    def guessed(own):
        activity, _ = layers[1].apply(own, below, state[1])
        readout = rule.readout(memory, 1, activity, jnp.zeros((ROWS, 2)))
        return jnp.mean((activity @ readout - y[:, None]) ** 2)

    equal(found[1], jax.grad(guessed)(params[1]))


def behind(layer):
    return [pl.Dense(4), layer, pl.SimpleRNN(3), pl.Dense(2)]


WALKS = "RTRL goes step by step"
FAULTS = {
    "RTRL: no layer of this network remembers from step to step": [pl.Flatten(), pl.Dense(4), pl.Dense(2)],
    f"layer 1, Dropout: {WALKS}, and this layer draws random numbers": behind(pl.Dropout(0.2)),
    f"layer 1, BatchNormalization: {WALKS}, and this layer carries more": behind(pl.BatchNormalization()),
    "layer 0, Bidirectional needs the whole sequence": [pl.Bidirectional(pl.SimpleRNN(3)), pl.Dense(2)],
    "the influence of 41600 parameters": [pl.LSTM(100), pl.Dense(2)],
}


@pytest.mark.parametrize("words", FAULTS)
def test_networks_that_do_not_walk_in_time_are_told_the_layer(words):
    with pytest.raises(InvalidValue) as told:
        directions(FAULTS[words], RTRL())
    assert words in str(told.value)


WRONG = {
    "RFLO(scale=0.0)": lambda: RFLO(0.0),
    "RTRL(order=0): order must be 1 or more": lambda: RTRL(0),
    "TruncatedBackprop(length=0): length must be 1 step or more.": lambda: TruncatedBackprop(0),
    "NodePerturbation(samples=0): samples must be 1 or more.": lambda: NodePerturbation(samples=0),
    "EvolutionStrategies(pairs=0): pairs must be 1 or more.": lambda: EvolutionStrategies(0),
    "EvolutionStrategies(sigma=0.0): sigma must be a finite number above 0.": lambda: EvolutionStrategies(sigma=0.0),
    "DECOLLE(scale=-1.0): scale must be a finite number above 0.": lambda: DECOLLE(-1.0),
}


@pytest.mark.parametrize("words", WRONG)
def test_mistakes_with_rules_in_time_are_told(words):
    with pytest.raises(InvalidValue) as told:
        WRONG[words]()
    assert words in str(told.value)
