"""Hebb grows along the first component, Oja converges to it, Sanger to the first k, BCM becomes selective."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import NotFinite
from plastica.rules import Batch

ROWS = 100
POSITIVE = pl.initializers.RandomUniform(0.0, 0.5)


@pytest.fixture(scope="module")
def data():
    """Rows with very different variances, and their principal directions ``(4, 4)``, largest variance first."""
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    x = (rng.normal(size=(ROWS, 4)) * [2.0, 1.3, 0.8, 0.3] @ turned).astype(np.float32)
    return x, np.linalg.svd(x, full_matrices=False)[2]


def learned(rule, x, units=1, *, epochs, seed=0, **fields):
    model = pl.Sequential([pl.Dense(units, **fields)], seed=seed)
    model.compile(rule=rule)
    history = model.fit(x, epochs=epochs, batch_size=len(x), verbose=0)
    return model, history.history["loss"]


def one_step(rule, layer, x, weight=None):
    """Return the parameters and their change in one step."""
    params, state = layer.init(np.random.default_rng(1), x.shape[1:])
    if "bias" in params:
        params["bias"] = params["bias"] + 0.5
    network, params, state = pl.layers.Sequential([layer]), (params,), (state,)
    weight = np.ones(len(x), np.float32) if weight is None else weight
    batch = Batch(x, np.zeros((len(x), 0)), weight, np.float32(len(x)))
    memory = rule.init(network, params, jnp.zeros(2, jnp.uint32))
    context = pl.layers.Context(training=True, key=jnp.zeros(2, jnp.uint32))
    return params[0], jax.jit(rule.signal)(network, params, state, memory, batch, None, context).change[0]


def test_hebbs_weights_grow_without_bound_along_the_first_component(data):
    x, directions = data
    rule = pl.rules.Hebb(0.1)
    start = pl.Sequential([pl.Dense(1)])
    start.build((4,))
    model, losses = learned(rule, x, epochs=60)
    grown = np.linalg.matrix_power(np.eye(4) + 0.1 * x.T.astype(float) @ x / ROWS, 60) @ start.get_weights()[0]
    np.testing.assert_allclose(model.get_weights()[0], grown, rtol=1e-3)
    assert abs(directions[0] @ grown[:, 0]) / np.linalg.norm(grown) > 1 - 1e-5
    largest = np.linalg.eigvalsh(x.T @ x / ROWS).max()
    assert losses[-1] / losses[-2] == pytest.approx((1 + 0.1 * largest) ** 2, rel=1e-4)


def test_hebb_by_its_formula_with_decay_a_limit_and_weights_of_rows(data):
    x, weight = data[0], np.linspace(0, 2, ROWS).astype(np.float32)
    params, change = one_step(pl.rules.Hebb(0.1, decay=0.3), pl.Dense(3), x, weight)
    w = params["kernel"]
    expected = 0.1 * (x.T @ (weight[:, None] * (x @ w)) / ROWS - 0.3 * w)
    np.testing.assert_allclose(change["kernel"], expected, rtol=1e-4, atol=1e-6)
    assert not np.any(change["bias"])
    params, change = one_step(pl.rules.Hebb(5.0, limit=0.7), pl.Dense(3), x)
    np.testing.assert_allclose(np.linalg.norm(params["kernel"] + change["kernel"], axis=0), 0.7, rtol=1e-5)


def test_ojas_weights_are_the_first_component_of_length_one(data):
    x, directions = data
    model, losses = learned(pl.rules.Oja(0.1), x, 2, epochs=300)
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(np.abs(directions[0] @ kernel), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), 1, atol=1e-5)
    left = np.mean(np.sum((x - x @ np.outer(directions[0], directions[0])) ** 2, 1))
    assert losses[-1] == pytest.approx(left, rel=1e-4)


def test_sangers_weights_are_the_first_k_components_in_order(data):
    x, directions = data
    model, losses = learned(pl.rules.Sanger(0.1), x, 3, epochs=600)
    np.testing.assert_allclose(np.abs(directions[:3] @ model.get_weights()[0]), np.eye(3), atol=1e-4)
    left = np.sum((x @ directions[3:].T) ** 2) / ROWS
    assert losses[-1] == pytest.approx(left, rel=1e-3)


RULES = {"oja": pl.rules.Oja(0.01), "relative": pl.rules.Oja(0.1, relative=True), "sanger": pl.rules.Sanger(0.01)}


@pytest.mark.parametrize("rule", RULES)
def test_oja_and_sanger_by_their_formulas_unit_by_unit(data, rule):
    x, weight = data[0], np.linspace(0, 2, ROWS).astype(np.float32)
    params, change = one_step(RULES[rule], pl.Dense(3), x, weight)
    w = params["kernel"]
    expected = np.zeros_like(w)
    rate = 0.1 / (weight @ (x**2).sum(1) / ROWS) if rule == "relative" else 0.01
    for row, share in zip(x, weight, strict=True):
        y = row @ w
        for unit in range(3):
            seen = range(unit + 1) if rule == "sanger" else [unit]
            expected[:, unit] += rate * share * y[unit] * (row - sum(y[k] * w[:, k] for k in seen)) / ROWS
    np.testing.assert_allclose(change["kernel"], expected, rtol=1e-4, atol=1e-6)


def test_on_a_convolution_patches_are_the_inputs():
    image = np.random.default_rng(3).normal(size=(4, 5, 5, 2)).astype(np.float32)
    params, change = one_step(pl.rules.Sanger(0.01), pl.Conv2D(3, 2, use_bias=False), image)
    patches = np.stack([image[:, i : i + 2, j : j + 2].reshape(4, -1) for i in range(4) for j in range(4)], 1)
    w, y = params["kernel"].reshape(-1, 3), patches @ params["kernel"].reshape(-1, 3)
    together = np.triu(np.einsum("npk,npi->ki", y, y))
    expected = 0.01 * (np.einsum("npd,npi->di", patches, y) - w @ together) / 4
    np.testing.assert_allclose(change["kernel"].reshape(-1, 3), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("copies", [(1, 1), (3, 1)])
def test_bcm_units_answer_one_pattern_by_one_over_its_probability(copies):
    patterns = np.array([[2.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.5]], np.float32)  # orthogonal
    x = np.repeat(patterns, copies, axis=0)
    x = np.vstack([x] * (8 // len(x)))
    model, _ = learned(pl.rules.BCM(0.02, time_constant=5), x, 6, epochs=2000, kernel_initializer=POSITIVE)
    answers, chance = model.predict(patterns), np.array(copies) / sum(copies)
    chosen = answers.argmax(0)
    assert set(chosen) == {0, 1}
    np.testing.assert_allclose(answers, np.where(np.arange(2)[:, None] == chosen, 1 / chance[:, None], 0), atol=1e-3)
    np.testing.assert_allclose(model.learner.memory[0]["theta"], 1 / chance[chosen], rtol=1e-3)


def test_bcm_by_its_formula_with_a_slope(data):
    x, weight = data[0], np.linspace(0, 2, ROWS).astype(np.float32)
    params, change = one_step(pl.rules.BCM(0.1), pl.Dense(3, activation="relu"), x, weight)
    z = x @ params["kernel"] + params["bias"]
    y = np.maximum(z, 0)
    theta = (weight[:, None] * y**2).sum(0) / weight.sum()
    expected = 0.1 * x.T @ (weight[:, None] * y * (y - theta) * (z > 0)) / ROWS
    np.testing.assert_allclose(change["kernel"], expected, rtol=1e-4, atol=1e-6)


def test_bcms_first_step_is_the_slope_of_its_figure_on_a_convolution_too():
    image, layer = np.random.default_rng(3).random((4, 3, 3, 1), np.float32), pl.Conv2D(2, 2, activation="tanh")
    params, change = one_step(pl.rules.BCM(1.0), layer, image)
    batch = Batch(image, np.zeros((4, 0)), np.ones(4, np.float32), np.float32(4))

    def figure(kernel):
        own = {**params, "kernel": kernel}
        record, _ = layer.forward(own, image, {}, pl.layers.Context())
        return pl.rules.BCM().figure(layer, own, None, record, batch)

    np.testing.assert_allclose(change["kernel"], -jax.grad(figure)(params["kernel"]), rtol=1e-4, atol=1e-6)


def test_bcms_threshold_goes_on_from_a_file_under_a_read_out(data, tmp_path):
    x, y = data[0], (data[0][:, 0] > 0).astype(int)
    model = pl.Sequential([pl.Dense(4, activation="relu"), pl.Dense(2, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", rule="bcm")
    first = model.fit(x, y, epochs=3, batch_size=25, verbose=0).history["loss"]
    again = pl.load(model.save(tmp_path / "bcm.plastica"))
    ours, theirs = (each.fit(x, y, epochs=3, batch_size=25, verbose=0).history["loss"] for each in (model, again))
    assert ours == theirs
    assert ours[-1] < first[0]
    np.testing.assert_array_equal(model.learner.memory[0]["theta"], again.learner.memory[0]["theta"])


@pytest.mark.parametrize("rule", ["hebb", "oja", "sanger", "bcm"])
def test_layers_that_are_no_units_are_refused(rule):
    model = pl.Sequential([pl.SimpleRNN(2)])
    model.compile(rule=rule)
    with pytest.raises(
        pl.errors.InvalidValue, match=r"layer 0, SimpleRNN: .* works on layers of units with one kernel"
    ):
        model.fit(np.ones((4, 3, 1)), verbose=0)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("Hebb", {"learning_rate": 0}), ("Hebb", {"limit": 0}), ("Hebb", {"decay": -1}), ("Sanger", {"learning_rate": -1}),
     ("Oja", {"learning_rate": 0}), ("BCM", {"time_constant": 0.5})],
)  # fmt: skip
def test_settings_outside_their_range_are_refused(kind, fields):
    with pytest.raises(pl.errors.InvalidValue, match=f"{kind}\\({next(iter(fields))}="):
        getattr(pl.rules, kind)(**fields)


def test_linear_units_suit_rules_that_find_directions():
    last = pl.Dense(2)
    assert pl.rules.Sanger().layers_for((3,), last) == [pl.Dense(3, use_bias=False), last]
    assert pl.rules.Oja().layers_for((), last) == pl.rules.Hebb().layers_for((), last) == [last]
    assert pl.rules.get("hebb") == pl.rules.Hebb(limit=1.0)


def test_units_that_hear_different_channels_have_no_common_components():
    model = pl.Sequential([pl.Conv2D(4, 2, groups=2)])
    model.compile(rule="sanger")
    with pytest.raises(pl.errors.InvalidValue, match=r"receive 1 of 2 channels.*groups=1"):
        model.fit(np.ones((4, 3, 3, 2), np.float32), verbose=0)


def test_an_optimizer_that_would_do_nothing_is_told():
    with pytest.warns(pl.errors.PlasticaWarning, match="Oja has its own learning rate"):
        pl.Sequential([pl.Dense(2)]).compile("adam", rule="oja")


def test_ojas_units_span_the_first_components_where_they_share_the_forgetting(data):
    x, directions = data
    model, losses = learned(pl.rules.Oja(0.1, subspace=True), x, 2, epochs=400, use_bias=False)
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(2), atol=1e-3)
    np.testing.assert_allclose(kernel @ kernel.T, directions[:2].T @ directions[:2], atol=1e-3)
    left_over = np.linalg.svd(x, compute_uv=False)[2:] ** 2
    assert losses[-1] == pytest.approx(left_over.sum() / ROWS, rel=1e-3)


def test_one_unit_learns_the_same_by_ojas_rule_and_by_the_subspace_rule(data):
    steps = [one_step(pl.rules.Oja(0.1, subspace=kind), pl.Dense(1), data[0])[1] for kind in (False, True)]
    np.testing.assert_allclose(steps[0]["kernel"], steps[1]["kernel"], rtol=1e-5)


def test_a_relative_rate_is_divided_by_the_mean_square_length(data):
    x = data[0]
    plain = one_step(pl.rules.Sanger(0.1 / float((x**2).sum(1).mean())), pl.Dense(3), x)[1]["kernel"]
    np.testing.assert_allclose(one_step(pl.rules.Sanger(0.1, True), pl.Dense(3), x)[1]["kernel"], plain, rtol=1e-5)


def test_the_name_sanger_learns_stacked_convolutions_where_a_fixed_rate_grows_without_end():
    image = np.random.default_rng(0).normal(size=(256, 8, 8, 1)).astype(np.float32)
    layers = [pl.Conv2D(8, 3, use_bias=False), pl.Conv2D(8, 3, use_bias=False)]
    model = pl.Sequential(layers, seed=0)
    model.compile(rule="sanger")
    model.fit(image, epochs=20, batch_size=32, verbose=0)
    for kernel in model.get_weights():  # converging to components of length 1
        lengths = np.linalg.norm(kernel.reshape(-1, 8), axis=0)
        assert lengths[0] == pytest.approx(1, abs=0.25) and lengths.max() < 1.1
    fixed = pl.Sequential(layers, seed=0)
    fixed.compile(rule=pl.rules.Sanger(0.3))
    with pytest.raises(NotFinite, match=r"layer 0, Conv2D, up to about learning_rate=.*relative=True"):
        fixed.fit(image, epochs=6, batch_size=32, verbose=0)


OWN_RATES = {
    "sanger": (pl.rules.Sanger(0.5), r"Sanger\(learning_rate=0\.5\)"),
    "greedy": (pl.rules.Greedy(pl.rules.Hebb(0.5)), r"Hebb\(learning_rate=0\.5\)"),
    "deep_belief": (pl.rules.get("deep_belief"), r"ContrastiveDivergence\(learning_rate=0\.05\)"),
    "target_propagation": (pl.rules.TargetPropagation(), r"TargetPropagation\(inverse_optimizer=Adam"),
    "forward_forward": (pl.rules.ForwardForward(), r"ForwardForward\(label_optimizer=Adam"),
}


@pytest.mark.parametrize("name", OWN_RATES)
def test_what_to_try_names_the_rates_of_a_rule_s_own_steps(name):
    from plastica.training import Supervised

    rule, words = OWN_RATES[name]
    objective = pl.losses.Objective(pl.losses.MeanSquaredError())
    network = pl.layers.Sequential([pl.Dense(2)])
    said = Supervised(network, rule, pl.optimizers.Adam(), objective, ()).remedy()
    assert re.search(words, said) and "clip the gradient (global_clipnorm=1.0 in the optimizer)" in said
    alone = Supervised(network, rule, pl.optimizers.Adam(), None, ()).remedy()
    assert re.search(words, alone) and "clip" not in alone


def test_every_rule_that_makes_steps_of_its_own_tells_their_rate():
    own = {name for name in pl.rules.NAMES if pl.rules.get(name).own_rates()}
    by_optimizer = {name for name in pl.rules.NAMES if pl.rules.get(name).needs_loss}
    assert own >= set(pl.rules.NAMES) - by_optimizer


def test_sanger_without_an_optimizer_is_not_told_to_clip_a_gradient(data):
    model = pl.Sequential([pl.Dense(4)])
    model.compile(rule=pl.rules.Sanger(0.5))
    with pytest.raises(NotFinite, match=r"smaller in Sanger\(learning_rate=0\.5\)") as told:
        model.fit(data[0] * 10, epochs=20, verbose=0)
    assert "clip" not in str(told.value)
