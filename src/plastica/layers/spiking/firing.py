"""How much the units of spiking layers fire, and between which rates they tell something."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ...typing import Bool, Float
from ..capabilities import SpikingUnits
from ..layer import Layer
from .neuron import Neuron
from .poisson import PoissonNeuron

SILENT = 0.001  # spikes of a unit in a step
EXPLODING = 0.5  # what a refractory period of a single step allows: no more than every other step


def spike_step(layer: Layer) -> float | None:
    """Return the duration of a step of a layer that spikes, in milliseconds; None if it does not spike."""
    if isinstance(layer, Neuron | PoissonNeuron):
        return layer.dt
    return layer.spike_step if isinstance(layer, SpikingUnits) else None


def step_of(layer: Layer) -> float | None:
    """Return the duration of a step of a layer with a time of its own, in milliseconds; None for other layers.

    Layers that answer once for a sequence, or that repeat rows over steps, count as well.
    """
    step = layer.spike_step if isinstance(layer, SpikingUnits) else getattr(layer, "dt", None)
    return step if isinstance(step, float | int) else None


def spikes_per_step(
    layer: Layer, activity: object, real: Bool[Array, "batch"] | None = None
) -> Float[Array, "units"] | None:
    """Return the mean number of spikes of each unit in a step; None if the layer does not show spikes in time.

    Args:
        layer: The layer.
        activity: What it answers, ``(batch, time, ...)``; each place behind the axis of time is a unit.
        real: Which rows count. Default: all.
    """
    if spike_step(layer) is None or not isinstance(activity, Array) or activity.ndim < 3:
        return None
    rows = jnp.ones(len(activity), activity.dtype) if real is None else real.astype(activity.dtype)
    by_row = activity.mean(1).reshape(len(activity), -1)
    return rows @ by_row / jnp.maximum(rows.sum(), 1)
