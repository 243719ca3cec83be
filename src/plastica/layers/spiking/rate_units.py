"""Units with rates instead of spikes: leaky rate units and Wilson and Cowan's two populations."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ... import activations
from ...activations import Activation
from ...declaration import declaration, named_field
from ...typing import Float, Params
from .integrate import integrate, require_integrator
from .units_in_time import UnitsInTime, UnitState, fading
from .units_of_measure import require_times


@declaration
class RateUnits(UnitsInTime):
    """Units whose rate follows its inputs with a time constant.

        tau dr/dt = -r + f(x),  r_t = exp(-dt / tau) r_(t-1) + (1 - exp(-dt / tau)) f(x_t)

    exact for inputs that are constant during a step.

    When to use: as the mean of many spiking neurons, and to smooth what a layer says.

    Args:
        tau: The time constant, in milliseconds.
        activation: f.
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the time constant is below a step.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> round(float(RateUnits(tau=10.0).apply({}, jnp.ones((1, 10, 1)))[0][0, -1, 0]), 3)
        0.632

    Reference:
        P. Dayan, L. F. Abbott, 2001, Theoretical neuroscience, section 7.2.
    """

    tau: float = 20.0
    activation: Activation = named_field(default="relu", converter=activations.get)
    dt: float = 1.0

    def __post_init__(self) -> None:
        require_times(self, "tau")

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"rate": jnp.zeros_like(like)}

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        kept = fading(self.dt, self.tau, drive.dtype)
        rate = kept * carry["rate"] + (1 - kept) * self.activation(drive)
        return {"rate": rate}, rate

    def paused(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return carry["rate"]


@declaration
class LeakyReadout(UnitsInTime):
    """Leaky units that do not spike, which read out a spiking network: u_t = beta u_(t-1) + x_t.

    When to use: behind the last ``Dense`` of a spiking network; ``MembraneMean()`` or ``MembraneLast()`` behind it
    answers once for a sequence.

    Args:
        tau: The time constant, in milliseconds; beta = exp(-dt / tau).
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the time constant is below a step.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> round(float(LeakyReadout(tau=2.0).apply({}, jnp.array([[[1.0], [0.0]]]))[0][0, 1, 0]), 3)
        0.607

    Reference:
        G. Bellec et al., 2020, A solution to the learning dilemma for recurrent networks of spiking neurons, Methods.
    """

    tau: float = 20.0
    dt: float = 1.0

    def __post_init__(self) -> None:
        require_times(self, "tau")

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"membrane": jnp.zeros_like(like)}

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        membrane = fading(self.dt, self.tau, drive.dtype) * carry["membrane"] + drive
        return {"membrane": membrane}, membrane

    def paused(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return carry["membrane"]


@declaration
class WilsonCowan(UnitsInTime):
    """Wilson and Cowan's excitatory and inhibitory populations, a pair for each feature.

        tau_E dE/dt = -E + (1 - E) S_E(c1 E - c2 I + P),  tau_I dI/dt = -I + (1 - I) S_I(c3 E - c4 I)
        S(x) = 1 / (1 + exp(-a (x - theta))) - 1 / (1 + exp(a theta))

    When to use: for rhythms and bistability of cortical tissue. The input is P, the output E; I is in
    ``trajectory``. With the defaults, the paper's for its limit cycle, a P of 1.25 makes it oscillate. In place of the
    1 in 1 - E and 1 - I the paper has the largest value of S, which is above 0.99 with the defaults.

    Args:
        excitatory_tau: tau_E, in milliseconds.
        inhibitory_tau: tau_I, in milliseconds.
        weights: c1, c2, c3 and c4.
        steepness: a of S_E and of S_I.
        thresholds: theta of S_E and of S_I.
        dt: The duration of a step, in milliseconds.
        integrator: "rk4", "exponential_euler" or "euler".

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If a time constant is below a step, or the integrator unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> rates = WilsonCowan().apply({}, jnp.full((1, 1000, 1), 1.25))[0].ravel()
        >>> late = rates[500:]
        >>> bool(late.max() - late.min() > 0.1)
        True

    Reference:
        H. R. Wilson, J. D. Cowan, 1972, Excitatory and inhibitory interactions in localized populations of model
        neurons, equations 11 and 12 and figure 11.
    """

    excitatory_tau: float = 8.0
    inhibitory_tau: float = 8.0
    weights: tuple[float, float, float, float] = (16.0, 12.0, 15.0, 3.0)
    steepness: tuple[float, float] = (1.3, 2.0)
    thresholds: tuple[float, float] = (4.0, 3.7)
    dt: float = 0.5
    integrator: str = "rk4"

    def __post_init__(self) -> None:
        require_times(self, "excitatory_tau", "inhibitory_tau")
        require_integrator(self)

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"excitation": jnp.zeros_like(like), "inhibition": jnp.zeros_like(like)}

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        c1, c2, c3, c4 = self.weights
        (a_e, a_i), (theta_e, theta_i) = self.steepness, self.thresholds

        def flow(now: UnitState) -> UnitState:
            e, i = now["excitation"], now["inhibition"]
            up_e = (1 - e) * _response(c1 * e - c2 * i + drive, a_e, theta_e)
            up_i = (1 - i) * _response(c3 * e - c4 * i, a_i, theta_i)
            return {"excitation": (up_e - e) / self.excitatory_tau, "inhibition": (up_i - i) / self.inhibitory_tau}

        new = integrate(flow, carry, self.dt, self.integrator)
        return new, new["excitation"]

    def paused(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return carry["excitation"]


def _response(x: Float[Array, "*shape"], steepness: float, threshold: float) -> Float[Array, "*shape"]:
    """Return Wilson and Cowan's sigmoid, which is 0 without an input."""
    sigmoid = activations.Sigmoid()
    return sigmoid(steepness * (x - threshold)) - sigmoid(jnp.asarray(-steepness * threshold, x.dtype))
