"""Arrays that are computed once on the CPU, however often they are read."""

import re

import jax
import jax.numpy as jnp
import numpy as np

from plastica.layers.kernels.once import computed_once

X = np.random.default_rng(0).normal(size=(256, 128)).astype(np.float32)


def read_twice(x, once):
    found = once(jnp.where(x > 0, x * jnp.float32(3), jnp.float32(2)))
    turned = jax.lax.optimization_barrier(found.reshape(-1, 64).T)
    return jnp.ones((1, 2048), x.dtype) @ found.reshape(-1, 16), turned @ jnp.ones((512, 4), x.dtype)


def selections(once):
    compiled = jax.jit(lambda x: read_twice(x, once)).lower(X).compile().as_text()
    return len(re.findall(r" select\(", compiled))


def test_xla_computes_it_once_and_otherwise_for_each_product():
    assert selections(computed_once) == 1
    assert selections(lambda array: array) == 2  # without it; once this is 1, nobody needs computed_once any more


def test_values_and_derivatives_stay():
    bad = X.copy()
    bad[0, 0] = np.nan
    for x in (X, bad):
        np.testing.assert_array_equal(jax.jit(computed_once)(x), x)
    value, gradient = jax.value_and_grad(lambda x: jnp.sum(computed_once(x) ** 3))(X)
    np.testing.assert_allclose(value, np.sum(X.astype(float) ** 3), rtol=1e-4)
    np.testing.assert_allclose(gradient, 3 * X**2, rtol=1e-6)
    _, tangent = jax.jvp(lambda x: computed_once(x) ** 2, (X,), (np.ones_like(X),))
    np.testing.assert_allclose(tangent, 2 * X, rtol=1e-6)
    np.testing.assert_array_equal(jax.vmap(computed_once)(np.stack([X, -X])), np.stack([X, -X]))


def test_small_arrays_and_accelerators_are_left_alone():
    def barriers(x, platform):
        return jax.jit(computed_once).trace(x).lower(lowering_platforms=(platform,)).as_text().count("barrier")

    assert [barriers(X, "cpu"), barriers(X[:1], "cpu"), barriers(X, "cuda")] == [1, 0, 0]
