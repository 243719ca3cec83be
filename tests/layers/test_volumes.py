"""Convolution and pooling of volumes beside Keras, with gradients."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from keras import layers as keras_layers

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

X = np.random.default_rng(0).normal(size=(2, 5, 6, 4, 2)).astype(np.float32)
CASES = [
    ("Conv3D", {"filters": 3, "kernel_size": 3, "activation": "tanh"}),
    ("Conv3D", {"filters": 4, "kernel_size": (2, 3, 1), "strides": (2, 1, 2), "padding": "same", "groups": 2}),
    ("Conv3D", {"filters": 2, "kernel_size": 2, "dilation_rate": (2, 3, 1), "use_bias": False}),
    ("MaxPooling3D", {}),
    ("MaxPooling3D", {"pool_size": (3, 2, 2), "strides": (1, 2, 1), "padding": "same"}),
    ("AveragePooling3D", {"pool_size": (2, 3, 1)}),
    ("AveragePooling3D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("GlobalAveragePooling3D", {}),
    ("GlobalMaxPooling3D", {"keepdims": True}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_values_and_gradients_equal_keras(name, arguments):
    ours, theirs = getattr(pl, name)(**arguments), getattr(keras_layers, name)(**arguments)
    theirs.build(X.shape)
    params = ours.init(np.random.default_rng(1), X.shape[1:]).params
    names = [variable.name for variable in theirs.weights]
    assert {variable.name: tuple(variable.shape) for variable in theirs.weights} == {
        key: value.shape for key, value in params.items()
    }

    @jax.jit
    def both(params, x):
        found, pull = jax.vjp(lambda params, x: ours.apply(params, x)[0], params, x)
        weights = [params[key] for key in names]
        wanted, keras_pull = jax.vjp(lambda weights, x: theirs.stateless_call(weights, [], x)[0], weights, x)
        return (found, *pull(jnp.cos(found))), (wanted, *keras_pull(jnp.cos(found)))

    (found, gradients, error), (wanted, keras_gradients, keras_error) = both(params, X)
    assert found.shape == (2, *ours.output_shape(X.shape[1:]))
    for one, other in zip(
        (found, error, *map(gradients.get, names)), (wanted, keras_error, *keras_gradients), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_wrong_values_and_shapes_are_explained():
    with pytest.raises(InvalidValue, match=re.escape("Conv3D(kernel_size=(3, 3)): kernel_size must be a whole number")):
        pl.Conv3D(4, (3, 3))
    with pytest.raises(
        ShapeError, match=r"Conv3D works on \(depth, height, width, channels\).*Reshape\(\(5, 6, 4, 1\)\)"
    ):
        pl.Conv3D(4, 3).output_shape((5, 6, 4))
    with pytest.raises(ShapeError, match=r"Conv3D: got inputs of shape .* smaller than its window of 3 x 3 x 3"):
        pl.Conv3D(4, 3).output_shape((2, 6, 4, 1))
    with pytest.raises(ShapeError, match=r"MaxPooling3D: got inputs of shape .* smaller than its window of 2 x 5 x 2"):
        pl.MaxPooling3D((2, 5, 2)).output_shape((5, 4, 4, 1))
    with pytest.raises(ShapeError, match=r"Conv3D\(groups=2\): .* the channels must be a multiple of groups"):
        pl.Conv3D(4, 3, groups=2).init(np.random.default_rng(0), (5, 6, 4, 3))
