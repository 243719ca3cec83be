"""Leaky integrate-and-fire neurons whose synapses are conductances."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ...declaration import declaration, named_field
from ...schedules.checks import require_rising
from ...typing import Float, Params
from .lif import check_membrane
from .neuron import Neuron, set_where
from .surrogates import Surrogate, surrogate
from .units_in_time import UnitState, fading, mean_of_fading
from .units_of_measure import require_membrane, require_millivolts, require_times


@declaration
class ConductanceLIF(Neuron):
    """Leaky integrate-and-fire neurons with excitatory and inhibitory conductances.

        C du/dt = g_L (rest - u) + g_e (E_e - u) + g_i (E_i - u)
        dg_e/dt = -g_e / tau_e,  dg_i/dt = -g_i / tau_i

    A positive input is a jump of g_e, a negative one of g_i, both in nanosiemens. Conductances decay exactly; u reads
    their mean over a step, which leaves an error of order dt^2.

    When to use: for models of cortex, where inhibition divides rather than subtracts, and for Diehl and Cook's network.

    Args:
        capacitance: C, in picofarads; with ``leak`` it gives the membrane time constant C / g_L, 20 ms by default.
        leak: g_L, in nanosiemens.
        rest: The resting potential, in millivolts.
        threshold: The potential of a spike, in millivolts.
        reset_potential: The potential after a spike, in millivolts.
        excitatory_reversal: E_e, in millivolts.
        inhibitory_reversal: E_i, in millivolts.
        excitatory_tau: tau_e, in milliseconds.
        inhibitory_tau: tau_i, in milliseconds.
        dt: The duration of a step, in milliseconds.
        surrogate: What stands in for the derivative of a spike; its steepness is for millivolts.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If a time is below a step, a number is in another unit, or the threshold is not above rest and the
            reset potential.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> excited = ConductanceLIF().apply({}, jnp.full((1, 1000, 1), 0.3))[0].sum()
        >>> inhibited = ConductanceLIF().apply({}, jnp.full((1, 1000, 1), -0.3))[0].sum()
        >>> bool(excited > 0), float(inhibited)
        (True, 0.0)

    Reference:
        T. P. Vogels, L. F. Abbott, 2005, Signal propagation and logic gating in networks of integrate-and-fire neurons,
        equations 1 and 2.
    """

    capacitance: float = 200.0
    leak: float = 10.0
    rest: float = -60.0
    threshold: float = -50.0
    reset_potential: float = -60.0
    excitatory_reversal: float = 0.0
    inhibitory_reversal: float = -80.0
    excitatory_tau: float = 5.0
    inhibitory_tau: float = 10.0
    dt: float = 0.1
    surrogate: Surrogate = named_field(default="fast_sigmoid", converter=surrogate)

    reset: ClassVar[str] = "zero"

    def __post_init__(self) -> None:
        require_times(self, "excitatory_tau", "inhibitory_tau")
        potentials = "rest", "threshold", "reset_potential", "excitatory_reversal", "inhibitory_reversal"
        require_millivolts(self, *potentials)
        check_membrane(self)
        require_rising(self, "reset_potential", "threshold")
        require_membrane(self)

    @property
    def potential_unit(self) -> str:
        return "mV"

    @property
    def input_unit(self) -> str:
        return "nS"

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        nothing = jnp.zeros_like(like)
        return {"membrane": jnp.full_like(like, self.rest), "excitation": nothing, "inhibition": nothing}

    def currents(self, carry: UnitState) -> dict[str, Array]:
        u = carry["membrane"]
        pulls = {"excitation": self.excitatory_reversal, "inhibition": self.inhibitory_reversal}
        return {name: carry[name] * (reversal - u) for name, reversal in pulls.items()}

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        g_e = carry["excitation"] + jax.nn.relu(drive)
        g_i = carry["inhibition"] + jax.nn.relu(-drive)
        mean_e = g_e * mean_of_fading(self.dt, self.excitatory_tau, g_e.dtype)
        mean_i = g_i * mean_of_fading(self.dt, self.inhibitory_tau, g_i.dtype)
        total = self.leak + mean_e + mean_i
        pulled = self.leak * self.rest + mean_e * self.excitatory_reversal + mean_i * self.inhibitory_reversal
        target = pulled / total
        u = target + (carry["membrane"] - target) * jnp.exp(-self.dt * total / self.capacitance)
        fading_e = fading(self.dt, self.excitatory_tau, u.dtype)
        fading_i = fading(self.dt, self.inhibitory_tau, u.dtype)
        return {**carry, "membrane": u, "excitation": g_e * fading_e, "inhibition": g_i * fading_i}

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return jnp.full_like(carry["membrane"], self.threshold)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return new["membrane"] - self.threshold

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        return {**carry, "membrane": set_where(spikes, carry["membrane"], self.reset_potential)}
