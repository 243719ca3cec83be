"""Recurrences back in time whose answers take the place of their inputs."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array


def back_in_place(step: Callable[..., Array], x: Array, *beside: Array) -> Array:
    """Return y_t = step(y_(t+1), x_t, ...) for all steps, beginning with 0 after the last.

    A scan writes its answers into an array of their own, which is filled with zeros first, and computes them a second
    time for what is carried. Here they are what is carried, and the memory of ``x`` serves again where nobody reads it
    later: for 100 steps of 64 to 128 rows, leaky neurons take a quarter to a half less time, forwards and backwards.

    Args:
        step: From the answer of the step behind and the parts of a step to its answer. More must not be carried: what
            else reads ``x_t`` would have XLA copy the whole array at each step.
        x: The inputs, ``(time, ...)``.
        beside: Further inputs, ``(time, ...)``.
    """

    def at(count: Array, held: tuple[Array, Array]) -> tuple[Array, Array]:
        made, after = held
        time = len(x) - 1 - count
        answer = step(after, made[time], *(each[time] for each in beside))
        return jax.lax.dynamic_update_index_in_dim(made, answer, time, 0), answer

    return jax.lax.fori_loop(0, len(x), at, (x, jnp.zeros_like(x[0])))[0]
