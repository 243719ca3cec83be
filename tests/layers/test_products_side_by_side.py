"""Products of several small networks side by side: the rows may run along the last axis, the numbers stay the same."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plastica.layers.kernels.product import product, side_by_side


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 2), (5, 9), (9, 40)])
def test_products_and_their_gradients_are_those_of_numpy(inputs, outputs):
    rng = np.random.default_rng(0)
    x, kernel, weight = (
        rng.normal(size=size).astype(np.float32) for size in ((4, 16, inputs), (4, inputs, outputs), (4, 16, outputs))
    )

    def weighed(x, kernel, weight):
        return (weight * product(x, kernel)).sum()

    with side_by_side():
        found = jax.jit(jax.vmap(product))(x, kernel)
        by_x, by_kernel = jax.jit(jax.vmap(jax.grad(weighed, (0, 1))))(x, kernel, weight)
    np.testing.assert_allclose(found, x @ kernel, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_x, weight @ kernel.swapaxes(1, 2), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_kernel, x.swapaxes(1, 2) @ weight, rtol=1e-5, atol=1e-5)


def test_few_columns_are_computed_with_the_rows_last():
    """A product of 16 rows and 2 columns has the 16 along its last axis, where vectors run."""
    with side_by_side():
        assert _compiled_shape(2) == "f32[4,2,16]"
        assert _compiled_shape(40) == "f32[4,16,40]"


def _compiled_shape(outputs: int) -> str:
    made = jax.jit(jax.vmap(product)).lower(jnp.zeros((4, 16, 3)), jnp.zeros((4, 3, outputs))).compile()
    line = next(line for line in str(made.as_text()).splitlines() if " dot(" in line)
    return line.split("= ")[1].split("{")[0]
