"""Neurons whose spikes are a part of their equations: Hodgkin and Huxley's, FitzHugh and Nagumo's."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ...declaration import declaration, named_field
from ...errors import InvalidValue
from ...schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ...typing import Float
from .integrate import require_integrator
from .neuron import Neuron
from .surrogates import FastSigmoid, Surrogate, surrogate
from .units_in_time import UnitState
from .units_of_measure import AREA_CAPACITANCE, AREA_CONDUCTANCE, require_measures, require_millivolts, require_times

TOP = 2.0  # v of FitzHugh and Nagumo's neuron in a spike
FASTEST_GATE = 0.2368  # 1 / (alpha_m + beta_m) at rest, in milliseconds; half of it during a spike


class CrossingNeuron(Neuron):
    """Base of neurons without a reset: a spike is counted where the membrane rises through a level."""

    level: float

    @property
    def makes_upstroke(self) -> bool:
        return True

    @property
    def resets(self) -> bool:
        return False

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return jnp.full_like(carry["membrane"], self.level)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        # Above 0 in the one step that ends above the level and began below it.
        return jnp.minimum(new["membrane"] - self.level, self.level - old["membrane"])


@declaration
class HodgkinHuxley(CrossingNeuron):
    """Hodgkin and Huxley's neuron: sodium and potassium channels that open and close with the voltage.

        C dV/dt = I - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L)
        dx/dt = alpha_x(V) (1 - x) - beta_x(V) x   for x = m, h, n

    with the rates of the paper at 6.3 degrees, shifted to a resting potential of -65 mV. Inputs are currents in
    microamperes per square centimetre.

    When to use: to see where spikes come from, and to judge simpler neurons. It fires regularly from about 6.3 on, at
    once with 50 spikes a second.

    Args:
        capacitance: C, in microfarads per square centimetre.
        sodium: g_Na, in millisiemens per square centimetre.
        potassium: g_K, likewise.
        leak: g_L, likewise.
        sodium_reversal: E_Na, in millivolts.
        potassium_reversal: E_K, in millivolts.
        leak_reversal: E_L, in millivolts.
        level: A spike is counted where V rises through it, in millivolts.
        dt: The duration of a step, in milliseconds.
        integrator: "exponential_euler", "rk4" or "euler".
        surrogate: What stands in for the derivative of a spike; its steepness is for millivolts.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If a number is not above 0 that must be, or in another unit, or the integrator is unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> found = HodgkinHuxley(dt=0.05).apply({}, jnp.full((1, 2000, 1), 10.0))[0]
        >>> float(found.sum())  # in 100 ms
        7.0

    Reference:
        A. L. Hodgkin, A. F. Huxley, 1952, A quantitative description of membrane current and its application to
        conduction and excitation in nerve, equations 7 to 26 and table 3.
    """

    capacitance: float = 1.0
    sodium: float = 120.0
    potassium: float = 36.0
    leak: float = 0.3
    sodium_reversal: float = 50.0
    potassium_reversal: float = -77.0
    leak_reversal: float = -54.387
    level: float = 0.0
    dt: float = 0.025
    integrator: str = "exponential_euler"
    surrogate: Surrogate = named_field(default=FastSigmoid(1.0), converter=surrogate)

    def __post_init__(self) -> None:
        require_times(self)
        require_integrator(self)
        require_numbers(self, dict.fromkeys(("capacitance", "sodium", "potassium", "leak"), ABOVE_ZERO))
        require_measures(self, {"capacitance": AREA_CAPACITANCE, "leak": AREA_CONDUCTANCE})
        require_millivolts(self, "sodium_reversal", "potassium_reversal", "leak_reversal", "level")
        if isinstance(self.dt, float) and self.dt > FASTEST_GATE:
            raise InvalidValue(
                f"HodgkinHuxley(dt={self.dt:g}): the step is longer than the shortest time constant at rest, 0.24 ms "
                "of the gate m. Take a shorter step; spikes want 0.05 ms."
            )

    @property
    def potential_unit(self) -> str:
        return "mV"

    @property
    def input_unit(self) -> str:
        return "μA/cm²"

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        v = jnp.full_like(like, -65.0)
        gates = {name: opening / (opening + closing) for name, (opening, closing) in gate_rates(v).items()}
        return {"membrane": v, **gates}

    def derivatives(self, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        v = carry["membrane"]
        sodium = self.sodium * carry["m"] ** 3 * carry["h"] * (v - self.sodium_reversal)
        potassium = self.potassium * carry["n"] ** 4 * (v - self.potassium_reversal)
        leak = self.leak * (v - self.leak_reversal)
        changes = {name: up * (1 - carry[name]) - down * carry[name] for name, (up, down) in gate_rates(v).items()}
        return {"membrane": (drive - sodium - potassium - leak) / self.capacitance, **changes}


def gate_rates(v: Float[Array, "*shape"]) -> dict[str, tuple[Float[Array, "*shape"], Float[Array, "*shape"]]]:
    """Return alpha and beta of the gates m, h and n at a voltage in millivolts, per millisecond."""
    return {
        "m": (_rising((v + 40) / 10), 4 * jnp.exp(-(v + 65) / 18)),
        "h": (0.07 * jnp.exp(-(v + 65) / 20), 1 / (1 + jnp.exp(-(v + 35) / 10))),
        "n": (0.1 * _rising((v + 55) / 10), 0.125 * jnp.exp(-(v + 65) / 80)),
    }


def _rising(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return x / (1 - exp(-x)), which is 1 + x / 2 near 0."""
    small = jnp.abs(x) < 1e-4
    return jnp.where(small, 1 + x / 2, x / -jnp.expm1(-jnp.where(small, 1.0, x)))


@declaration
class FitzHughNagumo(CrossingNeuron):
    """FitzHugh and Nagumo's neuron: the excitability of Hodgkin and Huxley's in a plane.

        dv/dt = v - v^3 / 3 - w + I,  dw/dt = rate (v + a - b w)

    When to use: to teach excitability, limit cycles and the phase plane. Without a unit; time in the unit of ``dt``.

    Args:
        a: Where the straight nullcline of w lies.
        b: Its slope, 1 / b.
        rate: How slow w is.
        level: A spike is counted where v rises through it.
        dt: The duration of a step.
        integrator: "rk4", "exponential_euler" or "euler".
        surrogate: What stands in for the derivative of a spike.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the step or the rate is not above 0, the step longer than a time constant, or the integrator
            unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> [float(FitzHughNagumo().apply({}, jnp.full((1, 2000, 1), i))[0].sum() > 1) for i in (0.0, 0.5)]
        [0.0, 1.0]

    Reference:
        R. FitzHugh, 1961, Impulses and physiological states in theoretical models of nerve membrane, here with
        the signs of w and I turned, and time in another unit;
        J. Nagumo, S. Arimoto, S. Yoshizawa, 1962, An active pulse transmission line simulating nerve axon.
    """

    a: float = 0.7
    b: float = 0.8
    rate: float = 0.08
    level: float = 1.0
    dt: float = 0.1
    integrator: str = "rk4"
    surrogate: Surrogate = named_field(default="fast_sigmoid", converter=surrogate)

    def __post_init__(self) -> None:
        require_numbers(self, {"dt": ABOVE_ZERO, "rate": ABOVE_ZERO, "b": AT_LEAST_ZERO})
        require_integrator(self)
        if all(isinstance(each, float) for each in (self.b, self.rate, self.dt)):
            # -d(dv/dt)/dv, which is v^2 - 1, at the top of a spike, and -d(dw/dt)/dw.
            fastest = max(TOP**2 - 1, self.rate * self.b)
            if fastest * self.dt > 1:
                raise InvalidValue(
                    f"FitzHughNagumo(dt={self.dt:g}): the step is longer than the shortest time constant, "
                    f"{1 / fastest:.3g}. Take a shorter step."
                )

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        # The fixed point without a current, for the default parameters.
        return {"membrane": jnp.full_like(like, -1.19941), "recovery": jnp.full_like(like, -0.62426)}

    def derivatives(self, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        v, w = carry["membrane"], carry["recovery"]
        return {"membrane": v - v**3 / 3 - w + drive, "recovery": self.rate * (v + self.a - self.b * w)}
