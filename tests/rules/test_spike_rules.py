"""E-prop beside traces carried forward and beside backpropagation through time; STDP beside its window."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.layers import Context, Record, smoothed
from plastica.layers.spiking.surrogates import FastSigmoid
from plastica.losses import MeanSquaredError, Objective
from plastica.random import seed_key
from plastica.rules import Batch, EProp
from plastica.rules.stdp import STDP

RNG = np.random.default_rng(0)
STEPS, FEATURES, UNITS = 12, 3, 4


def spiking(neuron, **options):
    layer = pl.Spiking(UNITS, neuron, **options)
    params = layer.init(np.random.default_rng(1), (STEPS, FEATURES)).params
    return layer, jax.tree.map(lambda a: jnp.asarray(2 * a), params)


@pytest.mark.parametrize("adaptive", [False, True])
def test_eprop_is_the_sum_of_traces_carried_forward_and_signals(adaptive):
    surrogate, beta, rho, increment = FastSigmoid(2.0), np.exp(-1 / 5), np.exp(-1 / 30), 0.4 * adaptive
    lif = pl.LIF(5.0, surrogate=surrogate)
    layer, params = spiking(pl.AdaptiveThreshold(lif, 0.4, 30.0) if adaptive else lif)
    x = jnp.asarray(RNG.random((1, STEPS, FEATURES)), jnp.float32)
    signals = jnp.asarray(RNG.standard_normal((1, STEPS, UNITS)), jnp.float32)
    record, _ = layer.forward(params, x, {}, Context(cut=True))
    found = record.pull_synapse(record.pull_activation(signals))[0]

    spikes, z = np.asarray(record.activity)[0], np.asarray(record.potential)[0]
    assert 0 < spikes.mean() < 1
    slope = np.asarray(surrogate.slope(jnp.asarray(z)))
    inputs = {"kernel": np.asarray(x)[0], "recurrent_kernel": np.vstack([np.zeros(UNITS), spikes[:-1]])}
    for name, pre in inputs.items():
        membrane, adaptation = np.zeros((pre.shape[1], UNITS)), np.zeros((pre.shape[1], UNITS))
        gradient, trace = np.zeros((pre.shape[1], UNITS)), np.zeros((pre.shape[1], UNITS))
        for t in range(STEPS):
            # The state before is after the reset of its spike, which the trace of the last step tells.
            membrane = beta * (membrane - trace) + pre[t][:, None]
            last_adaptation = adaptation
            trace = slope[t] * (membrane - increment * last_adaptation)
            adaptation = rho * last_adaptation + trace
            gradient += np.asarray(signals)[0, t] * trace
        np.testing.assert_allclose(found[name], gradient, rtol=1e-4, atol=1e-5)


def test_symmetric_eprop_without_recurrent_connections_is_backpropagation_through_time():
    layers = [pl.Spiking(5, pl.LIF(5.0), recurrent=False), pl.Spiking(4, pl.LIF(5.0), recurrent=False), pl.Dense(2)]
    exact, own = directions(layers, EProp("symmetric"))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), own, exact)


def directions(layers, rule):
    network = pl.layers.Sequential((*layers, pl.MembraneMean()))
    params, state = network.init(np.random.default_rng(0), (STEPS, FEATURES))
    params = jax.tree.map(lambda a: jnp.asarray(1.5 * a), params)
    x, y = RNG.random((6, STEPS, FEATURES), np.float32), RNG.standard_normal((6, 2)).astype("float32")
    batch = Batch(jnp.asarray(x), jnp.asarray(y), jnp.ones(6), jnp.float32(6))
    memory = rule.init(network, params, jnp.asarray(seed_key(0)))
    objective = Objective(MeanSquaredError())
    return tuple(
        each.signal(network, params, state, own, batch, objective, Context(True)).direction
        for each, own in ((pl.Backprop(), ()), (rule, memory))
    )


def angle(one, other):
    one, other = (np.concatenate([np.ravel(a) for a in jax.tree.leaves(tree)]) for tree in (one, other))
    return np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))


@pytest.mark.parametrize("recurrent", [pl.Spiking(8, pl.LIF(5.0)), pl.LSTM(8, return_sequences=True)])
def test_eprop_points_along_the_gradient_of_recurrent_networks(recurrent):
    exact, own = directions([recurrent, pl.Dense(2)], EProp("symmetric"))
    assert 0.1 < angle(exact[0], own[0]) < 60
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), own[1], exact[1])


def test_random_signals_bring_errors_by_other_weights_and_adaptive_ones_learn():
    layers = [pl.Spiking(5, pl.LIF(5.0)), pl.Spiking(5, pl.LIF(5.0)), pl.Dense(2)]
    exact, own = directions(layers, EProp("random"))
    assert angle(exact[0], own[0]) > 1
    model = pl.Sequential([pl.Input((STEPS, FEATURES)), *layers, pl.MembraneMean()])
    model.compile("adam", "mse", rule=EProp("adaptive", feedback_rate=0.1, feedback_decay=0.01))
    x = RNG.random((32, STEPS, FEATURES), np.float32)
    before = jax.tree.map(np.asarray, EProp("adaptive").init(model.network, model.params, seed_key(0)))
    model.fit(x, x.mean(1)[:, :2], epochs=20, batch_size=16, verbose=0)
    after = model.learner.memory
    assert angle(after.weights[-1], model.params[3]["kernel"]) < angle(before.weights[-1], model.params[3]["kernel"])


def test_bptt_through_spikes_is_the_gradient_of_the_smoothed_network():
    layers = (pl.Spiking(4, pl.Refractory(pl.LIF(5.0, reset="zero"), 2.0)), pl.Dense(3), pl.LIF(3.0), pl.SpikeCount())
    network = smoothed(pl.layers.Sequential(layers))
    with jax.enable_x64(True):
        params, state = network.init(np.random.default_rng(0), (STEPS, FEATURES))
        params = jax.tree.map(lambda a: jnp.asarray(2 * a, jnp.float64), params)
        x = jnp.asarray(RNG.random((2, STEPS, FEATURES)))

        @jax.jit
        def value(kernel):
            own = ({**params[0], "kernel": kernel}, *params[1:])
            return jnp.sum(jnp.sin(network.apply(own, x, state)[0]))

        gradient = jax.grad(value)(params[0]["kernel"])
        along = jnp.asarray(RNG.standard_normal(gradient.shape))
        both = [value(params[0]["kernel"] + h * along) for h in (1e-6, -1e-6)]
        assert float(jnp.vdot(gradient, along)) == pytest.approx(float(both[0] - both[1]) / 2e-6, rel=1e-5)


def change_of(rule, pre, post, weight=0.5):
    """Return the change of one weight by spikes on both sides."""
    layer = pl.Spiking(1, pl.LIF(), recurrent=False, use_bias=False)
    pre, post = (jnp.asarray(side, jnp.float32)[None, :, None] for side in (pre, post))
    record = Record(pre, post, post, None, None)
    batch = Batch(pre, pre[:, :0, 0], jnp.ones(1), jnp.float32(1))
    learned = rule.learn(layer, {"kernel": jnp.full((1, 1), weight)}, (), record, batch, None)
    return float(learned.change["kernel"][0, 0])


def test_the_window_is_recovered_from_pairs_of_spikes():
    rule = STDP(0.02, depression=0.6, tau_plus=12.0, tau_minus=25.0)
    lags = np.arange(-30, 31, 5)
    spikes = np.eye(80)
    found = [change_of(rule, spikes[40], spikes[40 + lag]) for lag in lags]
    np.testing.assert_allclose(found, rule.window(lags), atol=1e-6)


def test_weights_depend_on_themselves_as_declared_and_stay_in_range():
    spikes = np.eye(9)
    soft = STDP(0.1, dependence=1.0, depression=1.0, w_max=2.0)
    up = [change_of(soft, spikes[3], spikes[4], weight) for weight in (0.5, 1.5)]
    assert up[0] == pytest.approx(3 * up[1], rel=1e-4)
    down = [change_of(soft, spikes[4], spikes[3], weight) for weight in (0.5, 1.5)]
    assert down[1] == pytest.approx(3 * down[0], rel=1e-4)
    assert change_of(STDP(0.5), spikes[3], spikes[4], 0.9) == pytest.approx(0.1, abs=1e-6)


def test_normalized_weights_sum_up_to_what_is_declared_and_keep_their_order():
    layer = pl.Spiking(2, pl.LIF(), recurrent=False, use_bias=False)
    pre = jnp.asarray((RNG.random((1, 30, 4)) < 0.3).astype("float32"))
    post = jnp.asarray((RNG.random((1, 30, 2)) < 0.3).astype("float32"))
    kernel = jnp.asarray(RNG.random((4, 2)) * 0.5, jnp.float32)
    record, batch = Record(pre, post, post, None, None), Batch(pre, pre[:, :0, 0], jnp.ones(1), jnp.float32(1))
    free, normal = (
        kernel + STDP(0.05, total=total).learn(layer, {"kernel": kernel}, (), record, batch, None).change["kernel"]
        for total in (None, 1.5)
    )
    np.testing.assert_allclose(normal, 1.5 * free / free.sum(0), rtol=1e-5)
    assert not np.allclose(free.sum(0), 1.5)


def test_nearest_spikes_and_triplets_pair_as_their_equations_say():
    pre, post = np.zeros(30), np.zeros(30)
    pre[[5, 10]], post[20] = 1, 1
    kept = np.exp(-1 / 20)
    all_pairs, nearest = (change_of(STDP(0.01, pairing=each), pre, post) for each in ("all_to_all", "nearest"))
    assert all_pairs == pytest.approx(0.01 * (kept**15 + kept**10), rel=1e-4)
    assert nearest == pytest.approx(0.01 * kept**10, rel=1e-4)
    post[15] = 1
    triplet = change_of(STDP(0.01, depression=0.0, triplet=2.0), pre, post)
    plain = change_of(STDP(0.01, depression=0.0), pre, post)
    extra = 0.01 * 2.0 * np.exp(-5 / 100) * (kept**15 + kept**10)  # by the second spike of the unit alone
    assert triplet - plain == pytest.approx(extra, rel=1e-4)


def test_a_unit_finds_the_inputs_that_come_first():
    # Song, Miller, Abbott 2000: inputs that lead the unit's spikes win over those that follow.
    x = np.zeros((64, 30, 20), "float32")
    x[:, 5, :10] = 1
    x[:, 20, 10:] = 1
    x *= RNG.random(x.shape) < 0.9
    model = pl.Sequential(
        [
            pl.Input((30, 20)),
            pl.Spiking(
                1, pl.LIF(5.0, 2.0), recurrent=False, use_bias=False, kernel_initializer=pl.initializers.Constant(0.5)
            ),
        ]
    )
    model.compile(rule=STDP(0.02, tau_plus=10.0, tau_minus=40.0))
    model.fit(x, epochs=15, batch_size=16, verbose=0)
    kernel = np.asarray(model.params[1]["kernel"])[:, 0]
    assert kernel[:10].min() > 0.8 and kernel[10:].max() < 0.4


FAULTS = {
    "EProp(signals='global'): expected one of 'symmetric', 'random', 'adaptive'.": lambda: EProp("global"),
    "STDP(pairing='all'): expected one of 'all_to_all', 'nearest'.": lambda: STDP(pairing="all"),
    "STDP(tau_plus=-20.0): tau_plus must be a time above 0, in milliseconds.": lambda: STDP(tau_plus=-20.0),
    "STDP(depression=-1.0): depression must be a finite number of at least 0.": lambda: STDP(depression=-1.0),
}


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_with_rules_for_spikes_are_told(words):
    with pytest.raises(InvalidValue) as told:
        FAULTS[words]()
    assert words in str(told.value)


def test_numbers_that_are_no_spikes_are_told():
    model = pl.Sequential([pl.Input((4, 3)), pl.Spiking(3, recurrent=False)])
    model.compile(rule="stdp")
    words = r"layer 1, Spiking: STDP learns from spikes, 0 or 1 in each step, and x has numbers from -0.5 to 1"
    with pytest.warns(PlasticaWarning, match=words):
        model.fit(np.where(np.eye(4, 3) > 0, 1, -0.5)[None].repeat(2, 0), verbose=0)
    model.fit(np.eye(4, 3)[None].repeat(2, 0), verbose=0)


def test_stdp_asks_for_spikes_on_both_sides():
    model = pl.Sequential([pl.Input((4, 3)), pl.Dense(3), pl.LIF()])
    with pytest.raises(InvalidValue, match="layer 1, Dense: STDP needs weights with spikes on both sides in one layer"):
        model.compile(rule="stdp")
        model.fit(np.zeros((2, 4, 3), "float32"), verbose=0)
