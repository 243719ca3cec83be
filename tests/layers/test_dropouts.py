"""SpatialDropout, GaussianDropout and AlphaDropout: statistics and shared masks."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue, ShapeError
from plastica.layers import Context

TRAINING = Context(training=True, key=random.seed_key(1))


@pytest.mark.parametrize(
    "layer", [pl.SpatialDropout1D(0.3), pl.SpatialDropout2D(0.3), pl.SpatialDropout3D(0.3)], ids=str
)
def test_whole_channels_are_dropped(layer):
    x = jnp.ones((200, *[2] * layer.rank, 50))
    y = np.asarray(layer.apply({}, x, {}, TRAINING)[0]).reshape(200, -1, 50)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    silent = (y[:, 0] == 0).mean()
    assert abs(silent - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 10_000)
    np.testing.assert_allclose(y[y != 0], 1 / 0.7, rtol=1e-6)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_gaussian_dropout_has_mean_one_and_the_variance_of_dropout(rate):
    y = np.asarray(pl.GaussianDropout(rate).apply({}, jnp.ones((400, 500)), {}, TRAINING)[0])
    wanted = rate / (1 - rate)
    assert abs(y.mean() - 1) < 4 * np.sqrt(wanted / y.size)
    assert y.var() == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(rate):
    x = jnp.asarray(np.random.default_rng(0).standard_normal((400, 500)), jnp.float32)
    y = np.asarray(pl.AlphaDropout(rate).apply({}, x, {}, TRAINING)[0])
    assert abs(y.mean()) < 0.02 and y.var() == pytest.approx(1, rel=0.02)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(rate, rel=0.05), "dropped units have one value"
    assert values[counts.argmax()] < -0.5


def test_alpha_dropout_equals_keras_s_formula():
    x, rate, limit = np.full((1, 4), 2.0, np.float32), 0.4, -1.0507009873554805 * 1.6732632423543772
    a = ((1 - rate) * (1 + rate * limit**2)) ** -0.5
    b = -a * limit * rate
    found = np.asarray(pl.AlphaDropout(rate).apply({}, x, {}, TRAINING)[0])
    wanted = {np.float32(a * 2 + b).round(4), np.float32(a * limit + b).round(4)}
    assert set(found.round(4).ravel()) <= wanted


def test_rate_one_has_no_infinite_gradient():
    y, gradient = jax.value_and_grad(lambda x: pl.AlphaDropout(1).apply({}, x, {}, TRAINING)[0].sum())(jnp.ones(5))
    assert y == 0 and not gradient.any()


LAYERS = [pl.SpatialDropout1D(0.5), pl.GaussianDropout(0.5), pl.AlphaDropout(0.5)]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@pytest.mark.parametrize("context", [Context(), Context(training=True), Context(False, TRAINING.key)])
def test_nothing_is_drawn_outside_training_or_without_a_key(layer, context):
    x = jnp.ones((4, 5, 3))
    assert layer.apply({}, x, {}, context)[0] is x


def test_wrong_values_and_shapes_are_explained():
    with pytest.raises(InvalidValue, match=re.escape("SpatialDropout2D(2.0): rate must be a fraction from 0 to 1")):
        pl.SpatialDropout2D(2)
    with pytest.raises(InvalidValue, match=re.escape("GaussianDropout(1.0): rate must be from 0 to below 1")):
        pl.GaussianDropout(1)
    with pytest.raises(InvalidValue, match=re.escape("AlphaDropout(-0.1): rate must be a fraction")):
        pl.AlphaDropout(-0.1)
    with pytest.raises(ShapeError, match=r"AlphaDropout: got inputs of shape \(3,\), to which noise_shape=\(None, 2\)"):
        pl.AlphaDropout(0.1, (None, 2)).output_shape((3,))
    with pytest.raises(ShapeError, match=r"SpatialDropout1D works on \(steps, channels\)"):
        pl.SpatialDropout1D(0.1).output_shape((3,))
