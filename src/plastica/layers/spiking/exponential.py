"""Neurons that make their own upstroke: exponential, adaptive exponential and quadratic integrate-and-fire."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ...declaration import declaration, named_field
from ...schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers, require_rising
from ...typing import Float, Params
from .integrate import require_integrator
from .neuron import Neuron, set_where
from .surrogates import FastSigmoid, Surrogate, surrogate
from .units_in_time import UnitState
from .units_of_measure import (
    CONDUCTANCE,
    CURRENT,
    DIFFERENCE,
    RESISTANCE,
    SLOW,
    require_measures,
    require_membrane,
    require_millivolts,
    require_times,
)

ADAPTATION = {"slope": DIFFERENCE, "coupling": CONDUCTANCE, "increment": CURRENT, "adaptation_tau": SLOW}


@declaration
class AdEx(Neuron):
    """Adaptive exponential integrate-and-fire neurons, which fit most firing patterns of cortex.

        C du/dt = -g_L (u - E_L) + g_L D exp((u - V_T) / D) - w + I
        tau_w dw/dt = a (u - E_L) - w
        at u > cut: u <- reset_potential, w <- w + b

    When to use: to model recorded neurons. With a = b = 0 it is the exponential integrate-and-fire neuron (EIF). Inputs
    are currents in picoamperes.

    Args:
        capacitance: C, in picofarads.
        leak: g_L, in nanosiemens.
        rest: E_L, in millivolts.
        threshold: V_T, in millivolts, from where the upstroke runs away.
        slope: D, in millivolts: how sharp the threshold is.
        coupling: a, in nanosiemens: how the adaptation follows the membrane.
        increment: b, in picoamperes: how a spike adds to it.
        adaptation_tau: tau_w, in milliseconds.
        reset_potential: The potential after a spike, in millivolts; above V_T for bursts.
        cut: The potential at which a spike is counted, in millivolts.
        dt: The duration of a step, in milliseconds; errors grow with it, as the upstroke is steep.
        integrator: "exponential_euler", "euler" or "rk4".
        surrogate: What stands in for the derivative of a spike; its steepness is for millivolts.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If a time is below a step, a number is out of range or in another unit, or a name unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> spikes = AdEx().apply({}, jnp.full((1, 3000, 1), 800.0))[0].ravel()
        >>> times = jnp.nonzero(spikes)[0]
        >>> bool(times[-1] - times[-2] > times[1] - times[0])
        True

    Reference:
        R. Brette, W. Gerstner, 2005, Adaptive exponential integrate-and-fire model as an effective description of
        neuronal activity, with its parameters; EIF: N. Fourcaud-Trocmé, D. Hansel, C. van Vreeswijk,
        N. Brunel, 2003, How spike generation mechanisms determine the neuronal response to fluctuating inputs.
    """

    capacitance: float = 281.0
    leak: float = 30.0
    rest: float = -70.6
    threshold: float = -50.4
    slope: float = 2.0
    coupling: float = 4.0
    increment: float = 80.5
    adaptation_tau: float = 144.0
    reset_potential: float = -70.6
    cut: float = 20.0
    dt: float = 0.1
    integrator: str = "exponential_euler"
    surrogate: Surrogate = named_field(default=FastSigmoid(1.0), converter=surrogate)

    def __post_init__(self) -> None:
        require_times(self, "adaptation_tau")
        require_integrator(self)
        require_millivolts(self, "rest", "threshold", "reset_potential", "cut")
        require_numbers(self, {"slope": ABOVE_ZERO, "increment": AT_LEAST_ZERO})
        require_measures(self, ADAPTATION)
        require_membrane(self)
        require_rising(self, "threshold", "cut")
        require_rising(self, "reset_potential", "cut")

    @property
    def makes_upstroke(self) -> bool:
        return True

    @property
    def potential_unit(self) -> str:
        return "mV"

    @property
    def input_unit(self) -> str:
        return "pA"

    @property
    def membrane_capacitance(self) -> float:
        return self.capacitance

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"membrane": jnp.full_like(like, self.rest), "adaptation_current": jnp.zeros_like(like)}

    def derivatives(self, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        # Beyond the cut the spike is over: the bound keeps the exponential of an upstroke finite.
        u, w = jnp.minimum(carry["membrane"], self.cut), carry["adaptation_current"]
        upstroke = self.leak * self.slope * jnp.exp((u - self.threshold) / self.slope)
        return {
            "membrane": (self.leak * (self.rest - u) + upstroke - w + drive) / self.capacitance,
            "adaptation_current": (self.coupling * (u - self.rest) - w) / self.adaptation_tau,
        }

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        new = super().below_threshold(params, carry, drive)
        # An exponential step of a runaway overflows float32; a spike is a spike at any height.
        return {**new, "membrane": jnp.clip(jnp.nan_to_num(new["membrane"], nan=self.cut + 1), None, self.cut + 1)}

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return jnp.full_like(carry["membrane"], self.threshold)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return new["membrane"] - self.cut

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        return {
            **carry,
            "membrane": set_where(spikes, carry["membrane"], self.reset_potential),
            "adaptation_current": carry["adaptation_current"] + self.increment * spikes,
        }


@declaration
class QIF(Neuron):
    """Quadratic integrate-and-fire neurons, the simplest that begin to fire at any low rate (type I).

        tau du/dt = (u - u_rest) (u - u_threshold) / (u_threshold - u_rest) + R I,  at u > cut: u <- reset_potential

    When to use: for theory, as it is the normal form of neurons near a saddle-node bifurcation; with wide bounds it is
    the theta neuron, whose rate grows as the square root of the current beyond the threshold.

    Args:
        tau: The membrane time constant, in milliseconds.
        rest: u_rest, in millivolts.
        threshold: u_threshold, in millivolts, beyond which a spike begins.
        reset_potential: The potential after a spike, in millivolts.
        cut: The potential at which a spike is counted, in millivolts.
        resistance: R, in megaohms for currents in nanoamperes.
        dt: The duration of a step, in milliseconds.
        integrator: "rk4", "exponential_euler" or "euler".
        surrogate: What stands in for the derivative of a spike; its steepness is for millivolts.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If a time is below a step, the order rest < threshold < cut is broken, a number is out of range or
            in another unit, or a name unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> [float(QIF().apply({}, jnp.full((1, 5000, 1), current))[0].sum() > 0) for current in (2.0, 20.0)]
        [0.0, 1.0]

    Reference:
        W. Gerstner, W. M. Kistler, R. Naud, L. Paninski, 2014, Neuronal dynamics, equation 5.16.
    """

    tau: float = 10.0
    rest: float = -65.0
    threshold: float = -50.0
    reset_potential: float = -80.0
    cut: float = 30.0
    resistance: float = 1.0
    dt: float = 0.1
    integrator: str = "rk4"
    surrogate: Surrogate = named_field(default=FastSigmoid(1.0), converter=surrogate)

    def __post_init__(self) -> None:
        require_times(self, "tau")
        require_numbers(self, {"resistance": ABOVE_ZERO})
        require_integrator(self)
        require_measures(self, {"resistance": RESISTANCE})
        require_millivolts(self, "rest", "threshold", "reset_potential", "cut")
        require_rising(self, "rest", "threshold", "cut")
        require_rising(self, "reset_potential", "cut")

    @property
    def makes_upstroke(self) -> bool:
        return True

    @property
    def potential_unit(self) -> str:
        return "mV"

    @property
    def input_unit(self) -> str:
        return "nA"

    @property
    def membrane_capacitance(self) -> float:
        return 1000 * self.tau / self.resistance  # milliseconds over megaohms are nanofarads

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"membrane": jnp.full_like(like, self.rest)}

    def derivatives(self, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        u = jnp.clip(carry["membrane"], None, self.cut)
        curve = (u - self.rest) * (u - self.threshold) / (self.threshold - self.rest)
        return {"membrane": (curve + self.resistance * drive) / self.tau}

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return jnp.full_like(carry["membrane"], self.threshold)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return new["membrane"] - self.cut

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        return {**carry, "membrane": set_where(spikes, carry["membrane"], self.reset_potential)}
