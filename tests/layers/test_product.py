"""Products with gradients of their own, beside automatic differentiation of the plain product."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.layers.kernels.product import in_reverse_mode, product, row_products


@jax.jit
def own(x, kernel, along):
    """Return the value, the gradients, and the curvature along a direction."""

    def loss(x, kernel):
        return jnp.sum(jnp.tanh(product(x, kernel)) ** 2)

    with in_reverse_mode():
        value, gradients = jax.value_and_grad(loss, (0, 1))(x, kernel)
        return value, gradients, jax.jvp(lambda kernel: jax.grad(loss, 1)(x, kernel), (kernel,), (along,))[1]


@jax.jit
def plain(x, kernel, along):
    def loss(x, kernel):
        return jnp.sum(jnp.tanh(x @ kernel) ** 2)

    value, gradients = jax.value_and_grad(loss, (0, 1))(x, kernel)
    return value, gradients, jax.jvp(lambda kernel: jax.grad(loss, 1)(x, kernel), (kernel,), (along,))[1]


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_gradients_and_curvature_in_reverse_mode_are_those_of_the_plain_product(rows, inputs, outputs):
    rng = np.random.default_rng(rows)
    with jax.enable_x64(True):
        given = rng.normal(size=(rows, inputs)), *(rng.normal(size=(2, inputs, outputs)) / inputs**0.5)
        found, expected = own(*given), plain(*given)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


def test_small_products_stay_open_to_forward_mode_outside_of_learning_rules():
    x, kernel = jnp.ones((4, 3)), jnp.full((3, 2), 0.5)
    _, slope = jax.jvp(lambda kernel: product(x, kernel), (kernel,), (kernel,))
    np.testing.assert_allclose(slope, x @ kernel)
    with in_reverse_mode(), pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(lambda kernel: product(x, kernel), (kernel,), (kernel,))


def test_a_small_gradient_in_reverse_mode_has_two_plain_sides():
    def dots(function):
        text = jax.jit(function).lower(jnp.ones((32, 8)), jnp.ones((32, 10))).compile().as_text() or ""
        return [line for line in text.splitlines() if " dot(" in line]

    def reverse(x, delta):
        with in_reverse_mode():
            return row_products(x, delta)

    if jax.default_backend() == "cpu":
        assert all("lhs_contracting_dims={0}" not in line for line in dots(reverse))
