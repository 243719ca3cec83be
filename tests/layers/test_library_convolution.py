"""XLA's own convolution with gradients written out: compared with its derivatives and finite differences."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.test_util import check_grads

import plastica as pl
from plastica.layers.kernels import convolution as kernels
from plastica.layers.kernels.library import by_library
from plastica.layers.kernels.window import Window, place

SOURCE = np.random.default_rng(0)


@st.composite
def convolutions(draw):
    def numbers(low, high):
        return draw(st.tuples(st.integers(low, high), st.integers(low, high)))

    window = Window(numbers(1, 4), numbers(1, 3), dilation=numbers(1, 2))
    image = tuple(span + more for span, more in zip(window.span, numbers(0, 6), strict=True))
    window = place(image, window, draw(st.sampled_from(["valid", "same", "causal"])))
    channels, filters = numbers(1, 5)
    x = SOURCE.normal(size=(3, *image, channels))
    return window, x, SOURCE.normal(size=(*window.size, channels, filters))


def differentiated_by_xla(window, x, kernel):
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        window.strides,
        window.padding,
        rhs_dilation=window.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


@settings(max_examples=12, deadline=None)
@given(convolutions())
def test_values_and_gradients_are_those_of_xla(drawn):
    window, x, kernel = drawn

    def with_gradients(convolution, x, kernel):
        found, pull = jax.vjp(lambda x, k: convolution(window, x, k), x, kernel)
        return found, *pull(np.cos(np.arange(found.size, dtype=float)).reshape(found.shape))

    with jax.enable_x64(True):
        both = jax.jit(lambda *a: [with_gradients(each, *a) for each in (by_library, differentiated_by_xla)])
        for mine, other in zip(*both(x, kernel), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10)


@settings(max_examples=4, deadline=None)
@given(convolutions())
def test_gradients_are_finite_differences(drawn):
    window, x, kernel = drawn
    with jax.enable_x64(True):
        compiled = jax.jit(lambda x, k: by_library(window, x, k))
        check_grads(compiled, (x, kernel), order=1, modes=["rev"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("batch", [63, 64])
def test_the_sum_over_groups_of_images_is_the_gradient(batch):
    window = place((5, 6), Window((3, 2), (2, 1)), "same")
    x, kernel = SOURCE.normal(size=(batch, 5, 6, 3)), SOURCE.normal(size=(3, 2, 3, 4))
    with jax.enable_x64(True):
        found = jax.jit(jax.grad(lambda k: jnp.sum(jnp.sin(by_library(window, x, k)))))(kernel)
        wanted = jax.jit(jax.grad(lambda k: jnp.sum(jnp.sin(differentiated_by_xla(window, x, k)))))(kernel)
        np.testing.assert_allclose(found, wanted, rtol=1e-10)


@pytest.mark.parametrize(("strides", "count"), [((1, 1), 3), ((2, 1), 4), ((2, 2), 6)])
def test_in_a_loop_all_products_have_the_form_that_is_fast(strides, count):
    window = place((8, 8), Window((4, 4), strides), "same")
    x, kernel = np.ones((64, 8, 8, 16), np.float32), np.ones((4, 4, 16, 16), np.float32)

    def step(carry, _):
        value, pull = jax.vjp(lambda x, k: by_library(window, x, k), *carry)
        return jax.tree.map(lambda own, error: own - error, carry, pull(value)), None

    compiled = jax.jit(lambda x, k: jax.lax.scan(step, (x, k), None, length=3)).lower(x, kernel).compile().as_text()
    products = re.findall(r"convolution\(.*", compiled)
    assert len(products) == count  # output, kernel's gradient, and an error for each remainder
    for product in products:
        assert "dim_labels=b01f_01io->b01f" in product
        assert "rhs_reversal" not in product
        assert "lhs_dilate" not in product


@pytest.fixture
def by_library_everywhere(monkeypatch):
    monkeypatch.setattr(kernels, "_CACHED_COLUMNS", 0)


def network():
    layers = [pl.Conv2D(4, 3, activation="relu"), pl.BatchNormalization(), pl.Flatten(), pl.Dense(3, "softmax")]
    model = pl.Sequential(layers, seed=0)
    model.compile(pl.optimizers.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"])
    return model


def test_a_run_that_is_watched_at_each_step_or_resumed_has_the_same_bits(by_library_everywhere, tmp_path):
    x, y = SOURCE.normal(size=(50, 5, 5, 16)).astype(np.float32), SOURCE.integers(0, 3, 50)
    options = {"batch_size": 16, "validation_split": 0.2, "verbose": 0}
    straight, watched, resumed = network(), network(), network()
    straight.fit(x, y, epochs=4, **options)
    steps = []
    callback = pl.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(logs["loss"]))
    watched.fit(x, y, epochs=4, callbacks=[callback], **options)
    assert len(steps) == 12
    resumed.fit(x, y, epochs=4, max_steps=5, checkpoint=tmp_path, **options)
    resumed = network()
    resumed.fit(x, y, epochs=4, checkpoint=tmp_path, resume=True, **options)
    for other in (watched, resumed):
        assert all(np.array_equal(a, b) for a, b in zip(straight.get_weights(), other.get_weights(), strict=True))


def test_the_formulation_depends_on_what_fits_into_the_cache(monkeypatch):
    layer = pl.Conv2D(8, 3)
    params, _ = layer.init(np.random.default_rng(0), (12, 12, 16))
    x = np.ones((2, 12, 12, 16), np.float32)

    def is_by_library():
        return "stablehlo.convolution" in jax.jit(lambda x: layer.apply(params, x)[0]).lower(x).as_text()

    assert not is_by_library()
    monkeypatch.setattr(kernels, "_CACHED_COLUMNS", 2 * 10 * 10 * 9 * 16 - 1)
    assert is_by_library()
