"""Synapses with a time of their own: what a spike does to a current in the milliseconds after it."""

from __future__ import annotations

from math import e

import jax.numpy as jnp
import numpy as np
from jax import Array

from ...declaration import declaration
from ...errors import DataError
from ...schedules.checks import AT_LEAST_ZERO, INSIDE_ONE, require_numbers
from ...typing import Float, Params
from .units_in_time import UnitsInTime, UnitState, fading
from .units_of_measure import SLOW, require_measures, require_times


class Synapse(UnitsInTime):
    """Base of synapses, filters that turn spikes into currents."""

    tau: float
    dt: float

    def __post_init__(self) -> None:
        require_times(self, "tau")

    def paused(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return carry["current"]


@declaration
class ExponentialSynapse(Synapse):
    """A current that each spike lifts at once and that then decays: I_t = exp(-dt / tau) I_(t-1) + x_t.

    When to use: between ``Dense`` and ``LIF(inputs="current")``, for currents that last as those of AMPA (5 ms) or GABA
    receptors (10 ms).

    Args:
        tau: The time constant, in milliseconds.
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the time constant is below a step.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> round(float(ExponentialSynapse(5.0).apply({}, jnp.array([[[1.0], [0.0]]]))[0][0, 1, 0]), 3)
        0.819

    Reference:
        W. Gerstner, W. M. Kistler, R. Naud, L. Paninski, 2014, Neuronal dynamics, equation 3.2.
    """

    tau: float = 5.0
    dt: float = 1.0

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"current": jnp.zeros_like(like)}

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        current = fading(self.dt, self.tau, drive.dtype) * carry["current"] + drive
        return {"current": current}, current


@declaration
class AlphaSynapse(Synapse):
    """A current that rises and falls after each spike: I(t) = (t / tau) exp(1 - t / tau), 1 at its peak at t = tau.

    When to use: where the rise of a synaptic current matters, as for the timing of spikes. Exact for any dt.

    Args:
        tau: The time from a spike to the peak, in milliseconds.
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the time constant is below a step.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> spike = jnp.zeros((1, 8, 1)).at[0, 0].set(1.0)
        >>> current = AlphaSynapse(3.0).apply({}, spike)[0].ravel()
        >>> int(current.argmax()), float(current.max().round(4))
        (3, 1.0)

    Reference:
        W. Rall, 1967, Distinguishing theoretical synaptic potentials computed for different soma-dendritic
        distributions of synaptic input.
    """

    tau: float = 5.0
    dt: float = 1.0

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"current": jnp.zeros_like(like), "rise": jnp.zeros_like(like)}

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        kept = fading(self.dt, self.tau, drive.dtype)
        # I' = -I / tau + (e / tau) rise and rise' = -rise / tau, solved for a step.
        current = kept * (carry["current"] + e * self.dt / self.tau * carry["rise"])
        return {"current": current, "rise": kept * carry["rise"] + drive}, current


@declaration
class TsodyksMarkramSynapse(Synapse):
    """Synapses that tire and facilitate: what a spike releases depends on those before it.

        at a spike:      u <- u + U (1 - u),   released: u x,   x <- x - u x,   I <- I + u x
        between spikes:  du/dt = -u / tau_f,   dx/dt = (1 - x) / tau_d,   dI/dt = -I / tau

    When to use: directly behind what spikes and before ``Dense``, as each input has a u and an x of its own: for
    responses to changes of rates (depression), and for memories of seconds in synapses (facilitation). Exact for any
    dt.

    Args:
        use: U, the fraction of the resources that the first spike uses, from 0 to 1.
        facilitation: tau_f, in milliseconds; 0 for a synapse that does not facilitate. The defaults are those of
            depressing synapses between pyramidal neurons.
        recovery: tau_d, in milliseconds.
        tau: The time constant of the current, in milliseconds.
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If a time constant is below a step, or the use outside of 0 to 1.
        ShapeError: If inputs have no axis of time.
        DataError: If the layer is the first of a network and its inputs are outside of 0 to 1.

    Example:
        >>> spikes = jnp.zeros((1, 60, 1)).at[0, ::20].set(1.0)
        >>> current = TsodyksMarkramSynapse(tau=1.0).apply({}, spikes)[0][0, ::20, 0]
        >>> [round(float(each), 3) for each in current]
        [0.5, 0.256, 0.137]

    Reference:
        M. V. Tsodyks, H. Markram, 1997, The neural code between neocortical pyramidal neurons depends on
        neurotransmitter release probability; facilitation: M. Tsodyks, K. Pawelzik, H. Markram, 1998, Neural networks
        with dynamic synapses; with u and x alone, where resources are used up at once and not after the time constant
        of the current: G. Mongillo, O. Barak, M. Tsodyks, 2008, Synaptic theory of working memory.
    """

    use: float = 0.5
    facilitation: float = 0.0
    recovery: float = 800.0
    tau: float = 3.0
    dt: float = 1.0

    def __post_init__(self) -> None:
        require_times(self, "recovery", "tau")
        require_measures(self, {"recovery": SLOW})
        require_numbers(self, {"use": INSIDE_ONE, "facilitation": AT_LEAST_ZERO})
        if isinstance(self.facilitation, float) and self.facilitation > 0:
            require_times(self, "facilitation")

    def check_input(self, x: np.ndarray) -> None:
        low, high = float(np.min(x, initial=0)), float(np.max(x, initial=0))
        if not (low >= 0 and high <= 1):
            raise DataError(
                f"TsodyksMarkramSynapse: got numbers from {low:.4g} to {high:.4g}; it reads spikes, 0 or 1. Put it "
                "directly behind what spikes, and take shorter steps if there are several spikes in one."
            )

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"current": jnp.zeros_like(like), "use": jnp.zeros_like(like), "resources": jnp.ones_like(like)}

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        # u and x are those just before a spike, after what a step has left of them.
        u = fading(self.dt, self.facilitation, drive.dtype) * carry["use"]
        x = 1 + fading(self.dt, self.recovery, drive.dtype) * (carry["resources"] - 1)
        u = u + self.use * (1 - u) * drive
        released = u * x * drive
        current = fading(self.dt, self.tau, drive.dtype) * carry["current"] + released
        return {"current": current, "use": u, "resources": x - released}, current
