"""Conv1D and Conv2D compared with the convolution of XLA, Keras and finite differences."""

import os
import re

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.test_util import check_grads

from plastica.errors import InvalidValue, ShapeError
from plastica.layers.convolution import Conv1D, Conv2D
from plastica.layers.kernels import convolution as kernels
from plastica.layers.kernels.blocks import by_blocks
from plastica.layers.kernels.window import Window, place
from plastica.layers.layer import Context

# (image, kernel, strides, padding, dilation, groups, channels, filters); each pair of choices occurs once.
GEOMETRIES = [
    ((6, 6), (3, 3), (1, 1), "valid", (1, 1), 1, 1, 4),
    ((7, 5), (3, 2), (2, 1), "same", (1, 1), 1, 3, 4),
    ((8, 9), (3, 3), (2, 3), "valid", (1, 1), 1, 2, 3),
    ((9, 8), (2, 3), (1, 1), "same", (2, 3), 1, 2, 3),
    ((9, 9), (3, 3), (2, 2), "same", (2, 2), 1, 17, 2),
    ((6, 7), (1, 1), (1, 1), "valid", (1, 1), 1, 5, 3),
    ((6, 7), (1, 1), (2, 2), "same", (1, 1), 2, 4, 6),
    ((6, 7), (3, 3), (1, 2), "same", (1, 1), 2, 4, 6),
    ((7, 7), (3, 2), (1, 1), "valid", (1, 2), 4, 4, 4),
    ((3, 3), (5, 4), (2, 2), "same", (1, 1), 1, 2, 3),
    ((8, 8), (3, 3), (1, 1), "same", (1, 1), 1, 16, 8),
    ((12, 3), (11, 3), (1, 1), "valid", (1, 1), 1, 16, 2),
]


def reference(x, kernel, strides, padding, dilation, groups):
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding.upper(),
        rhs_dilation=dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


def arrays(image, kernel, groups, channels, filters, dtype=np.float32):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, *image, channels)).astype(dtype)
    return x, rng.standard_normal((*kernel, channels // groups, filters)).astype(dtype)


def value_and_pull(convolve):
    def run(x, kernel, error):
        y, pull = jax.vjp(convolve, x, kernel)
        return y, *pull(error(y.shape))

    return run


@pytest.mark.parametrize(
    ("geometry", "most_columns"), [(g, 2**25) for g in GEOMETRIES] + [(GEOMETRIES[p], 0) for p in (1, 7)], ids=str
)
def test_convolution_and_both_gradients_equal_xla(geometry, most_columns, monkeypatch):
    monkeypatch.setattr(kernels, "_MOST_COLUMNS", most_columns)
    image, size, strides, padding, dilation, groups, channels, filters = geometry
    x, kernel = arrays(image, size, groups, channels, filters)
    window = place(x.shape[1:], Window(size, strides, dilation=dilation), padding)

    def error(shape):
        return np.cos(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)

    ours = jax.jit(value_and_pull(lambda x, k: kernels.convolve(x, k, window, groups)), static_argnums=2)
    theirs = jax.jit(value_and_pull(lambda x, k: reference(x, k, strides, padding, dilation, groups)), static_argnums=2)
    for found, wanted in zip(ours(x, kernel, error), theirs(x, kernel, error), strict=True):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_gradients_equal_finite_differences_in_float64():
    with jax.enable_x64(True):
        layer = Conv2D(2, (2, 3), strides=(2, 1), padding="same", groups=2, activation="tanh")
        x, _ = arrays((4, 5), (2, 3), 2, 2, 2, np.float64)
        params = jax.tree.map(lambda p: p.astype(np.float64), layer.init(np.random.default_rng(1), (4, 5, 2))[0])
        check_grads(
            jax.jit(lambda params, x: layer.apply(params, x)[0]), (params, x), order=1, modes=["rev"], rtol=1e-6
        )
        assert layer.apply(params, x)[0].dtype == np.float64


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_conv1d_equals_keras(padding):
    from keras import layers

    arguments = {"strides": 2, "groups": 2, "activation": "relu"}
    if padding == "causal":
        arguments = {"dilation_rate": 2, "activation": "relu"}
    theirs = layers.Conv1D(4, 3, padding=padding, **arguments)
    x = np.random.default_rng(0).standard_normal((3, 9, 6)).astype(np.float32)
    wanted = theirs(x)
    ours = Conv1D(4, 3, padding=padding, **arguments)
    params, _ = ours.init(np.random.default_rng(1), (9, 6))
    weights = {v.name: np.asarray(v.value) for v in theirs.weights}
    assert {k: v.shape for k, v in params.items()} == {k: v.shape for k, v in weights.items()}
    found, _ = ours.apply(weights, jnp.asarray(x))
    assert found.shape == (3, *ours.output_shape((9, 6)))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_conv2d_equals_keras():
    from keras import layers

    arguments = {"strides": 2, "padding": "same", "activation": "relu", "bias_initializer": "ones"}
    theirs, ours = layers.Conv2D(4, (3, 2), **arguments), Conv2D(4, (3, 2), **arguments)
    x = np.random.default_rng(0).standard_normal((3, 8, 7, 2)).astype(np.float32)
    wanted = theirs(x)
    weights = {v.name: np.asarray(v.value) for v in theirs.weights}
    np.testing.assert_allclose(ours.apply(weights, jnp.asarray(x))[0], wanted, rtol=1e-5, atol=1e-5)


def test_initial_kernel_has_keras_layout_and_fans():
    params, state = Conv2D(64, 3, groups=2).init(np.random.default_rng(0), (8, 8, 32))
    assert params["kernel"].shape == (3, 3, 16, 64)
    limit = np.sqrt(6 / (9 * 16 + 9 * 64))  # Glorot and Bengio, with the kernel's own fans
    assert np.abs(params["kernel"]).max() == pytest.approx(limit, rel=1e-2)
    assert not params["bias"].any()
    assert params["kernel"].dtype == np.float32
    assert state == {}
    assert set(Conv2D(2, 3, use_bias=False).init(np.random.default_rng(0), (8, 8, 1))[0]) == {"kernel"}


def test_causal_convolution_does_not_see_later_steps():
    layer = Conv1D(3, 4, padding="causal", dilation_rate=2)
    params, _ = layer.init(np.random.default_rng(0), (12, 2))
    x = np.random.default_rng(1).standard_normal((1, 12, 2)).astype(np.float32)
    changed = x.copy()
    changed[:, 8:] += 1
    before, after = layer.apply(params, jnp.asarray(x))[0], layer.apply(params, jnp.asarray(changed))[0]
    np.testing.assert_array_equal(before[:, :8], after[:, :8])
    assert np.abs(before[:, 8:] - after[:, 8:]).min() > 0


def test_population_of_kernels_equals_loop():
    layer = Conv2D(4, 3, activation="relu")
    members = [layer.init(np.random.default_rng(seed), (6, 6, 2))[0] for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *members)
    x = jnp.asarray(np.random.default_rng(9).standard_normal((2, 6, 6, 2)), np.float32)
    gradient = jax.jit(jax.grad(lambda params: layer.apply(params, x)[0].sum()))
    together = jax.jit(jax.vmap(gradient))(stacked)
    for place_, member in enumerate(members):
        alone = gradient(member)
        jax.tree.map(lambda t, a: np.testing.assert_allclose(t[place_], a, rtol=1e-4, atol=1e-4), together, alone)  # noqa: B023


def test_unused_gradient_of_the_input_is_not_computed():
    layer = Conv2D(8, 3)
    params, _ = layer.init(np.random.default_rng(0), (12, 12, 4))
    x = np.ones((2, 12, 12, 4), np.float32)

    def gradient(params, x):
        record, _ = layer.forward(params, x, {}, Context(training=True))
        return layer.backward(record, jnp.cos(record.activity))

    def products(function):
        return len(re.findall(r" dot\(|__ynn_fusion|convolution\(", function.lower(params, x).compile().as_text()))

    only_params = products(jax.jit(lambda params, x: gradient(params, x).gradient["kernel"]))
    assert only_params < products(jax.jit(lambda params, x: gradient(params, x)[1:3]))


def test_accelerators_get_their_own_convolution():
    layer = Conv2D(8, 3)
    params, _ = layer.init(np.random.default_rng(0), (12, 12, 4))
    traced = jax.jit(lambda x: layer.apply(params, x)[0]).trace(np.ones((2, 12, 12, 4), np.float32))
    assert "stablehlo.convolution" in traced.lower(lowering_platforms=("cuda",)).as_text()
    assert "stablehlo.convolution" not in traced.lower(lowering_platforms=("cpu",)).as_text()


def test_repr_is_what_a_person_writes():
    assert repr(Conv2D(32, 3, activation="relu")) == "Conv2D(filters=32, kernel_size=3, activation='relu')"
    assert Conv2D(32, [3, 3]) == Conv2D(32, (3, 3))
    assert hash(Conv2D(32, [3, 3])) == hash(Conv2D(32, (3, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), r"Conv2D\(filters=0\): filters must be a whole number of at least 1\."),
        (lambda: Conv2D(4, (3,)), r"kernel_size=\(3,\)\): .* at least 1, or 2 of them\."),
        (lambda: Conv1D(4, 3, strides=1.5), r"Conv1D\(strides=1.5\): strides must be a whole number"),
        (lambda: Conv2D(4, 3, padding="causal"), r'padding must be one of "valid", "same"\.'),
        (lambda: Conv2D(4, 3, groups=3), r"filters must be a multiple of groups"),
        (lambda: Conv2D(4, 3, data_format="channels_first"), r"channels come last here.*moveaxis\(x, 1, -1\)"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2D(4, 3), (28, 28), r"works on \(height, width, channels\).*Reshape\(\(28, 28, 1\)\)"),
        (Conv2D(4, 3), (784,), r"got inputs of shape \(784,\).*Check the layer before it"),
        (Conv1D(4, 3), (2, 5), r"smaller than its window of 3\. .*padding=\"same\""),
        (Conv2D(4, 3, dilation_rate=3), (6, 9, 1), r"smaller than its window of 7 x 7"),
        (Conv2D(4, 3, groups=2), (8, 8, 3), r"with 3 channels; the channels must be a multiple of groups"),
    ],
)
def test_wrong_shapes_are_explained(layer, shape, message):
    with pytest.raises(ShapeError, match=message):
        layer.output_shape(shape)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_few_filters_equal_xla_whatever_the_shape(data):
    def numbers(low, high):
        return data.draw(st.tuples(st.integers(low, high), st.integers(low, high)))

    size, strides, dilation = numbers(1, 4), numbers(1, 3), numbers(1, 2)
    padding = data.draw(st.sampled_from(["valid", "same"]))
    reach = [(taps - 1) * step + 1 for taps, step in zip(size, dilation, strict=True)]
    image = tuple(span + more for span, more in zip(reach, numbers(0, 12), strict=True))
    x, kernel = arrays(image, size, 1, data.draw(st.integers(1, 5)), data.draw(st.integers(1, 40)))
    window = place(x.shape[1:], Window(size, strides, dilation=dilation), padding)

    def error(shape):
        return np.cos(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)

    ours = value_and_pull(lambda x, k: by_blocks(window, x, k))
    xla = value_and_pull(lambda x, k: reference(x, k, strides, padding, dilation, 1))
    both = jax.jit(lambda x, k: (ours(x, k, error), xla(x, k, error)))
    for mine, theirs in zip(*both(x, kernel), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)
