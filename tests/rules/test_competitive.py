"""Competitive rules: cluster means compared with k-means, Krotov and Hopfield's update with their script."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue
from plastica.layers import Context
from plastica.layers import Sequential as Network
from plastica.rules import Batch, Competitive, Greedy, KrotovHopfield

KEY = random.seed_key(1)
RNG = np.random.default_rng(0)
CENTRES = np.array([[4.0, 0, 0], [0, 4, 0], [0, 0, 4], [-4, -4, 0]], np.float32)
CLUSTERS = (CENTRES[RNG.permutation(np.repeat(range(4), 50))] + 0.3 * RNG.normal(size=(200, 3))).astype(np.float32)


def learn(rule, layer, x, weight=None, progress=0.0, params=None):
    """Return a layer's parameters before and after one batch."""
    network = Network([layer])
    drawn, state = network.init(np.random.default_rng(2), x.shape[1:])
    params = drawn if params is None else params
    weight = np.ones(len(x), np.float32) if weight is None else weight
    batch = Batch(x, np.zeros((len(x), 0)), weight, np.float32(len(x)), 0, np.float32(progress))
    memory = rule.init(network, params, KEY)
    found = rule.signal(network, params, state, memory, batch, None, Context(True, KEY))
    return params[0], jax.tree.map(np.add, params[0], found.change[0]), found


def k_means(x, means):
    """Return Lloyd's means from good starts, the nearest mean of each row, and the mean squared distance."""
    for _ in range(10):
        distance = ((x[:, None] - means) ** 2).sum(-1)
        nearest = np.argmin(distance, 1)
        means = np.stack([x[nearest == each].mean(0) for each in range(len(means))])
    return means, nearest, np.min(distance, 1).mean()


def test_units_end_at_the_means_that_k_means_finds():
    model = pl.Sequential([pl.Dense(4)], seed=1)
    model.compile(rule=Competitive())
    history = model.fit(CLUSTERS, epochs=60, batch_size=20, verbose=0).history["loss"]
    kernel, bias = model.get_weights()
    means, nearest, inertia = k_means(CLUSTERS, CENTRES)
    order = np.argmin(((kernel.T[:, None] - means) ** 2).sum(-1), 1)
    assert sorted(order) == [0, 1, 2, 3]  # conscience left no unit dead
    np.testing.assert_allclose(kernel.T, means[order], atol=0.05)
    np.testing.assert_allclose(bias, -0.5 * np.sum(kernel**2, 0), rtol=1e-5)
    assert history[-1] == pytest.approx(inertia, rel=0.05)
    np.testing.assert_array_equal(np.argmax(model.predict(CLUSTERS), 1), np.argsort(order)[nearest])


def test_only_the_winner_moves_by_the_rate_towards_the_input():
    x = CLUSTERS[:1]
    before, after, _ = learn(Competitive(0.1, conscience=0.0), pl.Dense(5), x)
    winner = np.argmin(np.sum((x.T - before["kernel"]) ** 2, 0))
    moved = before["kernel"].copy()
    moved[:, winner] += 0.1 * (x[0] - moved[:, winner])
    np.testing.assert_allclose(after["kernel"], moved, rtol=1e-5, atol=1e-6)


def test_a_batch_is_its_rows_one_after_another_and_weights_are_repetitions():
    x, kernel = np.ones((3, 2), np.float32), np.array([[0.5, -9], [0.0, -9]], np.float32)
    _, after, _ = learn(Competitive(0.2, conscience=0.0), pl.Dense(2, use_bias=False), x, params=({"kernel": kernel},))
    one_by_one = kernel[:, 0]
    for row in x:
        one_by_one = one_by_one + 0.2 * (row - one_by_one)
    np.testing.assert_allclose(after["kernel"], np.stack([one_by_one, kernel[:, 1]], 1), rtol=1e-5)
    weight = np.array([3.0, 0, 0], np.float32)
    _, other, _ = learn(
        Competitive(0.2, conscience=0.0), pl.Dense(2, use_bias=False), x, weight, params=({"kernel": kernel},)
    )
    np.testing.assert_allclose(other["kernel"], after["kernel"], rtol=1e-6)


def test_conscience_holds_back_who_wins_too_often():
    network = Network([pl.Dense(2)])
    params = ({"kernel": np.array([[1.0, 3.0]], np.float32), "bias": np.zeros(2, np.float32)},)
    batch = Batch(np.full((1, 1), 1.5, np.float32), np.zeros((1, 0)), np.ones(1, np.float32), np.float32(1))
    shares = (np.array([0.9, 0.1], np.float32),)
    # Squared distances are 0.25 and 2.25; 2.25 (1 - 2 p) is -1.8 and 1.8: from 2 / 3.6 on the other one wins.
    for conscience, winner in ((0.5, 0), (0.6, 1)):
        rule = Competitive(conscience=conscience)
        found = rule.signal(network, params, ({},), shares, batch, None, Context(True, KEY)).change[0]["kernel"]
        assert found[0, winner] != 0
        assert found[0, 1 - winner] == 0


def test_convolution_competes_at_every_place_and_groups_are_refused():
    x = np.random.default_rng(3).normal(size=(4, 5, 5, 2)).astype(np.float32)
    before, after, found = learn(Competitive(0.1, conscience=0.0), pl.Conv2D(3, 2), x)
    patches = np.stack([x[:, i : i + 2, j : j + 2].reshape(4, -1) for i in range(4) for j in range(4)], 1)
    kernel = before["kernel"].reshape(8, 3)
    distance = np.sum((patches[..., None] - kernel) ** 2, 2)
    winner = np.argmin(distance, -1)
    assert float(found.loss) == pytest.approx(np.min(distance, -1).mean(), rel=1e-4)
    for unit in range(3):
        own = patches[winner == unit]
        wanted = kernel[:, unit] + (1 - 0.9 ** len(own)) * (own.mean(0) - kernel[:, unit])
        np.testing.assert_allclose(after["kernel"].reshape(8, 3)[:, unit], wanted, rtol=1e-3, atol=1e-4)
    with pytest.raises(InvalidValue, match=r"receives 1 of 2 channels.*groups=1"):
        learn(Competitive(), pl.Conv2D(4, 2, groups=2), x)


def their_script(synapses, inputs, rate, p, k, delta):
    """Return Krotov and Hopfield's update with radius 1; synapses ``(units, inputs)``, inputs ``(inputs, batch)``."""
    units, batch = len(synapses), inputs.shape[1]
    drive = np.dot(np.sign(synapses) * np.abs(synapses) ** (p - 1), inputs)
    ranking = np.argsort(drive, axis=0)
    g = np.zeros((units, batch))
    g[ranking[units - 1], np.arange(batch)] = 1.0
    g[ranking[units - k], np.arange(batch)] = -delta
    change = np.dot(g, inputs.T) - np.sum(g * drive, axis=1)[:, None] * synapses
    return synapses + rate * change / max(np.max(np.abs(change)), 1e-30)


@pytest.mark.parametrize(("p", "k"), [(2, 2), (3, 4)])
def test_krotov_hopfield_makes_the_step_of_the_authors_script(p, k):
    x = np.abs(np.random.default_rng(3).normal(size=(20, 7))).astype(np.float32)
    rule = KrotovHopfield(0.02, p=p, k=k, delta=0.4)
    before, after, _ = learn(rule, pl.Dense(6), x, progress=0.25)
    wanted = their_script(before["kernel"].T.astype(float), x.T, 0.75 * 0.02, p, k, 0.4).T
    np.testing.assert_allclose(after["kernel"], wanted, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(after["bias"], before["bias"])
    weight = np.repeat([1.0, 0], 10).astype(np.float32)
    np.testing.assert_allclose(
        learn(rule, pl.Dense(6), x, weight)[1]["kernel"], learn(rule, pl.Dense(6), x[:10])[1]["kernel"], rtol=1e-5
    )


def test_krotov_hopfield_brings_units_to_the_radius():
    x = np.random.default_rng(3).normal(size=(100, 5)).astype(np.float32)  # so that every unit wins some
    length, first, _ = KrotovHopfield().layers_for([4], pl.Dense(2))
    model = pl.Sequential([length, first])
    model.compile(rule=KrotovHopfield(0.05, k=2, delta=0.0, radius=0.5))
    figures = model.fit(x, epochs=60, batch_size=20, verbose=0).history["loss"]
    lengths = np.sum(np.abs(model.get_weights()[0]) ** 3, 0) ** (1 / 3)
    np.testing.assert_allclose(lengths, 0.5, rtol=0.02)
    assert figures[0] > 0.3
    assert figures[-1] < 0.05


def test_features_learn_first_and_are_read_out_afterwards():
    y = np.argmin(((CLUSTERS[:, None] - CENTRES) ** 2).sum(-1), 1)
    rule = Greedy(KrotovHopfield(k=2), epochs=5)
    model = pl.Sequential(rule.layers_for([8], pl.Dense(4, activation="softmax")))
    model.compile(pl.optimizers.Adam(0.02), "sparse_categorical_crossentropy", ["accuracy"], rule=rule)
    model.fit(CLUSTERS, y, epochs=5, batch_size=20, verbose=0)
    features = model.get_weights()[0]
    assert model.fit(CLUSTERS, y, epochs=15, batch_size=20, verbose=0).history["accuracy"][-1] > 0.95
    np.testing.assert_array_equal(model.get_weights()[0], features)


def test_power_relu_is_the_power_of_relu_with_its_slope():
    z = np.array([-2.0, 0.0, 0.5, 3.0], np.float32)
    activation = pl.activations.PowerReLU(2.5)
    np.testing.assert_allclose(activation(z), np.maximum(z, 0) ** 2.5, rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(jax.grad(activation))(z), 2.5 * np.maximum(z, 0) ** 1.5, rtol=1e-6)
    with pytest.raises(InvalidValue, match="power must be at least 1"):
        pl.activations.PowerReLU(0.5)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Competitive(learning_rate=1.0), "learning_rate"),
        (lambda: Competitive(conscience=-1.0), "conscience"),
        (lambda: KrotovHopfield(p=1), "p must be a whole number of at least 2"),
        (lambda: KrotovHopfield(k=2.5), "k must be a whole number of at least 2"),
        (lambda: learn(KrotovHopfield(), pl.Dense(6), CLUSTERS[:2]), "Dense of 6 units.*smaller k"),
        (
            lambda: learn(KrotovHopfield(), pl.Wired(pl.Dense(8), pl.Sparse(0.5)), CLUSTERS[:2]),
            "receive different inputs",
        ),
        (lambda: learn(Competitive(), pl.Wired(pl.Dense(8), pl.Sparse(0.5)), CLUSTERS[:2]), "receive different inputs"),
        (lambda: learn(KrotovHopfield(), pl.BatchNormalization(), CLUSTERS[:2]), "works on layers of units"),
    ],
)
def test_what_the_rules_are_not_defined_for_is_refused(make, text):
    with pytest.raises(InvalidValue, match=text):
        make()
