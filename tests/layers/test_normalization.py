"""BatchNormalization and LayerNormalization compared with Keras, automatic and finite differences."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from plastica.errors import InvalidValue, ShapeError
from plastica.layers.kernels.normalization import normalize_batch
from plastica.layers.layer import Context
from plastica.layers.normalization import BatchNormalization, LayerNormalization

TRAINING = Context(training=True)


def batch(*shape, seed=0):
    return (3 + 2 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def values(variables):
    return {v.name: np.asarray(v.value) for v in variables}


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((8, 5), {}),
        ((4, 3, 3, 5), {"momentum": 0.9, "epsilon": 0.01}),
        ((4, 3, 6), {"axis": 1, "momentum": 0.5, "scale": False}),
        ((8, 5), {"center": False}),
    ],
)
def test_batch_normalization_equals_keras_after_three_steps(shape, arguments):
    from keras import layers

    theirs, ours = layers.BatchNormalization(**arguments), BatchNormalization(**arguments)
    theirs.build(shape)
    params, state = ours.init(np.random.default_rng(0), shape[1:])
    assert {k: v.shape for k, v in values(theirs.trainable_weights).items()} == {k: v.shape for k, v in params.items()}
    params = {k: v + batch(*v.shape, seed=1) for k, v in params.items()}
    for variable in theirs.trainable_weights:
        variable.assign(params[variable.name])
    for step in range(3):
        x = jnp.asarray(batch(*shape, seed=step))
        y, state = ours.apply(params, x, state, TRAINING)
        np.testing.assert_allclose(y, theirs(x, training=True), rtol=2e-5, atol=2e-5)
    for name, moving in values(theirs.non_trainable_weights).items():
        np.testing.assert_allclose(state[name], moving, rtol=1e-5, atol=1e-6)
    y, after = ours.apply(params, x, state)
    np.testing.assert_allclose(y, theirs(x, training=False), rtol=2e-5, atol=2e-5)
    assert after is state


def plain(x, gamma, beta, epsilon, mask):
    """The equations, to be differentiated by JAX."""
    weight = jnp.ones(len(x), x.dtype) if mask is None else mask.astype(x.dtype)
    weight = jnp.broadcast_to(weight.reshape(-1, *[1] * (x.ndim - 1)), x.shape)
    axes = tuple(range(x.ndim - 1))
    mean = (x * weight).sum(axes) / weight.sum(axes)
    variance = (jnp.square(x - mean) * weight).sum(axes) / weight.sum(axes)
    return gamma * (x - mean) / jnp.sqrt(variance + epsilon) + beta, mean, variance


@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_that_is_written_out_equals_plain_differentiation(masked):
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        x, gamma, beta = rng.standard_normal((4, 3, 2, 5)), rng.standard_normal(5), rng.standard_normal(5)
        mask = np.array([True, True, False, True]) if masked else None
        errors = rng.standard_normal(x.shape), rng.standard_normal(5), rng.standard_normal(5)

        def pull(function):
            answer, back = jax.vjp(lambda *args: tuple(function(*args, mask)), x, gamma, beta, 0.1)
            return *answer, *back(tuple(map(jnp.asarray, errors)))

        found, wanted = jax.jit(lambda: pull(normalize_batch))(), jax.jit(lambda: pull(plain))()
        assert found[0].dtype == np.float64
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_a_masked_batch_counts_like_the_short_batch():
    layer = BatchNormalization()
    params, state = layer.init(np.random.default_rng(0), (3, 5))
    x = batch(8, 3, 5)
    x[6:] = 1e4
    mask = jnp.arange(8) < 6

    def run(x, context):
        def loss(params, x):
            y, after = layer.apply(params, x, state, context)
            return (y[:6] * jnp.cos(jnp.arange(90.0)).reshape(6, 3, 5)).sum(), after

        return jax.value_and_grad(loss, (0, 1), has_aux=True)(params, x)

    (long, long_state), (long_params, long_x) = jax.jit(lambda: run(x, Context(True, mask=mask)))()
    (short, short_state), (short_params, short_x) = jax.jit(lambda: run(x[:6], TRAINING))()
    assert float(long) == pytest.approx(float(short), rel=1e-4)
    for ours, theirs in ((long_state, short_state), (long_params, short_params)):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), ours, theirs)
    np.testing.assert_allclose(long_x[:6], short_x, rtol=1e-4, atol=1e-4)
    assert not np.asarray(long_x[6:]).any()


def test_a_large_mean_costs_no_accuracy():
    x = np.random.default_rng(0).standard_normal((256, 2)) + 1e4
    layer = BatchNormalization(epsilon=1e-6)
    params, state = layer.init(np.random.default_rng(0), (2,))
    y, _ = layer.apply(params, jnp.asarray(x, np.float32), state, TRAINING)
    x = np.float32(x).astype(np.float64)
    np.testing.assert_allclose(y, (x - x.mean(0)) / x.std(0), atol=2e-3)


def test_the_state_keeps_its_dtype_in_a_loop():
    layer = BatchNormalization()
    params, state = layer.init(np.random.default_rng(0), (5,))
    with jax.enable_x64(True):
        steps = jnp.asarray(batch(3, 8, 5), np.float64)
        after, _ = jax.lax.scan(lambda s, x: layer.apply(params, x, s, TRAINING)[::-1], state, steps)
        assert {leaf.dtype for leaf in jax.tree.leaves(after)} == {np.dtype(np.float32)}


def test_another_momentum_compiles_nothing():
    traces = []

    @jax.jit
    def run(layer, x, state):
        traces.append(layer)
        return layer.apply({}, x, state, TRAINING)[1]["moving_mean"]

    x = jnp.ones((4, 5))
    for momentum in (0.9, 0.5):
        layer = BatchNormalization(momentum=momentum, center=False, scale=False)
        moved = run(layer, x, layer.init(np.random.default_rng(0), (5,)).state)
        np.testing.assert_allclose(moved, 1 - momentum, rtol=1e-6)
    assert len(traces) == 1


def test_population_equals_loop():
    layer = BatchNormalization()
    params, state = layer.init(np.random.default_rng(0), (5,))
    x = jnp.asarray(batch(3, 8, 5))
    mask = jnp.arange(8) < 6
    gradient = jax.jit(jax.grad(lambda x: jnp.sin(layer.apply(params, x, state, Context(True, mask=mask))[0]).sum()))
    np.testing.assert_allclose(jax.vmap(gradient)(x), np.stack([gradient(m) for m in x]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [((4, 6), {}), ((4, 3, 6), {"axis": 1, "center": False}), ((4, 3, 2, 6), {"axis": [1, 3], "epsilon": 0.1})],
)
def test_layer_normalization_equals_keras(shape, arguments):
    from keras import layers

    theirs, ours = layers.LayerNormalization(**arguments), LayerNormalization(**arguments)
    theirs.build(shape)
    params, state = ours.init(np.random.default_rng(0), shape[1:])
    assert state == {}
    params = {k: v + batch(*v.shape, seed=1) for k, v in params.items()}
    for variable in theirs.weights:
        variable.assign(params[variable.name])
    x = jnp.asarray(batch(*shape))
    np.testing.assert_allclose(ours.apply(params, x)[0], theirs(x), rtol=2e-5, atol=2e-5)


def test_layer_normalization_gradient_equals_finite_differences_in_float64():
    with jax.enable_x64(True):
        layer = LayerNormalization()
        params = {"gamma": np.linspace(0.5, 2, 5), "beta": np.linspace(-1, 1, 5)}
        x = np.random.default_rng(0).standard_normal((3, 2, 5))
        run = jax.jit(lambda params, x: jnp.sin(layer.apply(params, x)[0]))
        assert run(params, x).dtype == np.float64
        check_grads(run, (params, x), order=1, modes=["rev"], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchNormalization(momentum=1.5), r"momentum=1\.5\): momentum must be from 0 to 1"),
        (lambda: BatchNormalization(epsilon=0), r"epsilon must be above 0"),
        (lambda: BatchNormalization(axis=0), r"axis 0 is the batch"),
        (lambda: LayerNormalization(axis=(0, 1)), r"axis 0 is the batch"),
        (lambda: BatchNormalization(center=False, beta_regularizer="l2"), r"center=False\): there is nothing"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=message):
        make()


def test_a_missing_axis_is_explained():
    with pytest.raises(ShapeError, match=r"BatchNormalization\(axis=3\): got inputs of shape \(4, 5\); .* axes 0 to 2"):
        BatchNormalization(axis=3).output_shape((4, 5))
    with pytest.raises(ShapeError, match=r"LayerNormalization\(axis=-3\): got inputs of shape \(4, 5\)"):
        LayerNormalization(axis=-3).output_shape((4, 5))
