"""Cosines of turns compared with NumPy, their derivatives, and values that are not finite."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plastica.layers.kernels.waves import cosine_of_turns


@pytest.mark.parametrize("reach", [0.5, 4.0, 100.0])
def test_cosines_of_turns_are_those_of_numpy(reach: float) -> None:
    turns = np.random.default_rng(0).uniform(-reach, reach, 4096).astype(np.float32)
    expected = np.cos(2 * np.pi * turns.astype(np.float64))
    np.testing.assert_allclose(cosine_of_turns(jnp.asarray(turns)), expected, atol=3e-7)


def test_quarter_turns_are_exact() -> None:
    found = cosine_of_turns(jnp.array([0.0, 0.25, 0.5, 0.75, 1.0, -0.25]))
    np.testing.assert_allclose(found, [1, 0, -1, 0, 1, 0], atol=1e-8)


def test_slopes_and_their_slopes_are_those_of_numpy() -> None:
    turns = np.linspace(-1.3, 1.3, 101).astype(np.float32)
    angles = 2 * np.pi * turns.astype(np.float64)
    slope = jax.vmap(jax.grad(cosine_of_turns))
    np.testing.assert_allclose(slope(turns), -2 * np.pi * np.sin(angles), atol=4e-6)
    curve = jax.vmap(jax.grad(jax.grad(cosine_of_turns)))
    np.testing.assert_allclose(curve(turns), -4 * np.pi**2 * np.cos(angles), atol=3e-5)


def test_infinite_turns_are_not_a_number() -> None:
    assert np.isnan(cosine_of_turns(jnp.array([np.inf, -np.inf, np.nan]))).all()
