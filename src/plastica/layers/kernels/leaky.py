"""The fast leaky integrate-and-fire neuron: a loop forwards and a loop backwards that keep potentials only.

Automatic differentiation of the plain loop keeps several arrays for each step and reads them back; here only the
distances to the threshold are kept, from which the rest is computed again. Arrays are time-major,
``(time, batch, ...)``. Gradients are for reverse mode (``jax.grad``, ``jax.vjp``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from .in_place import back_in_place

# What the backward loop needs: distances to the threshold, the decay, the threshold and the surrogate gradient.
LeakySaved: TypeAlias = tuple[Array, Array, Array, Any]


def leaky(
    x: Array, decay: Array, threshold: Array, surrogate: Callable[[Array], Array], reset: str, detach: bool
) -> Array:
    """Return the distances to the threshold at all steps of neurons that begin at a resting potential of 0.

    Args:
        x: What each step adds to the potential, ``(time, batch, ...)``.
        decay: The fraction of the potential that a step leaves.
        threshold: The potential of a spike.
        surrogate: The spike, with its surrogate gradient.
        reset: "subtract", "zero" or "none".
        detach: Whether the gradient takes no path through the reset.
    """
    return _leaky(x, decay, threshold, surrogate, reset, detach)


@partial(jax.custom_vjp, nondiff_argnums=(4, 5))
def _leaky(x: Array, decay: Array, threshold: Array, surrogate: Any, reset: str, detach: bool) -> Array:
    return _forward(x, decay, threshold, surrogate, reset)


def _forward(x: Array, decay: Array, threshold: Array, surrogate: Any, reset: str) -> Array:
    def step(v: Array, drive: Array) -> tuple[Array, Array]:
        u = decay * v + drive
        z = u - threshold
        if reset == "none":
            return u, z
        return u - surrogate(z) * (threshold if reset == "subtract" else u), z

    return jax.lax.scan(step, jnp.zeros_like(x[0]), x)[1]


def _keep(
    x: Array, decay: Array, threshold: Array, surrogate: Any, reset: str, detach: bool
) -> tuple[Array, LeakySaved]:
    z = _forward(x, decay, threshold, surrogate, reset)
    return z, (z, decay, threshold, surrogate)


def _back(reset: str, detach: bool, saved: LeakySaved, error: Array) -> tuple[Array, None, None, None]:
    z, decay, threshold, surrogate = saved

    def step(after: Array, own: Array, z: Array) -> Array:
        # d(after the reset) / d(before it): with the slope s' of the spike s, 1 - threshold s', or 1 - s - u s'.
        slope, later = 0.0 if detach else surrogate.slope(z), decay * after
        if reset == "subtract":
            later = later * (1 - threshold * slope)
        elif reset == "zero":
            later = later * (1 - surrogate(z) - (z + threshold) * slope)
        return own + later

    return back_in_place(step, error, z), None, None, None


_leaky.defvjp(_keep, _back)
