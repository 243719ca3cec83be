"""How much each layer of a spiking network fires."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue, PlasticaWarning
from ..layers.spiking.firing import EXPLODING, SILENT, spike_step, spikes_per_step
from ..typing import Float
from .recording import layers_and_traces

if TYPE_CHECKING:
    from ..model import Model


class LayerRates(NamedTuple):
    """The rates of a spiking layer.

    Attributes:
        path: The layer, as in traces.
        rates: The rate of each unit, in spikes per second.
        silent: The fraction of units that never spiked.
        per_step: The mean number of spikes of a unit in a step, from 0 to 1.
    """

    path: str
    rates: Float[np.ndarray, "units"]
    silent: float
    per_step: float


def firing_rates(model: Model, x: ArrayLike) -> list[LayerRates]:
    """Return how much the units of each spiking layer fire on some rows, and warn of silent and exploding layers.

    When to use: before a long training, since a silent network learns nothing, and an exploding one tells nothing.

    Args:
        model: A network with spiking layers.
        x: Rows, as for ``predict``.

    Raises:
        InvalidValue: If no layer spikes.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Input((20, 2)), pl.LIF(10.0)])
        >>> [round(each.per_step, 2) for each in pl.spikes.firing_rates(model, np.full((1, 20, 2), 0.3))]
        [0.25]
    """
    found = [
        _rates(part.path, dt, np.asarray(by_unit))
        for layer, part in layers_and_traces(model, x)
        if (dt := spike_step(layer)) is not None
        and (by_unit := spikes_per_step(layer, jnp.asarray(part.activity))) is not None
    ]
    if not found:
        raise InvalidValue(
            "firing_rates: no layer of this network spikes; it needs LIF(), Spiking(32) or another neuron."
        )
    for each in found:
        _warn(each)
    return found


def _rates(path: str, dt: float, by_unit: Float[np.ndarray, "units"]) -> LayerRates:
    return LayerRates(path, 1000 * by_unit / dt, float((by_unit == 0).mean()), float(by_unit.mean()))


def _warn(found: LayerRates) -> None:
    rate = found.rates.mean()
    if found.per_step < SILENT:
        warnings.warn(
            f"{found.path}: the layer is silent, with {rate:.2g} spikes a second for each unit. Raise the inputs or "
            "the initial weights, lower the threshold, or lengthen tau.",
            PlasticaWarning,
            stacklevel=3,
        )
    elif found.per_step > EXPLODING:
        warnings.warn(
            f"{found.path}: the layer explodes, with {rate:.0f} spikes a second for each unit, which spikes in "
            f"{found.per_step:.0%} of all steps. Lower the inputs or the weights, raise the threshold, or add "
            "Refractory(...).",
            PlasticaWarning,
            stacklevel=3,
        )
