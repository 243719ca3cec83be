"""The fast simple recurrent layer; see :mod:`.recurrent` for what makes it fast."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from ...typing import Tree
from .recurrent import Real, kept, last_or_all, parted, plus, product, weight_gradient, with_bias


def simple_rnn(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, bias: jax.Array | None, sequences: bool, real: Real
) -> jax.Array:
    """Return a simple recurrent layer's potentials z, from an initial state of zeros; its hidden states are tanh(z).

    Args:
        x: Inputs, ``(time, batch, features)``.
        kernel: ``(features, units)``.
        recurrent_kernel: ``(units, units)``.
        bias: ``(units,)`` or None.
        sequences: Whether all steps are wanted.
        real: Which steps are real, ``(time, batch, 1)``; None for all.

    Shapes:
        ``(time, batch, units)`` with ``sequences``, else the last step's ``(batch, units)``.
    """
    x, kernel = with_bias(x, kernel, bias)
    if len(x) == 1 and real is None:
        return last_or_all(x[0] @ kernel, sequences)
    return _simple_rnn(x, kernel, recurrent_kernel, real, sequences)


def _forward(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, real: Real, sequences: bool, keep: bool
) -> tuple[jax.Array, jax.Array | None]:
    def step(carry: jax.Array, now: Tree) -> tuple[jax.Array, Tree]:
        potential, real = now
        # The potential is carried and not tanh of it, since a loss may want z of the last step.
        h = jnp.tanh(carry)
        z = kept(real, potential + h @ recurrent_kernel, carry)
        return z, (z if sequences else None, h if keep else None)

    potentials = product(x, kernel)
    zeros = jnp.zeros((x.shape[1], recurrent_kernel.shape[0]), potentials.dtype)
    last, (all_z, saved) = jax.lax.scan(step, zeros, (potentials, real))
    return (all_z if sequences else last), saved


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def _simple_rnn(x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, real: Real, sequences: bool) -> jax.Array:
    return _forward(x, kernel, recurrent_kernel, real, sequences, keep=False)[0]


def _run(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, real: Real, sequences: bool
) -> tuple[jax.Array, Tree]:
    z, h = _forward(x, kernel, recurrent_kernel, real, sequences, keep=True)
    return z, (x, kernel, recurrent_kernel, real, h)


def _back(sequences: bool, residual: Tree, error: jax.Array) -> tuple[jax.Array | None, ...]:
    x, kernel, recurrent_kernel, real, h = residual
    transposed = recurrent_kernel.T

    def step(dz: jax.Array, now: Tree) -> tuple[jax.Array, jax.Array]:
        h, dz_here, real = now
        delta, passing = parted(real, dz + dz_here if sequences else dz)
        # tanh' = 1 - h^2, where h is what the step began with.
        return plus((1 - h * h) * (delta @ transposed), passing), delta

    last, errors = (jnp.zeros_like(h[0]), error) if sequences else (error, None)
    _, delta = jax.lax.scan(step, last, (h, errors, real), reverse=True)
    gradient = weight_gradient(jnp.concatenate([x, h], axis=-1), delta)
    features = x.shape[-1]
    return product(delta, kernel.T), gradient[:features], gradient[features:], None


_simple_rnn.defvjp(_run, _back)
