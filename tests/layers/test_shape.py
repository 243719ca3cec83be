"""Flatten, Reshape, ZeroPadding2D and UpSampling2D compared with Keras and NumPy."""

import json
import os
import re

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from plastica.errors import InvalidValue, ShapeError
from plastica.layers.convolution import Conv1D, Conv2D
from plastica.layers.edges import ZeroPadding2D
from plastica.layers.noise import Dropout
from plastica.layers.normalization import LayerNormalization
from plastica.layers.pooling import MaxPooling2D
from plastica.layers.shape import Flatten, Reshape
from plastica.layers.upsampling import UpSampling2D
from plastica.specification import from_spec, to_spec

X = np.random.default_rng(0).standard_normal((2, 4, 3, 2)).astype(np.float32)


def run(layer, x=X):
    y = layer.apply({}, jnp.asarray(x))[0]
    assert y.shape == (x.shape[0], *layer.output_shape(x.shape[1:]))
    return y


def test_flatten_writes_row_by_row():
    np.testing.assert_array_equal(run(Flatten()), X.reshape(2, 24))
    assert run(Flatten(), np.ones((3,), np.float32)).shape == (3, 1)
    assert run(Flatten(), np.ones((0, 2, 3), np.float32)).shape == (0, 6)


@pytest.mark.parametrize("target", [(24,), (-1,), (3, -1), [2, 3, 4]])
def test_reshape_equals_numpy(target):
    np.testing.assert_array_equal(run(Reshape(target)), X.reshape(2, *target))


@pytest.mark.parametrize("padding", [1, (2, 0), ((1, 2), (0, 3))])
def test_zero_padding_equals_keras(padding):
    from keras import layers

    np.testing.assert_array_equal(run(ZeroPadding2D(padding)), layers.ZeroPadding2D(padding)(X))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [1, 2, (3, 4)])
def test_up_sampling_equals_keras(size, interpolation):
    from keras import layers

    wanted = layers.UpSampling2D(size, interpolation=interpolation)(X)
    np.testing.assert_allclose(run(UpSampling2D(size, interpolation=interpolation)), wanted, rtol=1e-5, atol=1e-6)


def test_up_sampling_of_a_single_place_repeats_it():
    y = run(UpSampling2D(3, interpolation="bilinear"), np.full((1, 1, 1, 1), 5, np.float32))
    np.testing.assert_array_equal(y, np.full((1, 3, 3, 1), 5))


@pytest.mark.parametrize(
    "layer", [ZeroPadding2D((1, 2)), UpSampling2D(2), UpSampling2D(3, interpolation="bilinear")], ids=str
)
def test_gradients_equal_finite_differences_in_float64(layer):
    with jax.enable_x64(True):
        x = X.astype(np.float64)
        forward = jax.jit(lambda x: jnp.sin(layer.apply({}, x)[0]))
        assert forward(x).dtype == np.float64
        check_grads(forward, (x,), order=1, modes=["rev"], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reshape((-1, -1)), "Reshape((-1, -1)): sizes must be at least 1, and one of them may be -1"),
        (lambda: Reshape((0, 3)), "Reshape((0, 3)): sizes must be at least 1"),
        (lambda: ZeroPadding2D(-1), "ZeroPadding2D(padding=-1): give a whole number of at least 0"),
        (lambda: ZeroPadding2D((1, 2, 3)), "ZeroPadding2D(padding=(1, 2, 3)): give a whole number"),
        (lambda: UpSampling2D(0), "UpSampling2D(size=0): size must be a whole number of at least 1"),
        (lambda: UpSampling2D(2, interpolation="cubic"), 'interpolation must be one of "nearest", "bilinear"'),
        (lambda: Flatten("channels_first"), "channels come last here"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=re.escape(message)):
        make()


def test_wrong_shapes_are_explained():
    with pytest.raises(ShapeError, match=re.escape("Reshape((5, -1)): got inputs of shape (4, 3), 12 numbers")):
        Reshape((5, -1)).output_shape((4, 3))
    with pytest.raises(ShapeError, match="the product of the sizes must be 12"):
        Reshape((5, 2)).output_shape((4, 3))
    with pytest.raises(ShapeError, match=r"UpSampling2D works on \(height, width, channels\)"):
        UpSampling2D().output_shape((4, 3))


@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(4, [3, 3], strides=(2, 1)),
        Conv1D(4, 3, padding="causal"),
        MaxPooling2D((2, 3), 2),
        ZeroPadding2D([[1, 2], [0, 1]]),
        UpSampling2D((2, 3)),
        Reshape([2, -1]),
        LayerNormalization([1, 2]),
        Dropout(0.5, [None, 1]),
    ],
    ids=str,
)
def test_tuples_survive_the_way_through_json(layer):
    assert from_spec(json.loads(json.dumps(to_spec(layer)))) == layer
