"""The plan of a run: figures that agree with the run, sentences in both languages, and a model left as it was."""

from __future__ import annotations

import dataclasses
import json

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFinite, NotFitted
from plastica.language import using
from plastica.model.planning import RunPlan

RNG = np.random.default_rng(0)
X = RNG.normal(size=(100, 6)).astype(np.float32)
Y = X[:, 0] + 1


def model_of(**given):
    model = pl.Sequential([pl.Dense(20, activation="tanh"), pl.Dense(1)], **given)
    model.compile("adam", "mse")
    return model


@pytest.fixture(scope="module")
def plan():
    model = model_of()
    found = model.plan(X, Y, 10, epochs=7, validation_split=0.2, seconds=0.05)
    assert not model.built and not model.is_trained  # the model was not touched
    return found


def test_sizes_are_those_of_the_run(plan):
    parameters = 6 * 20 + 20 + 20 + 1
    assert (plan.parameters, plan.rows, plan.batches, plan.batch_size, plan.epochs) == (parameters, 80, 8, 10, 7)
    moments = 2 * 4 * parameters  # of Adam
    assert 4 * parameters + moments <= plan.learner_bytes <= 4 * parameters + moments + 200
    assert plan.data_bytes >= 4 * 100 * 7
    assert plan.bytes == plan.data_bytes + 2 * plan.learner_bytes + plan.working_bytes
    assert plan.fits


def test_times_add_up(plan):
    assert plan.compile_seconds > 0 and plan.step_seconds > 0
    assert plan.epoch_seconds >= 8 * plan.step_seconds * 0.99
    assert plan.seconds == pytest.approx(plan.compile_seconds + 7 * plan.epoch_seconds)


def test_a_plan_is_said_in_both_languages_and_in_json(plan):
    assert "Takes at most about" in str(plan) and "7 epochs" in str(plan)
    with using("zh"):
        assert "最多约需" in str(plan) and "7 个训练轮" in str(plan)
    told = json.loads(json.dumps(plan.to_dict()))
    assert told["seconds"] == plan.seconds and told["fits"] is True


def test_what_does_not_fit_into_memory_and_what_is_worth_dividing_are_said(plan):
    large = dataclasses.replace(plan, data_bytes=1 << 40, step_seconds=0.1)
    assert not large.fits and "but only" in str(large) and "about 1024 GiB of memory" in str(large)
    assert "long enough to be divided" in str(large)
    assert "train several networks at once" in str(dataclasses.replace(plan, step_seconds=0.001))


def test_the_fields_of_a_plan_are_documented():
    assert all(f"{field.name}:" in (RunPlan.__doc__ or "") for field in dataclasses.fields(RunPlan))


def test_a_trained_model_and_one_batch_are_planned_and_stay_as_they_are():
    model = model_of()
    model.fit(X[:8], Y[:8], verbose=0)
    before = model.get_weights()
    plan = model.plan(X[:8], Y[:8], epochs=3, seconds=0.01)
    assert plan.batches == 1 and plan.seconds > 0
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
    assert model.epochs_trained == 1


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), True, "1"])
def test_a_time_to_measure_that_is_none_is_refused(seconds):
    with pytest.raises(InvalidValue, match="number of seconds above 0"):
        model_of().plan(X, Y, seconds=seconds)


def test_too_many_devices_and_an_uncompiled_model_are_refused():
    with pytest.raises(InvalidValue, match=f"JAX sees {len(jax.devices())} device"):
        model_of().plan(X, Y, devices=1000)
    with pytest.raises(NotFitted):
        pl.Sequential([pl.Dense(1)]).plan(X, Y)


def test_a_loss_that_is_not_finite_is_said_before_the_run():
    with pytest.raises(NotFinite, match="first steps is not finite"):
        model_of().plan(X[:8], np.full(8, 1e30, np.float32), seconds=0.01)
