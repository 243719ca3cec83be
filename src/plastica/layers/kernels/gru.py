"""The fast GRU; see :mod:`.recurrent` for what makes it fast."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ...typing import Tree
from .product import row_sum
from .recurrent import Real, StepResidual, halves, kept, last_or_all, parted, plus, product, weight_gradient, with_bias


def gru(
    x: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    sequences: bool,
    start: tuple[jax.Array] | None = None,
    real: Real = None,
) -> tuple[jax.Array, tuple[jax.Array]]:
    """Return the hidden states of a GRU whose reset gate acts after the recurrent product, and h after the last step.

    Args:
        x: Inputs, ``(time, batch, features)``.
        kernel: ``(features, 3 units)``, gates z, r, h.
        recurrent_kernel: ``(units, 3 units)``.
        bias: ``(2, 3 units)``, the input's and the recurrent one, or None.
        sequences: Whether all steps are wanted.
        start: h before the first step, ``(batch, units)``; None for zeros.
        real: Which steps are real, ``(time, batch, 1)``; None for all.

    Shapes:
        ``(time, batch, units)`` with ``sequences``, else the last step's ``(batch, units)``.
    """
    units = recurrent_kernel.shape[0]
    scale = jnp.repeat(jnp.asarray([0.5, 0.5, 1.0], kernel.dtype), units, total_repeat_length=3 * units)
    if bias is None:
        candidate_bias = jnp.zeros(units, x.dtype)
    else:
        # Beside z and r the two biases only add up; the candidate's recurrent one is under the reset gate.
        candidate_bias = bias[1, 2 * units :]
        bias = bias[0] + jnp.concatenate([bias[1, : 2 * units], jnp.zeros_like(candidate_bias)])
    x, kernel = with_bias(x, kernel, bias)
    kernel = kernel * scale
    if len(x) == 1 and start is None and real is None:
        potential = x[0] @ kernel
        z, r = halves(jnp.tanh(potential[:, : 2 * units]))
        candidate = jnp.tanh(potential[:, 2 * units :] + r * candidate_bias)
        hidden = candidate - z * candidate
        return last_or_all(hidden, sequences), (hidden,)
    first = jnp.zeros((x.shape[1], units), jnp.result_type(x, kernel)) if start is None else start[0]
    hidden: Any = _gru(x, kernel, recurrent_kernel * scale, candidate_bias, first, real, sequences)
    return hidden, (hidden[-1] if sequences else hidden,)


# The loops below see scaled weights. ``keep`` says whether the forward loop keeps what the backward one needs.


def _forward(
    x: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    candidate_bias: jax.Array,
    first: jax.Array,
    real: Real,
    sequences: bool,
    keep: bool,
) -> tuple[jax.Array, StepResidual]:
    units = recurrent_kernel.shape[0]

    def step(h: jax.Array, now: Tree) -> tuple[jax.Array, Tree]:
        potential, real = now
        recurrent = h @ recurrent_kernel
        t = jnp.tanh(potential[:, : 2 * units] + recurrent[:, : 2 * units])
        z, r = halves(t)
        inner = recurrent[:, 2 * units :] + candidate_bias
        candidate = jnp.tanh(potential[:, 2 * units :] + r * inner)
        # z h + (1 - z) candidate with one product less.
        new_h = kept(real, candidate + z * (h - candidate), h)
        return new_h, (new_h if sequences else None, (h, z, r, candidate, inner) if keep else None)

    last, (hidden, saved) = jax.lax.scan(step, first, (product(x, kernel), real))
    return (hidden if sequences else last), saved


@partial(jax.custom_vjp, nondiff_argnums=(6,))
def _gru(
    x: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    candidate_bias: jax.Array,
    first: jax.Array,
    real: Real,
    sequences: bool,
) -> jax.Array:
    return _forward(x, kernel, recurrent_kernel, candidate_bias, first, real, sequences, keep=False)[0]


def _run(
    x: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    candidate_bias: jax.Array,
    first: jax.Array,
    real: Real,
    sequences: bool,
) -> tuple[jax.Array, Tree]:
    hidden, saved = _forward(x, kernel, recurrent_kernel, candidate_bias, first, real, sequences, keep=True)
    return hidden, (x, kernel, recurrent_kernel, real, saved)


def _back(sequences: bool, residual: Tree, error: jax.Array) -> tuple[jax.Array | None, ...]:
    x, kernel, recurrent_kernel, real, (h, *gates) = residual
    transposed = recurrent_kernel.T
    features, units = x.shape[-1], h.shape[-1]

    def step(dh: jax.Array, now: Tree) -> tuple[jax.Array, Tree]:
        h, (z, r, candidate, inner), dh_here, real = now
        dh, passing = parted(real, dh + dh_here if sequences else dh)
        d_candidate = dh * (1 - z) * (1 - candidate * candidate)
        d_update, d_reset = 2 * dh * (h - candidate) * z * (1 - z), 2 * d_candidate * inner * r * (1 - r)
        # The reset gate scales the recurrent product on its way to the candidate, and so the error on its way back.
        delta = jnp.concatenate([d_update, d_reset, d_candidate * r], axis=-1)
        return plus(delta @ transposed + dh * z, passing), (delta, d_candidate)

    last, errors = (jnp.zeros_like(h[0]), error) if sequences else (error, None)
    at_start, (delta, d_candidate) = jax.lax.scan(step, last, (h, gates, errors, real), reverse=True)
    # delta is the error at the recurrent product; at the input's product the candidate is not reset.
    gradient = weight_gradient(jnp.concatenate([x, h], axis=-1), delta)
    d_kernel = jnp.concatenate(
        [gradient[:features, : 2 * units], weight_gradient(x, d_candidate)], axis=-1
    )  # (features, 3 units)
    dx = product(jnp.concatenate([delta[..., : 2 * units], d_candidate], axis=-1), kernel.T)
    return dx, d_kernel, gradient[features:], row_sum(delta[..., 2 * units :]), at_start, None


_gru.defvjp(_run, _back)
