"""What the fast recurrent layers share: tanh units with sigmoid gates.

What makes them fast on the CPU:

- The input's product is taken for all time steps at once, before the loop; the bias is one more row of it.
- All gates of a step go through one tanh, since sigmoid(z) = tanh(z / 2) / 2 + 1/2: the halves are put into
  the weights once, before the loop.
- The gradient of all weights is one product after the backward loop, not one a step.
- The forward loop keeps what a step began with (h, c), so that the backward loop shifts and copies nothing,
  and each gate apart: XLA's CPU code is several times slower on a slice of an array than on the whole.
- Without ``sequences`` neither loop carries an array of all steps that nobody asked for.
- A sequence of one step has no past: no loop and no recurrent product.
- A step of padding keeps the state: one select in the forward loop, and one in the backward loop, which sends the
  error at such a step on to the step before it.

Measured without gain, for an LSTM of 128 units, 50 steps and 64 rows, in milliseconds for both directions on one core
and on two (as it is: 23 and 22 to 27; PyTorch: 31 and 23):

- the batch in two halves, as separate chains in one loop: 25 and 27; in two loops, XLA runs one after the other;
- units on the first axis and rows on the last: 33 to 38 and 44 to 50;
- Eigen's products in place of YNNPACK's: 22 and 34;
- inputs and states in one product: 24 and 22;
- all gates of a step kept as one array: 28 and 25;
- a product for the error of each gate: 23 and 22.

Times differed by up to a fifth between runs. The product of a forward step takes 0.1 ms on two cores as on one.

Arrays are time-major, ``(time, batch, features)``; weights and gate order are Keras's. Gradients are for
reverse mode (``jax.grad``, ``jax.vjp``), also of each other.
"""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp

from .product import row_products

# Which steps are real, ``(time, batch, 1)``; None for all.
Real: TypeAlias = jax.Array | None
# What the backward loop needs of each step, an array of all steps each; None if there is no backward loop.
StepResidual: TypeAlias = tuple[jax.Array, ...] | None


def with_bias(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> tuple[jax.Array, jax.Array]:
    """Return inputs with one feature more, which is 1, and the kernel with the bias as one row more."""
    if bias is None:
        return x, kernel
    ones = jnp.ones((*x.shape[:-1], 1), x.dtype)
    return jnp.concatenate([x, ones], axis=-1), jnp.concatenate([kernel, bias[None]])


def last_or_all(hidden: jax.Array, sequences: bool) -> jax.Array:
    """Return the state of a single step as that of all steps, or as the last one."""
    return hidden[None] if sequences else hidden


def product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Return the product of every step, ``(time, batch, features)`` to ``(time, batch, units)``."""
    return (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], kernel.shape[-1])


def weight_gradient(activity: jax.Array, delta: jax.Array) -> jax.Array:
    """Return the gradient of a kernel from what it read and the errors at what it gave, at all steps."""
    return row_products(activity.reshape(-1, activity.shape[-1]), delta.reshape(-1, delta.shape[-1]))


def halves(t: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return two gates from one tanh, ``(batch, 2 units)``."""
    units = t.shape[-1] // 2
    return 0.5 * t[:, :units] + 0.5, 0.5 * t[:, units:] + 0.5


def kept(real: Real, new: jax.Array, old: jax.Array) -> jax.Array:
    """Return what a step made of a state where the step is real, and else the state."""
    return new if real is None else jnp.where(real, new, old)


def parted(real: Real, error: jax.Array) -> tuple[jax.Array, jax.Array | float]:
    """Return the error that goes through a step, and the one that passes it since the step is padding."""
    if real is None:
        return error, 0.0
    through = jnp.where(real, error, 0)
    return through, error - through


def plus(error: jax.Array, passing: jax.Array | float) -> jax.Array:
    """Return an error with what passed the step; nothing is added where all steps are real."""
    return error if isinstance(passing, float) else error + passing
