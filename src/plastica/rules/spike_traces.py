"""Traces of spikes: what a synapse remembers of the spikes on either side."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..typing import Float

PAIRINGS = ("all_to_all", "nearest")


def before(
    spikes: Float[Array, "time batch units"], decay: Array | float, pairing: str
) -> Float[Array, "time batch units"]:
    """Return the trace at each step of the spikes of earlier steps.

    Args:
        spikes: The spikes, time-major.
        decay: The fraction of the trace that a step leaves.
        pairing: "all_to_all", where spikes add up, or "nearest", where only the last one counts.
    """

    def step(trace: Array, now: Array) -> tuple[Array, Array]:
        faded = decay * trace
        # Spikes of one step do not pair: what a step sees is the trace without its own spikes.
        after = faded + now if pairing == "all_to_all" else jnp.where(now > 0, now, faded)
        return after, faded

    return jax.lax.scan(step, jnp.zeros_like(spikes[0]), spikes)[1]


def outer(
    pre: Float[Array, "time batch features"], post: Float[Array, "time batch units"]
) -> Float[Array, "features units"]:
    """Return the products of both sides, summed over steps and rows."""
    return pre.reshape(-1, pre.shape[-1]).T @ post.reshape(-1, post.shape[-1])
