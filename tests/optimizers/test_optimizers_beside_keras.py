import dataclasses
import os
from inspect import signature

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import numpy as np
import pytest

from plastica.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lamb,
    Lion,
    Nadam,
    RMSprop,
)
from plastica.schedules import ExponentialDecay

STEPS = 40
RNG = np.random.default_rng(3)
X = RNG.normal(size=(16, 6)).astype(np.float32)
Y = np.sin(X @ RNG.normal(size=(6, 2))).astype(np.float32)
START = [
    RNG.normal(size=(6, 5)).astype(np.float32) * 0.5,
    np.zeros(5, np.float32),
    RNG.normal(size=(5, 2)).astype(np.float32) * 0.5,
    np.zeros(2, np.float32),
]


def loss(params, x, y):
    w1, b1, w2, b2 = params
    return ((jax.numpy.tanh(x @ w1 + b1) @ w2 + b2 - y) ** 2).mean()


OPTIMIZERS = [
    SGD(0.1),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, nesterov=True),
    Adam(0.01),
    Adam(0.01, amsgrad=True),
    Adam(0.01, 0.8, 0.95, 1e-3),
    AdamW(0.01),
    AdamW(0.01, 0.1),
    RMSprop(0.01),
    RMSprop(0.01, 0.8, 0.9),
    RMSprop(0.01, centered=True),
    RMSprop(0.01, momentum=0.5, centered=True),
    Adagrad(0.1),
    Adagrad(0.1, initial_accumulator_value=0.0),
    Adadelta(1.0),
    Adamax(0.01),
    Nadam(0.01),
    Lion(0.003),
    Lamb(0.01),
]

AROUND = [
    {"weight_decay": 0.1},
    {"clipnorm": 0.05},
    {"clipvalue": 0.01},
    {"global_clipnorm": 0.05},
    {"use_ema": True, "ema_momentum": 0.8},
    {"learning_rate": ExponentialDecay(0.02, 10, 0.5)},
]


def keras_twin(optimizer, batches=1):
    import keras

    fields = {field.name: getattr(optimizer, field.name) for field in dataclasses.fields(optimizer)}
    del fields["accumulate"]
    if batches > 1:
        fields["gradient_accumulation_steps"] = batches
    if "momentum" in fields:
        fields["momentum"] = fields["momentum"] or 0.0
    if isinstance(fields["learning_rate"], ExponentialDecay):
        own = fields["learning_rate"]
        fields["learning_rate"] = keras.optimizers.schedules.ExponentialDecay(
            own.initial_learning_rate, own.decay_steps, own.decay_rate
        )
    return getattr(keras.optimizers, type(optimizer).__name__)(**fields)


def run_keras(optimizer, batches=1, average=False):
    import keras

    twin = keras_twin(optimizer, batches)
    variables = [keras.Variable(array) for array in START]
    twin.build(variables)
    state = [variable.value for variable in twin.variables]
    slope = jax.grad(loss)

    @jax.jit
    def step(params, state, x, y):
        return twin.stateless_apply(state, slope(params, x, y), params)

    params = [variable.value for variable in variables]
    for count in range(STEPS):
        rows = slice(8 * (count % 2), 8 * (count % 2) + 8)
        params, state = step(params, state, X[rows], Y[rows])
    if average:
        for variable, value in zip(twin.variables, state, strict=True):
            variable.assign(value)
        params = [variable.value for variable in twin._model_variables_moving_average]
    return params


@jax.jit
def step(optimizer, params, state, x, y):
    return optimizer.update(jax.grad(loss)(params, x, y), state, params)


def run(optimizer, average=False):
    params, state = START, optimizer.init(START)
    for count in range(STEPS):
        rows = slice(8 * (count % 2), 8 * (count % 2) + 8)
        params, state = step(optimizer, params, state, X[rows], Y[rows])
    return optimizer.averaged(params, state) if average else params


def assert_same(ours, theirs):
    for one, other, start in zip(ours, theirs, START, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6)
        assert np.abs(np.asarray(one) - start).max() > 1e-4


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_weights_equal_keras(optimizer):
    assert_same(run(optimizer), run_keras(optimizer))


@pytest.mark.parametrize("fields", AROUND, ids=str)
@pytest.mark.parametrize("kind", [SGD, Adam, Lamb])
def test_clipping_decay_averages_and_schedules_equal_keras(kind, fields):
    optimizer = kind(**{"learning_rate": 0.05 if kind is SGD else 0.01, **fields})
    assert_same(run(optimizer, optimizer.use_ema), run_keras(optimizer, average=optimizer.use_ema))


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_accumulated_steps_equal_keras(kind):
    assert_same(run(kind(0.01, accumulate=4, clipnorm=0.1)), run_keras(kind(0.01, clipnorm=0.1), batches=4))


@pytest.mark.parametrize(
    "kind", [SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, Nadam, Lion, Lamb], ids=lambda kind: kind.__name__
)
def test_defaults_are_those_of_keras(kind):
    import keras

    theirs = vars(getattr(keras.optimizers, kind.__name__)())
    ours = kind()
    default = signature(getattr(keras.optimizers, kind.__name__)).parameters["learning_rate"].default
    assert ours.learning_rate == default
    for name in (field.name for field in dataclasses.fields(ours)):
        if name not in {"learning_rate", "accumulate", "momentum"}:
            assert getattr(ours, name) == theirs[name], name
