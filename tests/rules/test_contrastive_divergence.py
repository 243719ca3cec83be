"""Contrastive divergence compared with the exact gradient of the likelihood, summed over all states."""

from __future__ import annotations

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue
from plastica.rules import Batch, ContrastiveDivergence

FEATURES, UNITS = 4, 3
LAYER = pl.RestrictedBoltzmann(UNITS)
NETWORK = pl.layers.Sequential((LAYER,))
RNG = np.random.default_rng(0)
PARAMS = (
    {
        "kernel": RNG.normal(size=(FEATURES, UNITS)).astype("float32"),
        "bias": RNG.normal(size=UNITS).astype("float32"),
        "visible_bias": RNG.normal(size=FEATURES).astype("float32"),
    },
)
X = np.float32([[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 0, 0], [0, 1, 0, 0]])
PLAIN = {"learning_rate": 1.0, "momentum": 0.0, "weight_decay": 0.0, "decay": False}


def patterns():
    """Bars and stripes on 3 x 3: all rows equal or all columns equal, 14 images."""
    bars = [np.tile(np.array(bar)[:, None], (1, 3)) for bar in product((0, 1), repeat=3)]
    return np.unique([np.ravel(each) for bar in bars for each in (bar, bar.T)], axis=0).astype("float32")


def log_likelihood(params, x, weight):
    """Return the mean log p(x), in double precision, summed over all states by NumPy."""
    kernel, bias, visible_bias = (params[name].astype(np.float64) for name in ("kernel", "bias", "visible_bias"))

    def minus_free_energy(v):
        return v @ visible_bias + np.logaddexp(0, v @ kernel + bias).sum(1)

    states = np.array(list(product((0, 1), repeat=len(visible_bias))), np.float64)
    return weight @ (minus_free_energy(x) - np.logaddexp.reduce(minus_free_energy(states))) / weight.sum()


def slopes(x, weight):
    """Return the gradient of the likelihood by finite differences."""
    found = {}
    for name, array in PARAMS[0].items():
        found[name] = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            ends = []
            for step in (1e-4, -1e-4):
                moved = array.astype(np.float64)
                moved[place] += step
                ends.append(log_likelihood({**PARAMS[0], name: moved}, x, weight))
            found[name][place] = (ends[0] - ends[1]) / 2e-4
    return found


def signal_of(rule, batch, memory, key, params=PARAMS):
    context = pl.layers.Context(training=True, key=key)
    return rule.signal(NETWORK, params, ({},), memory, batch, None, context)


def whole(x, weight=None, **changes):
    weight = np.ones(len(x), np.float32) if weight is None else np.float32(weight)
    return Batch(x, np.zeros((len(x), 0), np.float32), weight, np.float32(len(x)), **changes)


@pytest.mark.parametrize("persistent", [False, True], ids=["many rounds", "persistent"])
def test_the_mean_step_is_the_gradient_of_the_exact_likelihood(persistent):
    rule = ContrastiveDivergence(k=5 if persistent else 30, persistent=persistent, chains=400, **PLAIN)
    weight = np.float32([1, 2, 0.5, 0.5])
    many = 1 if persistent else 100
    batch = whole(np.tile(X, (many, 1)), np.tile(weight, many))

    @jax.jit
    def mean_step(memory):
        def one(memory, number):
            found = signal_of(rule, batch, memory, random.fold(random.seed_key(1), number))
            return found.memory, found.change[0]

        # The chains need some steps to forget their start; the parameters are constant.
        _, changes = jax.lax.scan(one, memory, jnp.arange(60))
        return jax.tree.map(lambda each: each[20:].mean(0), changes)

    found = mean_step(rule.init(NETWORK, PARAMS, random.seed_key(0)))
    for name, expected in slopes(X, weight).items():
        np.testing.assert_allclose(found[name], expected, atol=4 * 0.5 / np.sqrt(40 * 400))


def test_one_step_is_the_equation_of_the_paper_with_rows_weighed():
    rule = ContrastiveDivergence(learning_rate=0.3, momentum=0.8, weight_decay=0.01, decay=False)
    weight, size = np.float32([1.0, 2.0, 0.0, 0.5]), np.float32(3)
    batch = Batch(X, np.zeros((4, 0), np.float32), weight, size, epoch=7)
    before = jax.tree.map(lambda a: np.full_like(a, 0.1), PARAMS[0])
    key = random.seed_key(5)
    found = jax.jit(lambda params: signal_of(rule, batch, ({"step": before},), key, params))(PARAMS)
    # The same samples from the same keys; everything else in NumPy.
    own = random.fold(random.fold(key, pl.rules.rule._RULES_OWN), 0)
    p = PARAMS[0]
    h0 = 1 / (1 + np.exp(-(X @ p["kernel"] + p["bias"])))
    drawn = np.asarray(random.bernoulli(random.fold(own, 0), h0, h0.shape), np.float32)
    mean = 1 / (1 + np.exp(-(drawn @ p["kernel"].T + p["visible_bias"])))
    v1 = np.asarray(random.bernoulli(random.fold(random.fold(own, 1), 1), mean, mean.shape), np.float32)
    h1 = 1 / (1 + np.exp(-(v1 @ p["kernel"] + p["bias"])))
    s = (weight / size)[:, None]
    slope = {
        "kernel": X.T @ (s * h0) - v1.T @ (s * h1) - 0.01 * p["kernel"],
        "bias": (s * (h0 - h1)).sum(0),
        "visible_bias": (s * (X - v1)).sum(0),
    }
    for name in p:
        np.testing.assert_allclose(found.change[0][name], 0.8 * 0.1 + 0.3 * slope[name], rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(found.memory[0]["step"][name], found.change[0][name])
    assert found.loss == pytest.approx((s * (X - mean) ** 2).sum(), rel=1e-5)
    assert found.direction is None


def test_momentum_grows_after_the_first_epoch_and_the_rate_falls_over_the_run():
    rule = ContrastiveDivergence()
    assert [float(rule.momentum_at(epoch)) for epoch in (0, 1, 9)] == pytest.approx([0.5, 0.9, 0.9])
    assert ContrastiveDivergence(persistent=True).momentum_at(9) == 0
    assert float(ContrastiveDivergence(momentum=0.0).momentum_at(0)) == 0
    batch = whole(X, progress=0.75)
    assert rule.rate_for(LAYER, batch) == pytest.approx(0.05 / 4)
    gaussian = pl.RestrictedBoltzmann(2, visible="gaussian")
    assert ContrastiveDivergence(decay=False).rate_for(gaussian, batch) == pytest.approx(0.005)


def trained(rule, epochs, units=12, x=None, seed=1):
    model = pl.Sequential([pl.RestrictedBoltzmann(units)], seed=seed)
    model.compile(rule=rule)
    model.fit(np.tile(patterns(), (40, 1)) if x is None else x, epochs=epochs, verbose=0)
    return model


def test_the_exact_likelihood_of_bars_and_stripes_rises():
    model = trained("contrastive_divergence", 1)
    found = [pl.boltzmann.log_likelihood(model, patterns()).mean()]
    model.fit(np.tile(patterns(), (40, 1)), epochs=60, verbose=0)
    found.append(pl.boltzmann.log_likelihood(model, patterns()).mean())
    assert found[0] < -6  # nine fair coins: -6.24
    assert found[1] > -4.3  # the best that can be is -log 14 = -2.64


def test_chains_persist_in_memory_and_in_a_file_and_number_what_they_are_told(tmp_path):
    model = trained(ContrastiveDivergence(persistent=True, chains=7, learning_rate=0.01), 2)
    chains = np.asarray(model.learner.memory[0]["hidden"])
    assert chains.shape == (7, 12)
    assert set(np.unique(chains)) <= {0, 1}
    again = pl.load(model.save(tmp_path / "machine.plastica"))
    np.testing.assert_array_equal(again.learner.memory[0]["hidden"], chains)
    x = np.tile(patterns(), (40, 1))
    for each in (model, again):
        each.fit(x, epochs=1, verbose=0)
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    assert not np.array_equal(model.learner.memory[0]["hidden"], chains)


def test_gaussian_visible_units_find_where_the_data_lie():
    centres = np.float32([[2, 2], [-2, -2]])
    x = np.repeat(centres, 100, 0) + np.random.default_rng(0).normal(size=(200, 2)).astype("float32")
    model = pl.Sequential([pl.RestrictedBoltzmann(4, visible="gaussian")])
    model.compile(rule=ContrastiveDivergence())
    history = model.fit(x, epochs=150, batch_size=20, verbose=0).history["loss"]
    assert history[-1] < 2.5 < history[0]  # 2, the noise of two columns, is the least
    off = np.float32([[2, -2], [-2, 2]])
    ask = pl.boltzmann.log_likelihood
    assert ask(model, centres).min() > ask(model, off).max() + 2


def test_in_evaluation_the_figure_is_the_error_of_the_mean_reconstruction():
    model = trained("contrastive_divergence", 1)
    x = patterns()
    expected = ((x - pl.boltzmann.reconstruct(model, x)) ** 2).sum(1)
    weight = np.arange(len(x), dtype=float)
    assert model.evaluate(x, sample_weight=weight, verbose=0) == pytest.approx((weight * expected).mean(), rel=1e-5)


def test_a_layer_that_is_no_machine_is_refused():
    model = pl.Sequential([pl.Dense(3, activation="sigmoid"), pl.Dense(1)])
    model.compile(loss="mse", rule="contrastive_divergence")
    with pytest.raises(InvalidValue, match="layer 0, Dense: ContrastiveDivergence samples visible units from hidden"):
        model.fit(X, X[:, :1], verbose=0)


def test_activities_below_that_are_no_probabilities_are_refused():
    model = pl.Sequential([pl.Activation("tanh"), pl.RestrictedBoltzmann(3), pl.Dense(1)])
    model.compile(loss="mse", rule="contrastive_divergence")
    with pytest.raises(InvalidValue, match=r"layer 1, .*below it are between -1 and 1, but its binary visible units"):
        model.fit(X, X[:, :1], verbose=0)


def test_a_rule_names_machines_with_the_visible_units_asked_for():
    last = pl.Dense(2)
    found = ContrastiveDivergence(visible="binary").layers_for([5, 4], last)
    assert [(each.units, each.visible) for each in found[:2]] == [(5, "binary"), (4, "binary")]
    assert found[2] == last
    assert ContrastiveDivergence().layers_for([5, 4], last)[0].visible == "gaussian"  # columns have any scale


def test_numbers_that_make_no_sense_are_refused():
    for wrong, words in (
        ({"k": 0}, "k=0.*expected at least 1"),
        ({"chains": 0}, "chains=0.*expected at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number above 0"),
        ({"momentum": 1.0}, "momentum must be a number in"),
        ({"weight_decay": -1.0}, "weight_decay must be a finite number of at least 0"),
        ({"visible": "tanh"}, 'expected "binary" or "gaussian"'),
    ):
        with pytest.raises(InvalidValue, match=words):
            ContrastiveDivergence(**wrong)


def test_persistent_chains_take_four_times_the_rate_of_short_ones():
    layer, batch = pl.RestrictedBoltzmann(2), whole(X, progress=0.5)
    rates = [ContrastiveDivergence(persistent=kind).rate_for(layer, batch) for kind in (False, True)]
    assert rates == pytest.approx([0.025, 0.1])


def test_persistent_chains_learn_bars_and_stripes_at_their_own_rate():
    bars = [np.tile(np.array(bar)[:, None], (1, 3)) for bar in product((0, 1), repeat=3)]
    pictures = np.unique([np.ravel(each) for bar in bars for each in (bar, bar.T)], axis=0).astype(np.float32)
    model = pl.Sequential([pl.RestrictedBoltzmann(12)])
    model.compile(rule=ContrastiveDivergence(persistent=True))
    model.fit(np.tile(pictures, (40, 1)), epochs=200, batch_size=20, verbose=0)
    # The best is -log 14 = -2.64; 9 bits at random would give -6.24, and a rate of 0.05 comes to -5.0.
    assert pl.boltzmann.log_likelihood(model, pictures).mean() > -3
