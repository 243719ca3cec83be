"""What an answer of a network costs in operations, and an estimate of its energy."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue
from ..layers import Layer, walk
from ..typing import Params
from .recording import layers_and_traces

if TYPE_CHECKING:
    from ..model import Model

# Picojoules at 45 nm and 0.9 V, 32-bit floating point: a multiplication takes 3.7 and an addition 0.9 (Horowitz 2014).
MAC_ENERGY, AC_ENERGY = 4.6, 0.9
ASSUMPTIONS = (
    "Assumptions: 4.6 pJ for a multiplication with its addition, 0.9 pJ for an addition alone (Horowitz 2014, 45 nm, "
    "32-bit floating point); a spike costs one addition for each of its connections, a silent input nothing; memory, "
    "leaks, thresholds and biases are not counted."
)


class LayerOperations(NamedTuple):
    """The operations of a layer for one row, on the mean.

    Attributes:
        path: The layer, as in traces.
        macs: Multiplications with their additions, for inputs that are numbers.
        additions: Additions alone, for inputs that are spikes.
        dense: The operations of all connections, were no input silent.
    """

    path: str
    macs: float
    additions: float
    dense: float


class EnergyEstimate(NamedTuple):
    """The operations of a network for one row, and their energy.

    Attributes:
        layers: The operations of each layer with weights.
    """

    layers: tuple[LayerOperations, ...]

    @property
    def picojoules(self) -> float:
        """The energy of all operations, in picojoules; ``str()`` of the estimate states the assumptions."""
        return sum(MAC_ENERGY * each.macs + AC_ENERGY * each.additions for each in self.layers)

    @property
    def dense_picojoules(self) -> float:
        """The energy if every connection took a multiplication, in each step."""
        return sum(MAC_ENERGY * each.dense for each in self.layers)

    def __str__(self) -> str:
        lines = [f"{each.path}: {each.macs:,.0f} MAC, {each.additions:,.0f} additions" for each in self.layers]
        return "\n".join([*lines, f"{self.picojoules / 1000:,.4g} nJ for each row.", ASSUMPTIONS])


def energy_estimate(model: Model, x: ArrayLike) -> EnergyEstimate:
    """Count the operations that a network takes for some rows, and estimate their energy.

    An input of a layer that is 0 or 1 throughout the rows is a spike and costs additions; any other costs
    multiplications. The counts of convolutions include the padding at the borders.

    When to use: to compare spiking networks with each other and with the networks they replace. The estimate is one of
    arithmetic: on real chips moving data often takes most of the energy.

    Args:
        model: A network, spiking or not.
        x: Rows, as for ``predict``.

    Raises:
        InvalidValue: If no layer has weights.

    Example:
        >>> import numpy as np
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Input((10, 4)), pl.Dense(3), pl.LIF(5.0)])
        >>> energy_estimate(model, np.eye(4, dtype="float32")[None, [0, 1] * 5]).layers[0]
        LayerOperations(path='layer 1, Dense', macs=0.0, additions=30.0, dense=120.0)

    Reference:
        M. Horowitz, 2014, Computing's energy problem (and what we can do about it), figure 1.1.9.
    """
    layers = zip(layers_and_traces(model, x), walk(model.network, model.params), strict=True)
    found = [
        layer_operations(part.path, layer, params, np.asarray(part.input), np.asarray(part.potential))
        for (layer, part), (_, _, params) in layers
    ]
    known = tuple(each for each in found if each is not None)
    if not known:
        raise InvalidValue("energy_estimate: no layer of this network has weights.")
    return EnergyEstimate(known)


def layer_operations(
    path: str, layer: Layer, params: Params, x: np.ndarray, potential: np.ndarray
) -> LayerOperations | None:
    """Return the operations of a layer for its inputs; None for a layer without a kernel."""
    if not layer.linear_units or not isinstance(params, dict) or "kernel" not in params:
        return None
    spikes = bool(((x == 0) | (x == 1)).all())
    dense = float(prod(params["kernel"].shape[:-1]) * prod(potential.shape[1:]))
    events = dense * float((x != 0).mean())
    return LayerOperations(path, 0.0 if spikes else dense, events if spikes else 0.0, dense)
