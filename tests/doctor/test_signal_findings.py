"""Findings of the signal: planted faults with numbers worked out by hand, and silence on the healthy twin."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.doctor.looks import LayerLook, StepLook
from plastica.doctor.signal import always_clipped, growth_ahead, signal_findings

RNG = np.random.default_rng(0)
X = RNG.normal(size=(128, 4)).astype(np.float32)
Y = np.tanh(X[:, 0] - X[:, 1])
QUICK = pl.optimizers.Adam(0.01)


def layers(activation="relu", depth=2, **options):
    return [*(pl.Dense(16, activation, **options) for _ in range(depth)), pl.Dense(1)]


def diagnosed(network, x=X, y=Y, optimizer=QUICK, epochs=0, loss="mse", **options):
    model = pl.Sequential(network, seed=1)
    model.compile(optimizer, loss)
    if epochs:
        model.fit(x, y, epochs=epochs, verbose=0, validation_split=0.25)
    return model.diagnose(x, y, **options)


def test_a_healthy_network_has_no_findings():
    found = diagnosed(layers(), epochs=30)
    assert found.is_healthy, found
    assert diagnosed(layers("tanh")).is_healthy


def test_a_layer_is_dead_if_its_biases_are_below_all_potentials():
    network = [pl.Dense(16, "relu", bias_initializer=pl.initializers.Constant(-50)), pl.Dense(16, "relu"), pl.Dense(1)]
    dead = diagnosed(network)["dead_units"]
    assert (dead.where, dead.value, dead.severity, dead.certainty) == ("layer 0, Dense", 1.0, "serious", "certain")
    assert "for all 64 rows" in dead.message and "leaky_relu" in dead.remedy and "AutoTrainer" in dead.source


def test_the_share_of_dead_units_is_that_of_the_units_with_such_a_bias():
    model = pl.Sequential([pl.Dense(16, "relu", input_dim=4), pl.Dense(1)])
    model.compile(QUICK, "mse")
    bias = np.zeros(16)
    bias[:12] = -50
    model.set_weights([model.get_weights()[0], bias, *model.get_weights()[2:]])
    dead = model.diagnose(X, Y)["dead_units"]
    assert dead.value == 12 / 16 and dead.severity == "warning"
    bias[4:12] = 0
    model.set_weights([model.get_weights()[0], bias, *model.get_weights()[2:]])
    assert "dead_units" not in model.diagnose(X, Y).codes


def test_large_inputs_saturate_tanh_and_scaled_ones_do_not():
    saturated = diagnosed(layers("tanh"), x=X * 1000)["saturated_units"]
    assert saturated.where == "layer 0, Dense" and saturated.value > 0.9
    assert "saturated_units" not in diagnosed(layers("tanh")).codes


def test_the_error_vanishes_in_ten_sigmoid_layers_and_not_in_relu_with_he():
    found = diagnosed(layers("sigmoid", depth=10))["vanishing_gradients"]
    assert found.where == "layer 0, Dense"
    # The ratio is that of the norms of dC/dz of a trace, which is written by other code.
    model = pl.Sequential(layers("sigmoid", depth=10), seed=1)
    model.compile(QUICK, "mse")
    trace = model.trace(X[np.linspace(0, 127, 64).astype(int)], Y[np.linspace(0, 127, 64).astype(int)])
    ratio = np.linalg.norm(trace[0].delta) / np.linalg.norm(trace[10].delta)
    assert found.value == pytest.approx(ratio, rel=1e-3) and ratio < 1e-3
    assert "vanishing_gradients" not in diagnosed(layers("relu", depth=10, kernel_initializer="he_normal")).codes


def test_the_error_explodes_with_weights_of_twice_the_size():
    wide = pl.initializers.RandomNormal(stddev=1.5)
    found = diagnosed(layers("relu", depth=6, kernel_initializer=wide))["exploding_gradients"]
    assert found.value > 70 and found.where in ("layer 0, Dense", "layer 1, Dense")
    assert "exploding_gradients" not in diagnosed(layers("relu", depth=6, kernel_initializer="he_normal")).codes


def test_a_step_beyond_the_bound_makes_its_own_loss_rise():
    x = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0], [4.0, 5.0]])
    found = diagnosed([pl.Dense(1)], x, x.sum(1), pl.optimizers.SGD(0.1))
    ones = np.concatenate([x, np.ones((4, 1))], axis=1)
    curvature = np.linalg.eigvalsh(2 * ones.T @ ones / 4)[-1]
    above = found["rate_above_bound"]
    assert above.value == pytest.approx(0.1 * curvature / 2, rel=1e-3) and above.severity == "serious"
    assert "rate_too_large" in found.codes and "0.1" in found["rate_too_large"].message
    calm = diagnosed([pl.Dense(1)], x, x.sum(1), pl.optimizers.SGD(1 / curvature))
    assert {"rate_above_bound", "rate_too_large"}.isdisjoint(calm.codes)


def test_a_rate_far_too_small_is_found_after_some_steps():
    found = diagnosed(layers(), optimizer=pl.optimizers.SGD(1e-7), epochs=5)
    assert found["rate_too_small"].value == pytest.approx(100, rel=0.2)


def test_an_untrained_network_with_large_outputs_is_told_from_one_with_small_ones():
    wide = pl.initializers.RandomNormal(stddev=30)
    found = diagnosed([pl.Dense(16, "relu"), pl.Dense(1, kernel_initializer=wide)])["poor_start"]
    assert found.value > 10 and "constant answer" in found.message


def looks(losses, weights=1.0, gradient=1.0):
    layer = LayerLook("layer 0, Dense", "", True, *[math.nan] * 6, weights, 0.0)
    return [StepLook(n, 64, loss, gradient, (), (layer,)) for n, loss in enumerate(losses)]


def test_growth_is_told_before_the_overflow():
    (found,) = growth_ahead(looks([1, 10, 100, 1000]))
    assert found.value == pytest.approx(10) and found.data["left"] in (35, 36)  # 1000 * 10^35.5 = 3e38
    assert not list(growth_ahead(looks([1, 10, 100]))) and not list(growth_ahead(looks([1, 10, 5, 100])))


def test_a_gradient_that_is_always_clipped_is_told_with_its_usual_norm():
    (found,) = always_clipped(looks([1.0] * 6, gradient=50.0), 1.0)
    assert found.data["norm"] == "50" and "global_clipnorm=1e+02" in found.remedy
    assert not list(always_clipped(looks([1.0] * 6, gradient=0.5), 1.0))
    assert not list(always_clipped(looks([1.0] * 6, gradient=50.0), None))


def test_too_few_rows_kill_no_unit():
    layer = LayerLook("layer 0, Dense", "relu", True, 0.0, 0.0, 1.0, 0.0, *[math.nan] * 4)
    look = StepLook(0, 31, 1.0, 1.0, (), (layer, layer))
    assert signal_findings(look) == []
    assert signal_findings(StepLook(0, 32, 1.0, 1.0, (), (layer, layer)))[0].code == "dead_units"


def test_a_look_changes_nothing_and_compiles_once_for_an_architecture():
    from plastica.doctor.probe import probe
    from plastica.training.compiled import to_run_once

    model = pl.Sequential(layers(), seed=1)
    model.compile(pl.optimizers.Adam(0.01), "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    before = jax.tree.map(np.array, model.learner)
    model.diagnose(X, Y)
    count = to_run_once(probe)._cache_size()
    jax.tree.map(np.testing.assert_array_equal, before, jax.tree.map(np.array, model.learner))
    model.learning_rate = 0.02
    model.diagnose(X, Y)
    assert to_run_once(probe)._cache_size() == count
