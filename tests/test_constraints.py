"""Constraints compared with Keras, and their effect on weights during training."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import plastica as pl
from plastica import constraints
from plastica.constraints import NAMES, CustomConstraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm, get
from plastica.errors import InvalidValue, UnknownName

W = np.random.default_rng(0).normal(size=(4, 3, 5)).astype(np.float32)
PAIRS = [
    (MaxNorm(), keras.constraints.MaxNorm()),
    (MaxNorm(1.5, (0, 1)), keras.constraints.MaxNorm(1.5, [0, 1])),
    (MinMaxNorm(), keras.constraints.MinMaxNorm()),
    (MinMaxNorm(1.5, 2, 0.3, -1), keras.constraints.MinMaxNorm(1.5, 2, 0.3, -1)),
    (NonNeg(), keras.constraints.NonNeg()),
    (UnitNorm(), keras.constraints.UnitNorm()),
    (UnitNorm([1, 2]), keras.constraints.UnitNorm([1, 2])),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda value: type(value).__name__)
def test_equal_to_keras(ours, theirs):
    np.testing.assert_allclose(jax.jit(lambda c, w: c(w))(ours, W), theirs(W), rtol=1e-6)
    zero = np.zeros((2, 3), np.float32)
    np.testing.assert_array_equal(ours(zero) if not isinstance(ours, UnitNorm) else zero, zero)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dale"])
def test_names_are_those_of_keras(name):
    known = {each.replace("_", ""): each for each in ("max_norm", "min_max_norm", "non_neg", "unit_norm")}
    np.testing.assert_allclose(get(name)(W), keras.constraints.get(known[name.replace("_", "")])(W), rtol=1e-6)


def trained(layer, rule="backprop", **options):
    x, y = np.random.default_rng(1).normal(size=(40, 6)), np.random.default_rng(2).normal(size=(40, 2))
    model = pl.Sequential([pl.Input((6,)), layer, pl.Dense(2)], **options)
    model.compile(optimizer=pl.optimizers.SGD(0.5), loss="mse", rule=rule)
    model.fit(x, y, epochs=3, batch_size=8, verbose=0)
    return model


@pytest.mark.parametrize("rule", ["backprop", "feedback_alignment"])
def test_weights_obey_after_training(rule):
    layer = pl.Dense(5, "tanh", kernel_constraint=MaxNorm(0.7), bias_constraint="non_neg")
    model = trained(layer, rule)
    kernel, bias, _, _ = model.get_weights()
    assert np.linalg.norm(kernel, axis=0).max() <= 0.7 + 1e-6
    assert bias.min() == 0
    free = trained(pl.Dense(5, "tanh"), rule).get_weights()
    assert np.linalg.norm(free[0], axis=0).max() > 0.8 and free[1].min() < 0


def test_training_with_constraints_equals_keras():
    ours = trained(pl.Dense(5, "tanh", kernel_constraint=UnitNorm(), bias_constraint=NonNeg()))
    begun = pl.Sequential([pl.Input((6,)), pl.Dense(5, "tanh"), pl.Dense(2)])
    x, y = np.random.default_rng(1).normal(size=(40, 6)), np.random.default_rng(2).normal(size=(40, 2))
    theirs = keras.Sequential(
        [
            keras.layers.Input((6,)),
            keras.layers.Dense(5, "tanh", kernel_constraint="unit_norm", bias_constraint="non_neg"),
            keras.layers.Dense(2),
        ]
    )
    theirs.set_weights(begun.get_weights())
    ours.set_weights(begun.get_weights())
    theirs.compile(keras.optimizers.SGD(0.5), "mse")
    for model in (ours, theirs):
        model.fit(x, y, epochs=2, batch_size=40, shuffle=False, verbose=0)
    for found, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_frozen_weights_are_not_touched():
    layer = pl.Dense(5, "tanh", kernel_constraint=UnitNorm())
    begun = pl.Sequential([pl.Input((6,)), layer, pl.Dense(2)]).get_weights()[0]
    frozen = trained(pl.Dense(5, "tanh", kernel_constraint=UnitNorm(), trainable=False))
    np.testing.assert_array_equal(frozen.get_weights()[0], begun)


def test_layers_inside_others_obey_too():
    layer = pl.Dense(6, "tanh", kernel_constraint=UnitNorm())
    wired = trained(pl.Wired(layer, pl.Sparse(0.5))).params[1]["kernel"]
    assert (np.asarray(wired) == 0).any() and np.linalg.norm(wired, axis=0).max() <= 1 + 1e-6
    residual = trained(pl.Residual([layer])).params[1][0][0]["kernel"]
    np.testing.assert_allclose(np.linalg.norm(residual, axis=0), 1, rtol=1e-5)
    ensemble = pl.Ensemble([pl.Members(2), pl.MemberDense(3, shared=False)], 2)
    params, state = ensemble.init(np.random.default_rng(0), (6,))
    assert jax.tree.all(jax.tree.map(np.array_equal, ensemble.constrain(params, state), params))


def test_another_bound_compiles_nothing():
    traces = []

    @jax.jit
    def run(constraint):
        traces.append(1)
        return constraint(W)

    run(MaxNorm(1)), run(MaxNorm(3))
    assert len(traces) == 1


def test_get_takes_what_a_person_may_give():
    assert get(None) is None
    assert get(MaxNorm) == get("max_norm") == get(" Max_Norm ") == get(MaxNorm(2)) == MaxNorm()
    assert get(jnp.abs) == CustomConstraint(jnp.abs)
    assert get(jnp.abs)(W).min() >= 0
    assert repr(pl.Dense(2, kernel_constraint="max_norm")) == "Dense(units=2, kernel_constraint=MaxNorm())"
    assert pl.constraints is constraints


def test_errors_say_what_to_give():
    with pytest.raises(UnknownName, match='unknown constraint "maxnrm"; did you mean "max_norm"'):
        get("maxnrm")
    with pytest.raises(InvalidValue, match=r"constraint=0.1: expected a name, a Constraint such as MaxNorm\(3\)"):
        get(0.1)
    with pytest.raises(InvalidValue, match=r"MaxNorm\(max_value=0.0\): max_value must be above 0"):
        MaxNorm(0)
    with pytest.raises(InvalidValue, match=r"MinMaxNorm\(min_value=2.0, max_value=1.0\): lengths are at least 0"):
        MinMaxNorm(2, 1)
    with pytest.raises(InvalidValue, match=r"MinMaxNorm\(rate=0.0\): rate must be above 0 and up to 1"):
        MinMaxNorm(rate=0)
    with pytest.raises(InvalidValue, match=r"UnitNorm\(axis=3\): got a parameter of shape \(4, 3, 5\), .* 0 to 2"):
        UnitNorm(3)(W)
    with pytest.raises(InvalidValue, match=r"constraint sum: turned a parameter of shape .* must keep the shape"):
        get(jnp.sum)(W)
    with pytest.raises(InvalidValue, match="CustomConstraint: function is 3; expected a function"):
        CustomConstraint(3)


def test_inputs_keep_their_sign_in_training():
    neurons = pl.Spiking(10, pl.LIF(5.0), recurrent_constraint=constraints.Dale(0.8), kernel_constraint="dale")
    model = pl.Sequential([pl.Input((6, 5)), neurons, pl.SpikeCount(), pl.Dense(2)])
    model.compile(optimizer=pl.optimizers.SGD(0.5), loss="mse")
    rng = np.random.default_rng(1)
    model.fit(3 * rng.normal(size=(40, 6, 5)), rng.normal(size=(40, 2)), epochs=3, batch_size=8, verbose=0)
    kernel, recurrent = model.get_weights()[:2]
    for own in (kernel, recurrent):
        excites = round(0.8 * len(own))
        assert own[:excites].min() >= 0 and own[excites:].max() <= 0
        assert own[:excites].max() > 0 > own[excites:].min()
    with pytest.raises(InvalidValue, match="expected a fraction from 0 to 1"):
        constraints.Dale(1.2)
    with pytest.raises(InvalidValue, match="needs a kernel"):
        constraints.Dale()(np.ones(3))
