"""Transposed, depthwise and separable convolutions compared with Keras, with gradients."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers as keras_layers

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

SIZES = st.integers(2, 5)


def compared(name, arguments, shape):
    """Compare values and gradients of a layer with those of Keras for the same weights."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, *shape)).astype(np.float32)
    ours, theirs = getattr(pl, name)(**arguments), getattr(keras_layers, name)(**arguments)
    params = ours.init(rng, shape).params
    params = {key: rng.normal(size=value.shape).astype(np.float32) for key, value in params.items()}
    theirs.build(x.shape)
    names = list(params)
    assert [variable.name for variable in theirs.weights] == names
    assert [tuple(variable.shape) for variable in theirs.weights] == [value.shape for value in params.values()]

    def keras_values(weights, x):
        return theirs.stateless_call(weights, [], x)[0]

    @jax.jit
    def both(params, x):
        found, pull = jax.vjp(lambda params, x: ours.apply(params, x)[0], params, x)
        wanted, keras_pull = jax.vjp(keras_values, [params[name] for name in names], x)
        return (found, *pull(jnp.cos(found))), (wanted, *keras_pull(jnp.cos(found)))

    (found, gradients, error), (wanted, keras_gradients, keras_error) = both(params, x)
    assert found.shape == (2, *ours.output_shape(shape))
    for one, other in zip(
        (found, error, *map(gradients.get, names)), (wanted, keras_error, *keras_gradients), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.data())
def test_conv_2d_transpose_equals_keras(data):
    size, strides = (data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4))) for _ in range(2))
    dilation = data.draw(st.integers(1, 3)) if max(strides) == 1 else 1
    padding = data.draw(st.sampled_from(["valid", "same"]))
    extra = data.draw(st.none() | st.tuples(*(st.integers(0, stride - 1) for stride in strides)))
    arguments = {"strides": strides, "padding": padding, "output_padding": extra, "dilation_rate": dilation}
    shape = (*data.draw(st.tuples(SIZES, SIZES)), 3)
    layer = pl.Conv2DTranspose(2, size, **arguments)
    try:
        layer.output_shape(shape)
    except ShapeError:
        return
    compared("Conv2DTranspose", {"filters": 2, "kernel_size": size, **arguments}, shape)


@pytest.mark.parametrize(
    "arguments",
    [
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "tanh"},
        {"filters": 2, "kernel_size": 2, "strides": 3, "output_padding": 1, "use_bias": False},
        {"filters": 20, "kernel_size": 3, "dilation_rate": 2},
    ],
    ids=str,
)
def test_conv_1d_transpose_equals_keras(arguments):
    compared("Conv1DTranspose", arguments, (5, 3))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.data())
def test_depthwise_conv_2d_equals_keras(data):
    strides = data.draw(st.integers(1, 3))
    arguments = {
        "kernel_size": data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        "strides": strides,
        "padding": data.draw(st.sampled_from(["valid", "same"])),
        "depth_multiplier": data.draw(st.integers(1, 3)),
        "dilation_rate": data.draw(st.integers(1, 2)) if strides == 1 else 1,
    }
    compared("DepthwiseConv2D", arguments, (*data.draw(st.tuples(st.integers(5, 8), st.integers(5, 8))), 3))


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("DepthwiseConv1D", {"kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"}, (7, 3)),
        ("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2, "dilation_rate": 2, "use_bias": False}, (7, 3)),
        ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "strides": 2, "depth_multiplier": 2}, (7, 3)),
        ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "tanh"}, (5, 6, 3)),
        ("SeparableConv2D", {"filters": 2, "kernel_size": (2, 3), "strides": 2, "use_bias": False}, (5, 6, 3)),
        ("SeparableConv2D", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "depth_multiplier": 3}, (5, 6, 3)),
    ],
    ids=str,
)
def test_depthwise_and_separable_convolutions_equal_keras(name, arguments, shape):
    compared(name, arguments, shape)


def test_the_way_forward_is_the_way_of_errors_back_through_a_convolution():
    x = np.random.default_rng(0).normal(size=(2, 4, 3, 5)).astype(np.float32)
    layer = pl.Conv2DTranspose(2, 3, strides=2, use_bias=False)
    params = layer.init(np.random.default_rng(1), (4, 3, 5)).params
    convolution = pl.Conv2D(5, 3, strides=2, use_bias=False)
    images = np.zeros((2, *layer.output_shape((4, 3, 5))), np.float32)
    _, pull = jax.vjp(lambda images: convolution.apply(params, images)[0], images)
    np.testing.assert_allclose(layer.apply(params, x)[0], pull(x)[0], rtol=1e-5, atol=1e-6)


def test_regularizers_and_constraints_know_their_kernel():
    layer = pl.SeparableConv1D(4, 3, depthwise_regularizer="l2", pointwise_constraint=pl.constraints.NonNeg())
    params, state = layer.init(np.random.default_rng(0), (7, 3))
    assert layer.penalty(params) == pytest.approx(0.01 * np.sum(params["depthwise_kernel"] ** 2), rel=1e-5)
    kept = layer.constrain(params, state)
    assert kept["pointwise_kernel"].min() == 0 and kept["depthwise_kernel"].min() < 0
    own = pl.DepthwiseConv2D(3, depthwise_regularizer="l1", depthwise_constraint="non_neg")
    params, state = own.init(np.random.default_rng(0), (5, 5, 3))
    assert own.penalty(params) == pytest.approx(0.01 * np.sum(np.abs(params["kernel"])), rel=1e-5)
    assert own.constrain(params, state)["kernel"].min() == 0


@pytest.mark.parametrize("layer", [pl.Conv2DTranspose(2, 3, strides=2), pl.DepthwiseConv2D(3, depth_multiplier=2)])
def test_accelerators_get_their_own_convolution(layer):
    params, _ = layer.init(np.random.default_rng(0), (6, 6, 4))
    traced = jax.jit(lambda x: layer.apply(params, x)[0]).trace(np.ones((2, 6, 6, 4), np.float32))
    assert "stablehlo.convolution" in traced.lower(lowering_platforms=("cuda",)).as_text()
    assert "stablehlo.convolution" not in traced.lower(lowering_platforms=("cpu",)).as_text()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pl.Conv2DTranspose(0, 3), "Conv2DTranspose(filters=0): filters must be a whole number"),
        (
            lambda: pl.Conv2DTranspose(4, 3, 2, output_padding=2),
            "output_padding must be a whole number from 0 to below",
        ),
        (lambda: pl.Conv2DTranspose(4, 3, 2, output_padding=(1,)), "output_padding must be a whole number from 0"),
        (lambda: pl.Conv1DTranspose(4, 3, 2, dilation_rate=2), "dilation_rate=2): one of them must be 1"),
        (lambda: pl.Conv1DTranspose(4, 3, padding="causal"), 'padding must be one of "valid", "same"'),
        (lambda: pl.DepthwiseConv2D((3,)), "kernel_size must be a whole number of at least 1, or 2 of them"),
        (lambda: pl.SeparableConv1D(4, 3, depth_multiplier=0), "depth_multiplier must be a whole number of at least 1"),
        (lambda: pl.SeparableConv2D(4, 3, data_format="channels_first"), "channels come last here"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=re.escape(message)):
        make()


def test_wrong_shapes_are_explained():
    with pytest.raises(ShapeError, match=r"Conv2DTranspose works on \(height, width, channels\)"):
        pl.Conv2DTranspose(4, 3).output_shape((28, 28))
    with pytest.raises(ShapeError, match=r"DepthwiseConv1D: got inputs of shape .* smaller than its window of 3"):
        pl.DepthwiseConv1D(3).output_shape((2, 4))
    with pytest.raises(ShapeError, match=r"nothing is left of inputs of shape .*; leave output_padding out"):
        pl.Conv1DTranspose(2, 2, 2, padding="same", output_padding=0).output_shape((1, 3))
