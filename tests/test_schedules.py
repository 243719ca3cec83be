import dataclasses
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from plastica import schedules
from plastica.declaration import replace
from plastica.errors import InvalidValue, UnknownName
from plastica.schedules import (
    Constant,
    CosineDecay,
    CosineDecayRestarts,
    CustomSchedule,
    ExponentialDecay,
    InverseTimeDecay,
    LinearWarmup,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)

STEPS = range(47)

BESIDE_KERAS = [
    ExponentialDecay(0.1, 10, 0.5),
    ExponentialDecay(0.1, 10, 0.5, staircase=True),
    InverseTimeDecay(0.1, 10, 0.5),
    InverseTimeDecay(0.1, 10, 0.5, staircase=True),
    PolynomialDecay(0.1, 20),
    PolynomialDecay(0.1, 20, 0.01, power=2.0),
    PolynomialDecay(0.1, 20, 0.01, cycle=True),
    CosineDecay(0.1, 20),
    CosineDecay(0.1, 20, alpha=0.1),
    CosineDecay(0.01, 20, alpha=0.1, warmup_target=0.1, warmup_steps=7),
    CosineDecayRestarts(0.1, 5),
    CosineDecayRestarts(0.1, 5, t_mul=1.0, m_mul=0.9),
    CosineDecayRestarts(0.1, 5, t_mul=1.5, m_mul=0.9, alpha=0.05),
    PiecewiseConstantDecay((10, 20), (0.1, 0.05, 0.01)),
]

BESIDE_OPTAX = [
    (Constant(0.1), optax.constant_schedule(0.1)),
    (StepDecay(0.1, 10, 0.5), optax.exponential_decay(0.1, 10, 0.5, staircase=True)),
    (OneCycle(0.1, 40, pct_start=0.25), optax.cosine_onecycle_schedule(40, 0.1, pct_start=0.25)),
    (
        LinearWarmup(CosineDecay(0.1, 20), 10, 0.01),
        optax.join_schedules(
            [optax.linear_schedule(0.01, 0.1, 10), optax.cosine_decay_schedule(0.1, 20)], boundaries=[10]
        ),
    ),
    (LinearWarmup(0.1, 10), optax.warmup_constant_schedule(0.0, 0.1, 10)),
]

EVERY = [*BESIDE_KERAS, *(ours for ours, _ in BESIDE_OPTAX)]


def names(schedule):
    return [field.name for field in dataclasses.fields(schedule)]


def keras_twin(schedule):
    import keras

    fields = {name: getattr(schedule, name) for name in names(schedule)}
    return getattr(keras.optimizers.schedules, type(schedule).__name__)(**fields)


def rates(schedule):
    return np.asarray(jax.jit(lambda s: jax.vmap(s)(jnp.arange(len(STEPS))))(schedule))


@pytest.mark.parametrize("schedule", BESIDE_KERAS, ids=repr)
def test_schedule_equals_keras(schedule):
    twin = jax.jit(keras_twin(schedule))
    np.testing.assert_allclose(rates(schedule), [twin(step) for step in STEPS], rtol=2e-5, atol=1e-8)


@pytest.mark.parametrize("schedule, twin", BESIDE_OPTAX, ids=lambda value: repr(value)[:40])
def test_schedule_equals_optax(schedule, twin):
    np.testing.assert_allclose(rates(schedule), jax.jit(jax.vmap(twin))(jnp.arange(len(STEPS))), rtol=2e-5, atol=1e-8)


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_numbers_of_a_schedule_are_traced(schedule):
    traces = []

    @jax.jit
    def rate(s, step):
        traces.append(s)
        return s(step)

    before = rate(schedule, 3)
    first = names(schedule)[0]
    value = getattr(schedule, first)
    if isinstance(value, float):
        after = rate(replace(schedule, **{first: value * 2}), 3)
        assert float(after) == pytest.approx(float(schedules.get(replace(schedule, **{first: value * 2}))(3)))
        assert float(after) != float(before)
    rate(schedule, 4)
    assert len(traces) == 1


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_schedule_is_equal_by_value_and_never_negative(schedule):
    assert schedule == replace(schedule)
    assert hash(schedule) == hash(replace(schedule))
    assert float(rates(schedule).min()) >= 0


def test_population_of_schedules_equals_a_loop():
    alone = [CosineDecay(0.1, 10), CosineDecay(0.2, 20, alpha=0.1), CosineDecay(0.4, 30)]
    many = jax.tree.map(lambda *numbers: jnp.asarray(numbers), *alone)
    together = jax.vmap(lambda schedule: schedule(7))(many)
    np.testing.assert_allclose(together, [schedule(7) for schedule in alone], rtol=1e-6)


def test_whole_numbers_and_floats_are_one_schedule():
    assert StepDecay(1, 10) == StepDecay(1.0, 10.0)
    assert repr(StepDecay(0.1, 10)) == "StepDecay(initial_learning_rate=0.1, decay_steps=10.0)"


def test_lists_are_taken_for_pieces():
    assert PiecewiseConstantDecay([1], [1, 0.5]) == PiecewiseConstantDecay((1,), (1.0, 0.5))
    assert float(PiecewiseConstantDecay([], [0.5])(3)) == 0.5


def test_get_takes_numbers_functions_and_schedules():
    schedule = CosineDecay(0.1, 10)
    assert schedules.get(schedule) is schedule
    assert schedules.get(0.5) == Constant(0.5)
    own = schedules.get(lambda step: 1 / (1 + step))
    assert isinstance(own, CustomSchedule)
    assert float(own(1)) == 0.5


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: ExponentialDecay(0.1, 0, 0.5), r"ExponentialDecay\(decay_steps=0.0\): decay_steps must be a finite"),
        (lambda: CosineDecay(-0.1, 5), r"CosineDecay\(initial_learning_rate=-0.1\)"),
        (lambda: CosineDecayRestarts(0.1, 5, t_mul=0.5), "t_mul must be a finite number of at least 1"),
        (lambda: OneCycle(0.1, 5, pct_start=1.0), r"pct_start must be a number in \(0, 1\)"),
        (lambda: Constant(float("nan")), r"Constant\(learning_rate=nan\)"),
        (lambda: Constant("fast"), r"Constant\(learning_rate='fast'\)"),
        (lambda: PiecewiseConstantDecay((1, 2), (0.1,)), "one more value than boundaries"),
        (lambda: PiecewiseConstantDecay((2, 1), (0.1, 0.2, 0.3)), "boundaries must be ascending"),
        (lambda: LinearWarmup("slow", 5), "a learning rate is a number, a schedule such as"),
        (lambda: schedules.get(None), "learning rate None"),
        (lambda: schedules.get(CosineDecay), "a learning rate is a number, a schedule such as"),
        (lambda: schedules.get("cosine_decay"), r"use CosineDecay\(...\)"),
    ],
)
def test_wrong_numbers_are_named(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()


def test_unknown_name_says_the_nearest():
    with pytest.raises(UnknownName, match='did you mean "cosine_decay"'):
        schedules.get("cosine_decai")
