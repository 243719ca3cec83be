"""Fast recurrent layers: tanh units with sigmoid gates, from an initial state of zeros.

What makes them fast on the CPU:

- The input's product is taken for all time steps at once, before the loop; the bias is one more row of it.
- All gates of a step go through one tanh, since sigmoid(z) = tanh(z / 2) / 2 + 1/2: the halves are put into
  the weights once, before the loop.
- The gradient of all weights is one product after the backward loop, not one a step.
- The forward loop keeps what a step began with (h, c), so that the backward loop shifts and copies nothing,
  and each gate apart: XLA's CPU code is several times slower on a slice of an array than on the whole.
- Without ``sequences`` neither loop carries an array of all steps that nobody asked for.
- A sequence of one step has no past: no loop and no recurrent product.

Arrays are time-major, ``(time, batch, features)``; weights and gate order are Keras's. Gradients are for
reverse mode (``jax.grad``, ``jax.vjp``), also of each other.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from .product import row_products, row_sum


def lstm(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, bias: jax.Array | None, sequences: bool
) -> jax.Array:
    """Return an LSTM's hidden states.

    Args:
        x: Inputs, ``(time, batch, features)``.
        kernel: ``(features, 4 units)``, gates i, f, c, o.
        recurrent_kernel: ``(units, 4 units)``.
        bias: ``(4 units,)`` or None.
        sequences: Whether all steps are wanted.

    Shapes:
        ``(time, batch, units)`` with ``sequences``, else the last step's ``(batch, units)``.
    """
    units = recurrent_kernel.shape[0]
    scale = jnp.repeat(jnp.asarray([0.5, 0.5, 1.0, 0.5], kernel.dtype), units, total_repeat_length=4 * units)
    x, kernel = _with_bias(x, kernel, bias)
    kernel = kernel * scale
    if len(x) == 1:
        i, _, c, o = _lstm_gates(jnp.tanh(x[0] @ kernel))
        return _last_or_all(o * jnp.tanh(i * c), sequences)
    return _lstm(x, kernel, recurrent_kernel * scale, sequences)


def gru(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, bias: jax.Array | None, sequences: bool
) -> jax.Array:
    """Return the hidden states of a GRU whose reset gate acts after the recurrent product.

    Args:
        x: Inputs, ``(time, batch, features)``.
        kernel: ``(features, 3 units)``, gates z, r, h.
        recurrent_kernel: ``(units, 3 units)``.
        bias: ``(2, 3 units)``, the input's and the recurrent one, or None.
        sequences: Whether all steps are wanted.

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
    x, kernel = _with_bias(x, kernel, bias)
    kernel = kernel * scale
    if len(x) == 1:
        potential = x[0] @ kernel
        z, r = _halves(jnp.tanh(potential[:, : 2 * units]))
        candidate = jnp.tanh(potential[:, 2 * units :] + r * candidate_bias)
        return _last_or_all(candidate - z * candidate, sequences)
    return _gru(x, kernel, recurrent_kernel * scale, candidate_bias, sequences)


def simple_rnn(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, bias: jax.Array | None, sequences: bool
) -> jax.Array:
    """Return a simple recurrent layer's potentials z; its hidden states are tanh(z).

    Args:
        x: Inputs, ``(time, batch, features)``.
        kernel: ``(features, units)``.
        recurrent_kernel: ``(units, units)``.
        bias: ``(units,)`` or None.
        sequences: Whether all steps are wanted.

    Shapes:
        ``(time, batch, units)`` with ``sequences``, else the last step's ``(batch, units)``.
    """
    x, kernel = _with_bias(x, kernel, bias)
    if len(x) == 1:
        return _last_or_all(x[0] @ kernel, sequences)
    return _simple_rnn(x, kernel, recurrent_kernel, sequences)


def _with_bias(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> tuple[jax.Array, jax.Array]:
    if bias is None:
        return x, kernel
    ones = jnp.ones((*x.shape[:-1], 1), x.dtype)
    return jnp.concatenate([x, ones], axis=-1), jnp.concatenate([kernel, bias[None]])


def _last_or_all(hidden: jax.Array, sequences: bool) -> jax.Array:
    return hidden[None] if sequences else hidden


def _product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], kernel.shape[-1])


def _weight_gradient(activity: jax.Array, delta: jax.Array) -> jax.Array:
    return row_products(activity.reshape(-1, activity.shape[-1]), delta.reshape(-1, delta.shape[-1]))


def _halves(t: jax.Array) -> tuple[jax.Array, jax.Array]:
    units = t.shape[-1] // 2
    return 0.5 * t[:, :units] + 0.5, 0.5 * t[:, units:] + 0.5


def _lstm_gates(t: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    u = t.shape[-1] // 4
    return 0.5 * t[:, :u] + 0.5, 0.5 * t[:, u : 2 * u] + 0.5, t[:, 2 * u : 3 * u], 0.5 * t[:, 3 * u :] + 0.5


# The loops below see scaled weights. ``keep`` says whether the forward loop keeps what the backward one needs.


def _lstm_forward(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, sequences: bool, keep: bool
) -> tuple[jax.Array, Any]:
    def step(carry: Any, potential: jax.Array) -> Any:
        h, c = carry
        t = jnp.tanh(potential + h @ recurrent_kernel)
        i, f, candidate, o = _lstm_gates(t)
        new_c = f * c + i * candidate
        squashed = jnp.tanh(new_c)
        new_h = o * squashed
        return (new_h, new_c), (new_h if sequences else None, (h, c, squashed, i, f, candidate, o) if keep else None)

    potentials = _product(x, kernel)
    zeros = jnp.zeros((x.shape[1], recurrent_kernel.shape[0]), potentials.dtype)
    (last, _), (hidden, kept) = jax.lax.scan(step, (zeros, zeros), potentials)
    return (hidden if sequences else last), kept


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _lstm(x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, sequences: bool) -> jax.Array:
    return _lstm_forward(x, kernel, recurrent_kernel, sequences, keep=False)[0]


def _lstm_run(x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, sequences: bool) -> Any:
    hidden, kept = _lstm_forward(x, kernel, recurrent_kernel, sequences, keep=True)
    return hidden, (x, kernel, recurrent_kernel, kept)


def _lstm_back(sequences: bool, residual: Any, error: jax.Array) -> Any:
    x, kernel, recurrent_kernel, (h, *kept) = residual
    transposed = recurrent_kernel.T

    def step(carry: Any, kept: Any) -> Any:
        dh, dc = carry
        (c, squashed, i, f, candidate, o), dh_here = kept
        dh = dh + dh_here if sequences else dh
        # The barrier computes dc once: XLA would do it again in each of the four products below.
        dc = jax.lax.optimization_barrier(dc + dh * o * (1 - squashed * squashed))
        # The 2 is the other half of what was scaled: d sigmoid(z) / d (z / 2) = 2 i (1 - i).
        d_input, d_forget = 2 * dc * candidate * i * (1 - i), 2 * dc * c * f * (1 - f)
        d_candidate, d_output = dc * i * (1 - candidate * candidate), 2 * dh * squashed * o * (1 - o)
        delta = jnp.concatenate([d_input, d_forget, d_candidate, d_output], axis=-1)
        return (delta @ transposed, dc * f), delta

    zeros = jnp.zeros_like(h[0])
    start, errors = (zeros, error) if sequences else (error, None)
    _, delta = jax.lax.scan(step, (start, zeros), (kept, errors), reverse=True)
    gradient = _weight_gradient(jnp.concatenate([x, h], axis=-1), delta)
    features = x.shape[-1]
    return _product(delta, kernel.T), gradient[:features], gradient[features:]


_lstm.defvjp(_lstm_run, _lstm_back)


def _gru_forward(
    x: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    candidate_bias: jax.Array,
    sequences: bool,
    keep: bool,
) -> tuple[jax.Array, Any]:
    units = recurrent_kernel.shape[0]

    def step(h: jax.Array, potential: jax.Array) -> Any:
        recurrent = h @ recurrent_kernel
        t = jnp.tanh(potential[:, : 2 * units] + recurrent[:, : 2 * units])
        z, r = _halves(t)
        inner = recurrent[:, 2 * units :] + candidate_bias
        candidate = jnp.tanh(potential[:, 2 * units :] + r * inner)
        new_h = candidate + z * (h - candidate)
        return new_h, (new_h if sequences else None, (h, z, r, candidate, inner) if keep else None)

    potentials = _product(x, kernel)
    zeros = jnp.zeros((x.shape[1], units), potentials.dtype)
    last, (hidden, kept) = jax.lax.scan(step, zeros, potentials)
    return (hidden if sequences else last), kept


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def _gru(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, candidate_bias: jax.Array, sequences: bool
) -> jax.Array:
    return _gru_forward(x, kernel, recurrent_kernel, candidate_bias, sequences, keep=False)[0]


def _gru_run(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, candidate_bias: jax.Array, sequences: bool
) -> Any:
    hidden, kept = _gru_forward(x, kernel, recurrent_kernel, candidate_bias, sequences, keep=True)
    return hidden, (x, kernel, recurrent_kernel, kept)


def _gru_back(sequences: bool, residual: Any, error: jax.Array) -> Any:
    x, kernel, recurrent_kernel, (h, *gates) = residual
    transposed = recurrent_kernel.T
    features, units = x.shape[-1], h.shape[-1]

    def step(dh: jax.Array, kept: Any) -> Any:
        h, (z, r, candidate, inner), dh_here = kept
        dh = dh + dh_here if sequences else dh
        d_candidate = dh * (1 - z) * (1 - candidate * candidate)
        d_update, d_reset = 2 * dh * (h - candidate) * z * (1 - z), 2 * d_candidate * inner * r * (1 - r)
        delta = jnp.concatenate([d_update, d_reset, d_candidate * r], axis=-1)
        return delta @ transposed + dh * z, (delta, d_candidate)

    start, errors = (jnp.zeros_like(h[0]), error) if sequences else (error, None)
    _, (delta, d_candidate) = jax.lax.scan(step, start, (h, gates, errors), reverse=True)
    # delta is the error at the recurrent product; at the input's product the candidate is not reset.
    gradient = _weight_gradient(jnp.concatenate([x, h], axis=-1), delta)
    d_kernel = jnp.concatenate(
        [gradient[:features, : 2 * units], _weight_gradient(x, d_candidate)], axis=-1
    )  # (features, 3 units)
    dx = _product(jnp.concatenate([delta[..., : 2 * units], d_candidate], axis=-1), kernel.T)
    return dx, d_kernel, gradient[features:], row_sum(delta[..., 2 * units :])


_gru.defvjp(_gru_run, _gru_back)


def _simple_rnn_forward(
    x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, sequences: bool, keep: bool
) -> tuple[jax.Array, Any]:
    def step(carry: Any, potential: jax.Array) -> Any:
        h = jnp.tanh(carry)
        z = potential + h @ recurrent_kernel
        return z, (z if sequences else None, h if keep else None)

    potentials = _product(x, kernel)
    zeros = jnp.zeros((x.shape[1], recurrent_kernel.shape[0]), potentials.dtype)
    last, (all_z, kept) = jax.lax.scan(step, zeros, potentials)
    return (all_z if sequences else last), kept


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _simple_rnn(x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, sequences: bool) -> jax.Array:
    return _simple_rnn_forward(x, kernel, recurrent_kernel, sequences, keep=False)[0]


def _simple_rnn_run(x: jax.Array, kernel: jax.Array, recurrent_kernel: jax.Array, sequences: bool) -> Any:
    z, h = _simple_rnn_forward(x, kernel, recurrent_kernel, sequences, keep=True)
    return z, (x, kernel, recurrent_kernel, h)


def _simple_rnn_back(sequences: bool, residual: Any, error: jax.Array) -> Any:
    x, kernel, recurrent_kernel, h = residual
    transposed = recurrent_kernel.T

    def step(dz: jax.Array, kept: Any) -> Any:
        h, dz_here = kept
        delta = dz + dz_here if sequences else dz
        return (1 - h * h) * (delta @ transposed), delta

    start, errors = (jnp.zeros_like(h[0]), error) if sequences else (error, None)
    _, delta = jax.lax.scan(step, start, (h, errors), reverse=True)
    gradient = _weight_gradient(jnp.concatenate([x, h], axis=-1), delta)
    features = x.shape[-1]
    return _product(delta, kernel.T), gradient[:features], gradient[features:]


_simple_rnn.defvjp(_simple_rnn_run, _simple_rnn_back)
