"""Pooling compared with windows of XLA, Keras and finite differences."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from plastica.errors import InvalidValue, ShapeError
from plastica.layers import pooling
from plastica.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
)
from plastica.layers.kernels import pooling as kernels
from plastica.layers.kernels.pooling import max_pool
from plastica.layers.kernels.window import Window, place
from plastica.layers.pooling import AveragePooling1D, AveragePooling2D, MaxPooling1D, MaxPooling2D

GEOMETRIES = [
    ((6, 8), (2, 2), None, "valid"),
    ((7, 9), (2, 3), None, "valid"),
    ((7, 8), (2, 3), None, "same"),
    ((7, 8), (3, 3), (2, 1), "valid"),
    ((7, 8), (3, 2), (1, 3), "same"),
    ((5, 7), (2, 2), (3, 3), "valid"),
]


def both(x, ours, theirs):
    """Return values and input gradients for an error that differs at each position."""

    def run(layer):
        y, pull = jax.vjp(layer, x)
        return y, *pull(jnp.cos(jnp.arange(y.size, dtype=y.dtype)).reshape(y.shape))

    found, wanted = jax.jit(lambda: run(ours))(), jax.jit(lambda: run(theirs))()
    for ours_, theirs_ in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours_, theirs_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_pooling_of_images_equals_keras(geometry, kind):
    from keras import layers

    image, size, strides, padding = geometry
    # Few distinct values, so that the choice among equal maxima is also compared.
    x = jnp.asarray(np.random.default_rng(0).integers(-3, 3, (2, *image, 3)), np.float32)
    ours = getattr(pooling, kind)(size, strides, padding)
    assert ours.output_shape((*image, 3)) == ours.apply({}, x)[0].shape[1:]
    both(x, lambda x: ours.apply({}, x)[0], getattr(layers, kind)(size, strides, padding))


@pytest.mark.parametrize("kind", ["MaxPooling1D", "AveragePooling1D"])
@pytest.mark.parametrize("arguments", [(2, None, "valid"), (3, 2, "same")])
def test_pooling_of_sequences_equals_keras(kind, arguments):
    from keras import layers

    x = jnp.asarray(np.random.default_rng(0).integers(-3, 3, (2, 9, 3)), np.float32)
    ours = getattr(pooling, kind)(*arguments)
    assert ours.output_shape((9, 3)) == ours.apply({}, x)[0].shape[1:]
    both(x, lambda x: ours.apply({}, x)[0], getattr(layers, kind)(*arguments))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "kind",
    [GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalMaxPooling1D, GlobalMaxPooling2D],
)
def test_global_pooling_equals_keras(kind, keepdims):
    from keras import layers

    shape = (5, 3) if kind.__name__.endswith("1D") else (4, 5, 3)
    x = jnp.asarray(np.random.default_rng(0).standard_normal((2, *shape)), np.float32)
    ours = kind(keepdims=keepdims)
    assert ours.output_shape(shape) == ours.apply({}, x)[0].shape[1:]
    both(x, lambda x: ours.apply({}, x)[0], getattr(layers, kind.__name__)(keepdims=keepdims))


@pytest.mark.parametrize(
    "layer",
    [MaxPooling2D(2), MaxPooling2D(3, 2, "same"), AveragePooling2D(2), AveragePooling2D(3, 1, "same")],
    ids=str,
)
def test_gradients_equal_finite_differences_in_float64(layer):
    with jax.enable_x64(True):
        x = np.random.default_rng(0).permutation(2 * 5 * 6 * 2).reshape(2, 5, 6, 2) / 7.0
        check_grads(jax.jit(lambda x: layer.apply({}, x)[0]), (x,), order=1, modes=["rev"], rtol=1e-6)
        assert layer.apply({}, jnp.asarray(x))[0].dtype == np.float64


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
def test_large_windows_give_the_same_by_another_way(kind, monkeypatch):
    x = jnp.asarray(np.random.default_rng(0).integers(-3, 3, (2, 7, 5, 2)), np.float32)

    def pool(x):
        return kind((3, 2), 2, "same").apply({}, x)[0]

    wanted = jax.vjp(pool, x)[0]
    monkeypatch.setattr(kernels, "_MOST_TAPS", 3)
    np.testing.assert_allclose(jax.vjp(pool, x)[0], wanted, rtol=1e-6)


def test_of_equal_values_the_first_gets_the_whole_error():
    x = jnp.zeros((1, 2, 4, 1))
    found = jax.grad(lambda x: MaxPooling2D(2).apply({}, x)[0].sum())(x)
    np.testing.assert_array_equal(found[0, :, :, 0], [[1, 0, 1, 0], [0, 0, 0, 0]])


def test_nan_is_not_pooled_away():
    for place_ in range(4):
        x = np.zeros((1, 2, 2, 1), np.float32)
        x.reshape(-1)[place_] = np.nan
        assert np.isnan(MaxPooling2D(2).apply({}, jnp.asarray(x))[0]).all()


def test_population_equals_loop():
    x = jnp.asarray(np.random.default_rng(0).standard_normal((3, 2, 5, 5, 2)), np.float32)
    window = place((5, 5), Window((3, 3), (2, 2)), "same")
    gradient = jax.jit(jax.grad(lambda x: jnp.square(max_pool(x, window)).sum()))
    np.testing.assert_allclose(jax.jit(jax.vmap(gradient))(x), np.stack([gradient(member) for member in x]), rtol=1e-6)


def test_accelerators_get_their_own_windows():
    traced = jax.jit(lambda x: MaxPooling2D(2).apply({}, x)[0]).trace(np.ones((2, 12, 12, 4), np.float32))
    assert "stablehlo.reduce_window" in traced.lower(lowering_platforms=("cuda",)).as_text()
    assert "stablehlo.reduce_window" not in traced.lower(lowering_platforms=("cpu",)).as_text()


def test_wrong_values_are_named():
    with pytest.raises(InvalidValue, match=r"MaxPooling2D\(pool_size=0\): pool_size must be a whole number"):
        MaxPooling2D(0)
    with pytest.raises(InvalidValue, match=r'padding must be one of "valid", "same"'):
        AveragePooling1D(2, padding="causal")
    with pytest.raises(InvalidValue, match=r"channels come last here"):
        GlobalMaxPooling1D(data_format="channels_first")


def test_wrong_shapes_are_explained():
    with pytest.raises(ShapeError, match=r"MaxPooling2D: got inputs of shape \(8, 8\).*Reshape\(\(8, 8, 1\)\)"):
        MaxPooling2D(2).output_shape((8, 8))
    with pytest.raises(ShapeError, match=r"smaller than its window of 3\."):
        MaxPooling1D(3).output_shape((2, 5))
    with pytest.raises(ShapeError, match=r"GlobalAveragePooling2D works on \(height, width, channels\)"):
        GlobalAveragePooling2D().output_shape((8,))
