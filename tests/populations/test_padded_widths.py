"""Members with different numbers of units: one program, and each is the network alone."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.activations import NAMES
from plastica.layers import Sequential
from plastica.training.padding import divided, kind_of

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def network(units=(6, 5), activation="tanh", optimizer="adam", seed=0, dropout=0.0):
    hidden = [layer for each in units for layer in (pl.Dense(each, activation), *[pl.Dropout(dropout)] * bool(dropout))]
    model = pl.Sequential([*hidden, pl.Dense(1, "sigmoid")], seed=seed)
    model.compile(optimizer, "binary_crossentropy", ["accuracy"])
    return model


def kinds(model, values):
    population = pl.Population(model, **values) if "grid" not in values else pl.Population(model, values["grid"])
    models = [pl.populations.fitting.model_of(model, member) for member in population.members]
    for each in models:
        each.build((4,))
    return len({kind_of(each.program) for each in models})


@pytest.mark.parametrize("optimizer", ["adam", "lamb"])
def test_members_of_other_widths_are_the_networks_alone(optimizer):
    grid = {"layers.0.units": [3, 8], "layers.1.units": [2, 5]}
    population = pl.Population(network(optimizer=optimizer), grid)
    stopping = pl.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    history = population.fit(X, Y, 16, 4, verbose=0, validation_split=0.2, callbacks=stopping)
    assert kinds(network(optimizer=optimizer), {"grid": grid}) == 1
    for place, first, second in [(1, 3, 5), (2, 8, 2)]:
        alone, model = network((first, second), optimizer=optimizer), population[place]
        own = alone.fit(X, Y, 16, 4, verbose=0, validation_split=0.2,
                        callbacks=pl.EarlyStopping("val_loss", patience=2, restore_best_weights=True))  # fmt: skip
        assert model.count_params() == 4 * first + first + first * second + second + second + 1
        for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
        np.testing.assert_allclose(history[place].history["val_loss"], own.history["val_loss"], atol=1e-5)
        np.testing.assert_allclose(model.predict(X), alone.predict(X), atol=1e-5)


def test_what_padding_would_change_is_computed_by_a_program_for_each_width():
    grid = {"grid": {"layers.0.units": [3, 8]}}
    assert kinds(network(), grid) == 1
    for other in (network(activation="sigmoid"), network(activation="softmax"), network(dropout=0.2)):
        assert kinds(other, grid) == 2
    model = pl.Sequential([pl.Dense(3, "tanh", kernel_regularizer="l2"), pl.Dense(1)])
    model.compile("adam", "mse")
    assert kinds(model, grid) == 2
    model = pl.Sequential([pl.Dense(3, "relu"), pl.LayerNormalization(), pl.Dense(1)])
    model.compile("adam", "mse")
    assert kinds(model, grid) == 2
    model = pl.Sequential([pl.Dense(3, "relu"), pl.Dense(1)])
    model.compile("adam", "mse", rule="feedback_alignment")
    assert kinds(model, grid) == 2
    # The outputs are never padded.
    assert Sequential((pl.Dense(3), pl.Dense(2))).hidden_widths == {0: 3}


def test_sizes_share_a_program_while_padding_costs_less_than_compiling():
    population = pl.Population(network(), width=[2, 3, 64, 60], seeds=3)
    population.fit(X, Y, verbose=0)
    learners = [model.learner for model in population]
    # All in one for a short run, small ones apart from large ones in a long one, all apart in an endless one.
    assert divided(learners, 60) == [list(range(12))]
    assert divided(learners, 5 * 10**6) == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert divided(learners, 10**10) == [[0, 1, 2], [3, 4, 5], [9, 10, 11], [6, 7, 8]]


@pytest.mark.parametrize("name", sorted(name for name, each in NAMES.items() if vars(each).get("keeps_zero")))
def test_activations_that_keep_zero_do_and_let_units_alone(name):
    activation, z = NAMES[name](), jnp.array([[0.0, 1.5, -2.0]])
    assert activation(z)[0, 0] == 0
    np.testing.assert_allclose(activation(z)[0, 1:], activation(z[:, 1:])[0], rtol=1e-6)
    assert np.isfinite(jax.grad(lambda z: activation(z).sum())(z)).all()


def test_a_padded_run_that_is_cut_resumes_to_the_same_bits(tmp_path):
    def trained(folder, hooks=()):
        population = pl.Population(network(), width=[2, 6], seeds=2)
        given = {"checkpoint": folder, "resume": True, "checkpoint_seconds": 0, "hooks": hooks}
        population.fit(X, Y, 16, 6, verbose=0, **given)
        return [model.get_weights() for model in population]

    def kill(run):
        if run.step >= 2 * run.batches:
            raise KeyboardInterrupt

    whole = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "cut", [kill])
    jax.tree.map(np.testing.assert_array_equal, trained(tmp_path / "cut"), whole)


def test_a_padded_member_that_fails_is_explained_and_the_others_go_on():
    model = pl.Sequential([pl.Dense(4, "relu"), pl.Dense(1)])
    model.compile("sgd", "mse")
    population = pl.Population(model, [{"width": 2, "learning_rate": 1e20}, {"width": 5, "learning_rate": 0.01}])
    with pytest.warns(pl.errors.PlasticaWarning, match=r"1 of 2 members met .*member 0 \(width=2"):
        history = population.fit(X, X[:, :1], 16, 3, verbose=0)
    assert list(history.failed) == [0] and population[0].get_weights()[0].shape == (4, 2)
