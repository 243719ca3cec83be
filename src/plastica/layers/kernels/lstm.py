"""The fast LSTM; see :mod:`.recurrent` for what makes it fast."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ...typing import ArrayTree, Tree
from .recurrent import Real, StepResidual, kept, last_or_all, parted, plus, product, weight_gradient, with_bias

States = tuple[jax.Array, jax.Array]


def lstm(
    x: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array | None,
    sequences: bool,
    start: States | None = None,
    real: Real = None,
) -> tuple[jax.Array, States]:
    """Return an LSTM's hidden states, and h and c after the last step.

    Args:
        x: Inputs, ``(time, batch, features)``.
        kernel: ``(features, 4 units)``, gates i, f, c, o.
        recurrent_kernel: ``(units, 4 units)``.
        bias: ``(4 units,)`` or None.
        sequences: Whether all steps are wanted.
        start: h and c before the first step, each ``(batch, units)``; None for zeros.
        real: Which steps are real, ``(time, batch, 1)``; None for all.

    Shapes:
        ``(time, batch, units)`` with ``sequences``, else the last step's ``(batch, units)``.
    """
    units = recurrent_kernel.shape[0]
    # Halves for the sigmoid gates i, f, o; the candidate is a tanh already.
    scale = jnp.repeat(jnp.asarray([0.5, 0.5, 1.0, 0.5], kernel.dtype), units, total_repeat_length=4 * units)
    x, kernel = with_bias(x, kernel, bias)
    kernel = kernel * scale
    # The forget gate has nothing to forget: c was 0.
    if len(x) == 1 and start is None and real is None:
        i, _, c, o = _gates(jnp.tanh(x[0] @ kernel))
        c = i * c
        hidden = o * jnp.tanh(c)
        return last_or_all(hidden, sequences), (hidden, c)
    zeros = jnp.zeros((x.shape[1], units), jnp.result_type(x, kernel))
    found: Any = _lstm(x, kernel, recurrent_kernel * scale, start or (zeros, zeros), real, sequences)
    hidden, cell = found
    return hidden, (hidden[-1] if sequences else hidden, cell)


def _gates(t: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    u = t.shape[-1] // 4
    return 0.5 * t[:, :u] + 0.5, 0.5 * t[:, u : 2 * u] + 0.5, t[:, 2 * u : 3 * u], 0.5 * t[:, 3 * u :] + 0.5


# The loops below see scaled weights. ``keep`` says whether the forward loop keeps what the backward one needs.


def _forward(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, start: States, real: Real, sequences: bool, keep: bool
) -> tuple[States, StepResidual]:
    def step(carry: States, now: Tree) -> tuple[States, Tree]:
        (h, c), (potential, real) = carry, now
        t = jnp.tanh(potential + h @ recurrent_kernel)
        i, f, candidate, o = _gates(t)
        new_c = f * c + i * candidate
        squashed = jnp.tanh(new_c)
        new_h, new_c = kept(real, o * squashed, h), kept(real, new_c, c)
        return (new_h, new_c), (new_h if sequences else None, (h, c, squashed, i, f, candidate, o) if keep else None)

    (last, cell), (hidden, saved) = jax.lax.scan(step, start, (product(x, kernel), real))
    return (hidden if sequences else last, cell), saved


@partial(jax.custom_vjp, nondiff_argnums=(5,))
def _lstm(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, start: States, real: Real, sequences: bool
) -> tuple[jax.Array, jax.Array]:
    return _forward(x, kernel, recurrent_kernel, start, real, sequences, keep=False)[0]


def _run(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, start: States, real: Real, sequences: bool
) -> tuple[States, Tree]:
    answer, saved = _forward(x, kernel, recurrent_kernel, start, real, sequences, keep=True)
    return answer, (x, kernel, recurrent_kernel, real, saved)


def _back(sequences: bool, residual: Tree, errors: States) -> tuple[ArrayTree | None, ...]:
    x, kernel, recurrent_kernel, real, (h, *saved) = residual
    error, cell_error = errors
    transposed = recurrent_kernel.T

    def step(carry: States, now: Tree) -> tuple[States, jax.Array]:
        dh, dc = carry
        (c, squashed, i, f, candidate, o), dh_here, real = now
        dh, passing_h = parted(real, dh + dh_here if sequences else dh)
        dc, passing_c = parted(real, dc)
        # The barrier computes dc once: XLA would do it again in each of the four products below.
        dc = jax.lax.optimization_barrier(dc + dh * o * (1 - squashed * squashed))
        # The 2 is the other half of what was scaled: d sigmoid(z) / d (z / 2) = 2 i (1 - i).
        d_input, d_forget = 2 * dc * candidate * i * (1 - i), 2 * dc * c * f * (1 - f)
        d_candidate, d_output = dc * i * (1 - candidate * candidate), 2 * dh * squashed * o * (1 - o)
        delta = jnp.concatenate([d_input, d_forget, d_candidate, d_output], axis=-1)
        return (plus(delta @ transposed, passing_h), plus(dc * f, passing_c)), delta

    first, here = (jnp.zeros_like(h[0]), error) if sequences else (error, None)
    start_error, delta = jax.lax.scan(step, (first, cell_error), (saved, here, real), reverse=True)
    # One product over all steps for both kernels: h is what each step began with, as x is what it read.
    gradient = weight_gradient(jnp.concatenate([x, h], axis=-1), delta)
    features = x.shape[-1]
    return product(delta, kernel.T), gradient[:features], gradient[features:], start_error, None


_lstm.defvjp(_run, _back)
