"""Products of many columns, each with its own kernel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plastica.layers.kernels.product import own_products


def arrays(rows, count):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, count, 16)).astype("float32"), rng.normal(size=(count, 16, 4)).astype("float32")


@pytest.mark.parametrize("rows, count", [(8, 3), (600, 60), (64, 700), (5000, 70)])
def test_products_and_gradients_are_those_of_einsum(rows, count):
    x, kernels = arrays(rows, count)
    weight = np.random.default_rng(1).normal(size=(rows, count, 4)).astype("float32")
    wanted = np.einsum("rki,kio->rko", x.astype("float64"), kernels)
    got, gradients = jax.jit(
        lambda *given: (
            own_products(*given),
            jax.grad(lambda *own: (weight * own_products(*own)).sum(), (0, 1))(*given),
        )
    )(x, kernels)
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gradients[0], np.einsum("rko,kio->rki", weight, kernels), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gradients[1], np.einsum("rko,rki->kio", weight, x), rtol=1e-3, atol=1e-3)


def test_a_program_does_not_grow_with_the_number_of_columns():
    def length(count):
        lowered = jax.jit(jax.grad(lambda x, kernels: jnp.sum(own_products(x, kernels)), 1)).lower(*arrays(500, count))
        return len(lowered.as_text())

    assert length(3000) < 1.2 * length(300)
