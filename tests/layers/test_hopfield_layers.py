"""Hopfield layers: energies and stable states of three units by hand, storage by the rule, attention as one update."""

from __future__ import annotations

import itertools

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.memory import AttentionMemory, HopfieldNetwork
from plastica.rules import HopfieldStorage

STATES = np.array(list(itertools.product((-1, 1), repeat=3)), np.float32)
RNG = np.random.default_rng(0)
PATTERNS = np.where(RNG.random((4, 30)) < 0.5, -1, 1)


def trained(patterns, rule="hopfield", layer=None, **options):
    model = pl.Sequential([pl.Hopfield() if layer is None else layer])
    model.compile(rule=rule)
    model.fit(patterns, verbose=0, **options)
    return model


def test_three_units_by_hand():
    model = trained([[1, 1, -1]])
    np.testing.assert_allclose(model.get_weights()[0], np.array([[0, 1, -1], [1, 0, -1], [-1, -1, 0]]) / 3, rtol=1e-6)
    details = model.trace(STATES)[0].details
    # Of the eight states, the pattern and its mirror image have the energy -1, all others 1/3.
    expected = np.where((STATES == [1, 1, -1]).all(1) | (STATES == [-1, -1, 1]).all(1), -1, 1 / 3)
    np.testing.assert_allclose(details["energy"][:, 0], expected, rtol=1e-5)
    assert (np.diff(details["energy"], axis=1) <= 1e-6).all()
    nearer = np.where((STATES @ [1, 1, -1] > 0)[:, None], [1, 1, -1], [-1, -1, 1])
    assert (model.predict(STATES) == nearer).all()


@pytest.mark.parametrize("storage", ["hebbian", "storkey", "pseudo_inverse"])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_rule_stores_as_the_memory_does(storage, batch_size):
    model = trained(PATTERNS, HopfieldStorage(storage), batch_size=batch_size, shuffle=False)
    memory = HopfieldNetwork(storage).store(PATTERNS)
    np.testing.assert_allclose(model.get_weights()[0], memory.weights, atol=1e-5)
    assert (model.predict(PATTERNS) == PATTERNS).all() and model.evaluate(PATTERNS, verbose=0) == 0


def test_the_projection_stays_when_rows_come_again_and_others_are_added():
    rule = HopfieldStorage("pseudo_inverse")
    model = trained(PATTERNS[:3], rule, epochs=3)
    np.testing.assert_allclose(
        model.get_weights()[0], HopfieldNetwork("pseudo_inverse").store(PATTERNS[:3]).weights, atol=1e-5
    )
    model.fit(PATTERNS[3:], verbose=0)
    np.testing.assert_allclose(
        model.get_weights()[0], HopfieldNetwork("pseudo_inverse").store(PATTERNS).weights, atol=1e-5
    )


def test_rows_without_weight_are_not_stored():
    model = trained(PATTERNS, sample_weight=[1, 0, 1, 0])
    np.testing.assert_allclose(model.get_weights()[0], HopfieldNetwork().store(PATTERNS[::2]).weights, atol=1e-6)


def test_zeros_and_ones_settle_as_their_signs_do(tmp_path):
    bits = (PATTERNS > 0).astype(int)
    probes = bits.copy()
    probes[:, :3] = 1 - probes[:, :3]
    model = trained(bits, layer=pl.Hopfield(low=0))
    found = model.predict(probes)
    assert (found == trained(PATTERNS).predict(2 * probes - 1) / 2 + 0.5).all() and (found == bits).mean() > 0.95
    assert (pl.load(model.save(tmp_path / "memory.plastica")).predict(probes) == found).all()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0, 1, 1]], r"got the value 0 \(1 of 3 values are neither -1 nor 1\)\. Use Hopfield\(low=0\)"),
        ([[0.2, 1, -1]], "Compare numbers with a threshold"),
    ],
)
def test_other_values_are_refused(x, message):
    with pytest.raises(DataError, match=message):
        trained(x)


def test_mistakes():
    for options, message in (
        ({"low": 1}, "-1 or 0"),
        ({"update": "both"}, "synchronous"),
        ({"sweeps": 0}, "from 1 to"),
    ):
        with pytest.raises(InvalidValue, match=message):
            pl.Hopfield(**options)
    with pytest.raises(ShapeError, match="at least two units"):
        pl.Hopfield().output_shape((4, 4))
    with pytest.raises(InvalidValue, match="expected one of hebbian"):
        HopfieldStorage("hebb")
    with pytest.raises(InvalidValue, match=r"layer 0, Dense: HopfieldStorage works on layers whose units settle"):
        trained(PATTERNS, layer=pl.Dense(3))
    for options in (
        {"patterns": 0},
        {"patterns": 2, "steps": 0},
        {"patterns": 2, "beta": 0.0},
        {"patterns": 2, "units": 0},
    ):
        with pytest.raises(InvalidValue, match=f"{list(options)[-1]}="):
            pl.ModernHopfield(**options)
    with pytest.raises(InvalidValue, match="at most 100"):
        pl.ModernHopfield(2, steps=101)
    with pytest.raises(ShapeError, match="one number per row"):
        pl.ModernHopfield(2).output_shape(())


def modern(**options):
    model = pl.Sequential([pl.ModernHopfield(5, beta=0.7, **options)], seed=1)
    model.build((None, 8))
    return model


def test_one_update_is_attention_over_the_patterns():
    model = modern(units=3)
    keys, values = model.get_weights()
    x = RNG.normal(size=(4, 8)).astype(np.float32)
    scores = np.exp(0.7 * x @ keys.T)
    weights = scores / scores.sum(1, keepdims=True)
    np.testing.assert_allclose(model.predict(x), weights @ values, rtol=1e-4)
    np.testing.assert_allclose(model.trace(x)[0].details["association"], weights, rtol=1e-4)


def test_several_updates_with_the_keys_as_values_are_the_memory_and_the_energy_falls():
    model = modern(steps=4)
    keys = RNG.normal(size=(5, 8)).astype(np.float32)
    model.set_weights([keys, keys])
    x = RNG.normal(size=(6, 8)).astype(np.float32)
    memory = AttentionMemory(0.7, "product").store(keys)
    np.testing.assert_allclose(model.predict(x), memory.recall(x, steps=4).states, rtol=1e-4, atol=1e-5)
    assert np.diff(model.trace(x)[0].details["energy"], axis=1).max() < 1e-5


def test_the_layer_learns_classes_by_backpropagation():
    y = RNG.integers(0, 3, 60)
    x = (np.eye(3)[y] @ RNG.normal(size=(3, 8)) + 0.1 * RNG.normal(size=(60, 8))).astype(np.float32)
    model = pl.Sequential([pl.ModernHopfield(6, learn_beta=True), pl.Dense(3, "softmax")], seed=0)
    model.compile(pl.optimizers.Adam(0.05), "sparse_categorical_crossentropy", ["accuracy"])
    before = float(np.exp(next(w for w in model.fit(x, y, epochs=1, verbose=0).model.get_weights() if not np.ndim(w))))
    model.fit(x, y, epochs=30, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] > 0.95
    assert float(np.exp(model.params[0]["log_beta"])) != pytest.approx(before)
    assert jax.tree.leaves(model.params[0])[0].shape == (6, 8)
