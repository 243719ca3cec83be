"""The fast kernels equal the plain loop: with masks, with initial states, and in what they carry at the end."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.layers import Context

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 6, 3)).astype("float32")
REAL = np.asarray([
    [True, True, True, False, False, False], [False, False, True, True, False, True],
    [False] * 6, [True] * 6,
])  # fmt: skip
KINDS = {"SimpleRNN": pl.SimpleRNNCell, "LSTM": pl.LSTMCell, "GRU": pl.GRUCell}


def value_and_gradients(layer, params, x, context):
    def value(params, x):
        found = jax.tree.leaves(layer.apply(params, x, {}, context)[0])
        weights = [np.cos(np.arange(part.size, dtype=np.float32)).reshape(part.shape) for part in found]
        return sum(jnp.sum(part * own) for part, own in zip(found, weights, strict=True)), found

    (_, found), gradients = jax.value_and_grad(value, (0, 1), has_aux=True)(params, x)
    return found, gradients


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("inputs", ["masked", "masked, with states", "begun", "begun, with states", "one masked step"])
def test_kernels_equal_the_plain_loop(name, sequences, backwards, inputs):
    options = {"return_sequences": sequences, "go_backwards": backwards, "return_state": "with states" in inputs}
    fast, plain = getattr(pl, name)(5, **options), pl.RNN(KINDS[name](5), **options)
    params, _ = fast.init(np.random.default_rng(1), X.shape[1:])
    params = jax.tree.map(lambda array: array + 0.1 * RNG.standard_normal(array.shape).astype("float32"), params)
    x, context = X, Context()
    if "masked" in inputs:
        context = Context(steps=REAL[:, :1] if "one" in inputs else REAL)
        x = x[:, :1] if "one" in inputs else x
    if "begun" in inputs:
        starts = [RNG.standard_normal((4, 5)).astype("float32") for _ in fast.carried_shapes]
        x = (x, *starts)
    assert fast._is_fast(None, REAL) and (name == "SimpleRNN" or fast._is_fast((), None))
    both = jax.jit(lambda *a: [value_and_gradients(layer, *a, context) for layer in (fast, plain)])
    found, expected = both(params, x)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6), found, expected)


@pytest.mark.parametrize("name", KINDS)
def test_gradients_with_a_mask_are_finite_differences(name):
    layer = getattr(pl, name)(3, return_sequences=True)
    with jax.enable_x64(True):
        params = jax.tree.map(jnp.float64, layer.init(np.random.default_rng(1), X.shape[1:]).params)
        x, context = jnp.float64(X), Context(steps=REAL)

        @jax.jit
        def value(params):
            return jnp.sum(jnp.sin(layer.apply(params, x, {}, context)[0]))

        along = jax.tree.map(lambda array: jnp.asarray(RNG.standard_normal(array.shape)), params)
        gradient = jax.grad(value)(params)
        slope = sum(jnp.vdot(a, b) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(along), strict=True))
        ahead, behind = (value(jax.tree.map(lambda a, s, h=h: a + h * s, params, along)) for h in (1e-6, -1e-6))
        np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=1e-6)


def test_what_no_kernel_computes_takes_the_plain_loop():
    assert not pl.LSTM(3)._is_fast((), REAL), "Keras answers 0 at padding before the first real step"
    assert not pl.LSTM(3, recurrent_dropout=0.2)._is_fast(None, None)
    assert not pl.GRU(3, reset_after=False)._is_fast(None, None)
    assert not pl.SimpleRNN(3)._is_fast((), None)
