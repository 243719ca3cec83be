"""Firing curves: the rate of a neuron at each constant current."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue
from ..layers import INFERENCE, Neuron
from ..layers.spiking.units_of_measure import whole_steps
from ..typing import Float
from .traces_of_neurons import require_finite, require_neuron

if TYPE_CHECKING:
    from ..drawing.figure import Drawing


class FiringCurve(NamedTuple):
    """The rate of a neuron at each current (f-I curve).

    Attributes:
        currents: The currents, in the unit of the neuron's inputs.
        rates: Spikes per second, 0 where fewer than two spikes came.
        unit: The unit of the currents, such as "pA"; empty if they have none.
    """

    currents: Float[np.ndarray, "currents"]
    rates: Float[np.ndarray, "currents"]
    unit: str = ""

    @property
    def rheobase(self) -> float:
        """The smallest of the currents at which the neuron goes on firing; NaN if there is none."""
        firing = np.flatnonzero(self.rates > 0)
        return float(self.currents[firing[0]]) if len(firing) else float("nan")

    def draw(self) -> Drawing:
        """Draw the curve."""
        from .pictures import draw_firing_curve

        return draw_firing_curve(self)


def firing_curve(neuron: Neuron, currents: ArrayLike, duration: float = 1000.0, skip: float = 200.0) -> FiringCurve:
    """Return the rate of a neuron at each of some constant currents, from the intervals between its spikes.

    When to use: to see whether a neuron begins to fire slowly (type I) or at a rate of its own (type II), and to fit it
    to recordings.

    Args:
        neuron: The neuron; time constants that it would learn are at their beginning.
        currents: The currents.
        duration: The duration of each, in milliseconds.
        skip: The time at the beginning that does not count, in milliseconds.

    Raises:
        InvalidValue: If it is no neuron, the times leave nothing, currents are no series of finite numbers, or the
            potential does not stay finite.

    Example:
        >>> from plastica.layers import LIF
        >>> curve = firing_curve(LIF(20.0, reset="zero", inputs="current", dt=0.1), [0.9, 2.0])
        >>> curve.rates.round().tolist()  # 1000 / (20 ln 2) = 72 spikes a second
        [0.0, 72.0]
    """
    require_neuron("firing_curve", neuron)
    given = np.asarray(currents, np.float32)
    if given.ndim != 1 or not len(given) or not np.isfinite(given).all():
        raise InvalidValue(f"firing_curve: got currents of shape {given.shape}; expected a list of finite numbers.")
    if not 0 <= skip < duration:
        raise InvalidValue(f"firing_curve(duration={duration:g}, skip={skip:g}): expected 0 <= skip < duration.")
    steps = whole_steps("firing_curve", "duration", duration, neuron.dt)
    x = jnp.broadcast_to(jnp.asarray(given)[None, None], (1, steps, len(given)))
    params, _ = neuron.init(np.random.default_rng(0), x.shape[1:])
    potential, _ = neuron.synapse(params, x, {}, INFERENCE)
    require_finite(neuron, potential)
    spikes = np.asarray(neuron.activate(potential))[0, round(skip / neuron.dt) :]
    rates = [_rate(np.flatnonzero(own), neuron.dt) for own in spikes.T]
    return FiringCurve(given, np.array(rates), neuron.input_unit)


def _rate(steps: np.ndarray, dt: float) -> float:
    return 1000 / (float(np.diff(steps).mean()) * dt) if len(steps) > 1 else 0.0
