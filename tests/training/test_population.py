"""Training a population gives the same weights as training each member alone."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.model.compiling import widths_for
from plastica.training.batches import Planner, held_out_rows, training_rows
from plastica.training.population import Population, group_for
from plastica.training.stopping import stop_rules

ROWS = 50
X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
Y = X[:, :3].argmax(1).astype(np.float32)
SEEDS, EPOCHS, BATCH = (0, 1, 5), 3, 16


def model_of(seed, rate=0.05):
    model = pl.Sequential(
        [pl.Dense(6, activation="tanh"), pl.Dropout(0.2), pl.Dense(3, activation="softmax")], seed=seed
    )
    model.compile(pl.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"])
    model.build((None, 4))
    return model


def population_of(models, epochs=EPOCHS, x=X):
    widths = widths_for(models[0].program, Y, (3,))
    planners = [Planner(ROWS, BATCH, model.seed, True, 0) for model in models]
    rows, held_out = training_rows(x, Y, None), held_out_rows(x[:10], Y[:10], None)
    learners = [model.start_learner(widths) for model in models]
    return Population(models[0].program, learners, rows, held_out, planners, widths, epochs)


@pytest.fixture(scope="module")
def alone():
    found = []
    for seed in SEEDS:
        model = model_of(seed)
        history = model.fit(X, Y, BATCH, EPOCHS, verbose=0, validation_data=(X[:10], Y[:10]))
        found.append((model, history.history))
    return found


@pytest.mark.parametrize(("group", "tolerance"), [(3, 1e-6), (1, 0.0)])
def test_members_learn_what_they_learn_alone(alone, group, tolerance):
    population = population_of([model_of(seed) for seed in SEEDS])
    population.group = group
    looks = []
    population.go(lambda seen: looks.append(seen.step))
    assert looks[-1] == population.total and not population.failed
    for (model, history), learner, logs in zip(alone, population.learners, population.logs, strict=True):
        for one, other in zip(jax.tree.leaves(model.params), jax.tree.leaves(learner.params), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=tolerance)
        for name, curve in history.items():
            np.testing.assert_allclose([epoch[name] for epoch in logs], curve, rtol=0, atol=tolerance)
    assert len(population.clock) == EPOCHS and population.clock == sorted(population.clock)
    assert population.clock[-1] == pytest.approx(population.seconds)


@pytest.mark.parametrize("group", [3, 1])
def test_a_member_that_is_not_finite_does_not_stop_the_others(alone, group):
    models = [model_of(seed) for seed in SEEDS]
    broken = [np.full_like(array, 1e38) for array in models[1].get_weights()]
    models[1].set_weights(broken)
    population = population_of(models)
    population.group = group
    population.go()
    assert population.failed == {1: "epoch 1, step 1 of 4"}
    assert np.isnan(population.logs[1][-1]["loss"]) and len(population.logs[1]) == EPOCHS
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(population.learners[1].params))
    for place in (0, 2):
        assert population.logs[place][-1]["loss"] == pytest.approx(alone[place][1]["loss"][-1], abs=1e-6)


def test_a_population_stops_where_it_is_told_and_goes_on_from_there(alone):
    population = population_of([model_of(seed) for seed in SEEDS])
    population.group = 1

    def stop(seen):
        seen.stop = seen.step >= 2

    population.go(stop)
    assert 2 <= population.step < population.total
    population.stop = False
    population.go()
    for (model, _), learner in zip(alone, population.learners, strict=True):
        for one, other in zip(jax.tree.leaves(model.params), jax.tree.leaves(learner.params), strict=True):
            np.testing.assert_array_equal(other, one)


SETTINGS = ((0.05, 0.2), (0.01, 0.5), (0.2, 0.0))


def model_with(seed, rate, dropped):
    layers = [pl.Dense(6, activation="tanh"), pl.Dropout(dropped), pl.Dense(3, activation="softmax")]
    model = pl.Sequential(layers, seed=seed)
    schedule = pl.schedules.ExponentialDecay(rate, decay_steps=4, decay_rate=1 - dropped / 2)
    optimizer = pl.optimizers.AdamW(schedule, weight_decay=rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    model.build((None, 4))
    return model


@pytest.mark.parametrize(("group", "tolerance"), [(3, 1e-5), (1, 0.0)])
def test_members_may_differ_in_any_float_and_learn_what_they_learn_alone(group, tolerance):
    models = [model_with(seed, *floats) for seed, floats in zip(SEEDS, SETTINGS, strict=True)]
    population = population_of(models)
    population = replace(population, programs=[model.program for model in models], logs=[])
    population.group = group
    population.go()
    for model, learner, logs in zip(models, population.learners, population.logs, strict=True):
        alone = model.fit(X, Y, BATCH, EPOCHS, verbose=0, validation_data=(X[:10], Y[:10])).history
        for one, other in zip(jax.tree.leaves(model.params), jax.tree.leaves(learner.params), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=tolerance)
        assert [epoch["val_loss"] for epoch in logs] == pytest.approx(alone["val_loss"], abs=1e-5)


def test_members_that_differ_in_more_than_floats_are_refused():
    models = [model_of(0), pl.Sequential([pl.Input((4,)), pl.Dense(3, activation="softmax")])]
    models[1].compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    population = population_of(models[:1])
    with pytest.raises(InvalidValue, match="member 1 differs from member 0 in more than floats"):
        replace(population, programs=[model.program for model in models])


@pytest.mark.parametrize("group", [3, 1])
def test_each_member_stops_where_it_would_have_alone_and_stays_as_it_is(group):
    until, epochs = {"loss": 0.9}, 12
    alone = []
    for seed in SEEDS:
        model = model_of(seed, rate=0.02)
        alone.append((model, model.fit(X, Y, BATCH, epochs, verbose=0, until=until)))
    population = population_of([model_of(seed, rate=0.02) for seed in SEEDS], epochs)
    population = replace(population, rules=stop_rules(until), logs=[])
    population.group = group
    population.go()
    made = [len(logs) for logs in population.logs]
    assert made == [len(history.epoch) for _, history in alone] and len(set(made)) > 1 and min(made) < epochs
    assert population.stopped == {
        place: history.stopped_by for place, (_, history) in enumerate(alone) if history.stopped_by != "epochs"
    }
    for (model, _), learner in zip(alone, population.learners, strict=True):
        for one, other in zip(jax.tree.leaves(model.params), jax.tree.leaves(learner.params), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-6 if group > 1 else 0)


def test_hooks_are_called_between_calls_of_the_program():
    population = population_of([model_of(seed) for seed in SEEDS])
    seen = [], []
    population = replace(population, hooks=[lambda at: seen[0].append(at.step), lambda at: seen[1].append(at.step)])
    population.go()
    assert seen[0] == seen[1] and seen[0][-1] == population.total


def test_large_networks_are_computed_one_after_another():
    assert [group_for({"w": np.zeros(count)}) for count in (10, 10_000, 50_000)] == [64, 8, 1]
