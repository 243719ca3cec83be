"""Dropout and GaussianNoise: means, and when they are random."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from plastica import random
from plastica.errors import InvalidValue, ShapeError
from plastica.layers.layer import INFERENCE, Context
from plastica.layers.noise import Dropout, GaussianNoise

KEY = random.seed_key(1)
TRAINING = Context(training=True, key=KEY)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_silences_its_part_and_keeps_the_mean(rate):
    x = jnp.ones((400, 500))
    y = np.asarray(Dropout(rate).apply({}, x, {}, TRAINING)[0])
    silent = (y == 0).mean()
    assert abs(silent - rate) < 4 * np.sqrt(rate * (1 - rate) / y.size)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_dropout_at_its_ends():
    x = jnp.asarray(np.random.default_rng(0).standard_normal((8, 9)), np.float32)
    np.testing.assert_array_equal(Dropout(0).apply({}, x, {}, TRAINING)[0], x)
    y, gradient = jax.value_and_grad(lambda x: Dropout(1).apply({}, x, {}, TRAINING)[0].sum())(x)
    assert y == 0
    assert not gradient.any()


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)], ids=str)
@pytest.mark.parametrize("context", [INFERENCE, Context(training=True), Context(False, KEY)])
def test_nothing_is_drawn_outside_training_or_without_a_key(layer, context):
    x = jnp.ones((4, 5))
    assert layer.apply({}, x, {}, context)[0] is x


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)], ids=str)
def test_the_key_decides_what_is_drawn(layer):
    x = jnp.ones((20, 50))
    first, again = (layer.apply({}, x, {}, TRAINING)[0] for _ in range(2))
    other = layer.apply({}, x, {}, Context(True, random.fold(KEY, 1)))[0]
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.3


def test_the_error_passes_where_the_activity_passed():
    x = jnp.ones((20, 50))
    y, pull = jax.vjp(lambda x: Dropout(0.3).apply({}, x, {}, TRAINING)[0], x)
    np.testing.assert_array_equal(pull(jnp.ones_like(y))[0], y)


def test_another_rate_compiles_nothing():
    traces = []

    @jax.jit
    def run(layer, x):
        traces.append(layer)
        return layer.apply({}, x, {}, TRAINING)[0]

    for rate in (0.1, 0.2, 0.7):
        run(Dropout(rate), jnp.ones((4, 5)))
    assert len(traces) == 1


def test_a_population_has_a_rate_for_each_member():
    x = jnp.ones((100, 100))
    rates = np.array([0.0, 0.5, 0.9], np.float32)
    layers = jax.tree.map(lambda _: rates, Dropout(0.5))
    y = jax.vmap(lambda layer: layer.apply({}, x, {}, TRAINING)[0])(layers)
    np.testing.assert_allclose((y == 0).mean((1, 2)), rates, atol=0.02)


def test_noise_shape_shares_the_draw():
    layer = Dropout(0.5, noise_shape=(None, 1, None))
    y = np.asarray(layer.apply({}, jnp.ones((30, 7, 20)), {}, TRAINING)[0])
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert 0.3 < (y[:, 0] == 0).mean() < 0.7


def test_gaussian_noise_has_its_moments():
    x = jnp.full((400, 500), 3.0)
    noise = np.asarray(GaussianNoise(0.2).apply({}, x, {}, TRAINING)[0] - x, np.float64)
    assert abs(noise.mean()) < 4 * 0.2 / np.sqrt(noise.size)
    assert abs(noise.std() - 0.2) < 1e-3


@pytest.mark.parametrize("layer", [Dropout(0.4), GaussianNoise(0.4)], ids=str)
def test_float64_stays_float64_with_the_right_gradient(layer):
    with jax.enable_x64(True):
        x = np.random.default_rng(0).standard_normal((4, 5))
        run = jax.jit(lambda x: jnp.square(layer.apply({}, x, {}, TRAINING)[0]))
        assert run(x).dtype == np.float64
        check_grads(run, (x,), order=1, modes=["rev"], rtol=1e-6)


def test_wrong_values_are_named():
    with pytest.raises(InvalidValue, match=r"Dropout\(50\.0\): rate must be a fraction .* for 50 % use 0\.5"):
        Dropout(50)
    with pytest.raises(InvalidValue, match=r"GaussianNoise\(-1\.0\): stddev must be a number of at least 0"):
        GaussianNoise(-1)
    message = "got inputs of shape (7, 20), to which noise_shape=(None, 1) does not fit"
    with pytest.raises(ShapeError, match=re.escape(message)):
        Dropout(0.5, noise_shape=(None, 1)).output_shape((7, 20))
