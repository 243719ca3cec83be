"""Izhikevich's neuron and its twenty firing patterns."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from ...declaration import declaration, named_field
from ...errors import InvalidValue
from ...registry import look_up
from ...typing import Float
from .integrate import require_integrator
from .neuron import Neuron, set_where
from .surrogates import FastSigmoid, Surrogate, surrogate
from .units_in_time import UnitState
from .units_of_measure import require_millivolts, require_times

PEAK = 30.0  # millivolts, at which a spike is counted


@declaration
class Izhikevich(Neuron):
    """Izhikevich's neurons: two equations and four parameters for most ways in which neurons fire.

        dv/dt = 0.04 v^2 + linear v + constant - u + I,  du/dt = a (b (v - reference) - leak u)
        at v > 30: v <- c, u <- u + d

    When to use: for large networks of neurons of many kinds. Inputs are I, without a unit. The parameters of the twenty
    patterns of the paper are in ``FIRING_PATTERNS``, their currents by ``firing_pattern``.

    Args:
        a: How fast u recovers, per millisecond.
        b: How u follows v.
        c: v after a spike, in millivolts.
        d: What a spike adds to u.
        linear: The coefficient of v, 5 for most neurons; 4.1 with a constant of 108 for the paper's integrators.
        constant: The constant in the equation of v.
        reference: What u compares v with, in millivolts.
        leak: 1, or 0 for a u that does not recover by itself, as in the paper's accommodation.
        initial_membrane: v before the first step, in millivolts.
        initial_recovery: u before the first step. Default: b (v - reference).
        dt: The duration of a step, in milliseconds. The published scripts take 0.1 to 0.5, and in networks two halves
            of 1 for v.
        integrator: "euler", "exponential_euler" or "rk4". The published scripts take Euler's steps as well, but move u
            by the new v.
        surrogate: What stands in for the derivative of a spike; its steepness is for millivolts.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the step is not above 0 or longer than a time constant, a number is in another unit, or the
            integrator unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> spikes = Izhikevich().apply({}, jnp.full((1, 2000, 1), 10.0))[0]
        >>> bool(spikes.sum() > 5)
        True

    Reference:
        E. M. Izhikevich, 2003, Simple model of spiking neurons, equations 1 to 3.
    """

    a: float = 0.02
    b: float = 0.2
    c: float = -65.0
    d: float = 8.0
    linear: float = 5.0
    constant: float = 140.0
    reference: float = 0.0
    leak: float = 1.0
    initial_membrane: float = -70.0
    initial_recovery: float | None = None
    dt: float = 0.25
    integrator: str = "euler"
    surrogate: Surrogate = named_field(default=FastSigmoid(1.0), converter=surrogate)

    def __post_init__(self) -> None:
        require_times(self)
        require_integrator(self)
        require_millivolts(self, "c", "initial_membrane", "reference")
        if isinstance(self.c, float) and not self.c < PEAK:
            raise InvalidValue(f"Izhikevich(c={self.c:g}): c must be below {PEAK:g}, where a spike is counted.")
        given = self.a, self.leak, self.linear, self.initial_membrane, self.dt
        if all(isinstance(each, float) for each in given):
            # -d(dv/dt)/dv where the neuron begins, and -d(du/dt)/du.
            fastest = max(-0.08 * self.initial_membrane - self.linear, self.a * self.leak)
            if fastest * self.dt > 1:
                raise InvalidValue(
                    f"Izhikevich(dt={self.dt:g}): the step is longer than the shortest time constant at rest, "
                    f"{1 / fastest:.3g} ms. Take a shorter step; spikes want 0.5 ms."
                )

    @property
    def makes_upstroke(self) -> bool:
        return True

    @property
    def potential_unit(self) -> str:
        return "mV"

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        u = (
            self.b * (self.initial_membrane - self.reference)
            if self.initial_recovery is None
            else self.initial_recovery
        )
        return {"membrane": jnp.full_like(like, self.initial_membrane), "recovery": jnp.full_like(like, u)}

    def derivatives(self, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        v, u = carry["membrane"], carry["recovery"]
        return {
            "membrane": 0.04 * v * v + self.linear * v + self.constant - u + drive,
            "recovery": self.a * (self.b * (v - self.reference) - self.leak * u),
        }

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return new["membrane"] - PEAK

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        return {
            **carry,
            "membrane": set_where(spikes, carry["membrane"], self.c),
            "recovery": carry["recovery"] + spikes * self.d,
        }


class FiringPattern(NamedTuple):
    """One of Izhikevich's firing patterns: a neuron and the current that shows it.

    Attributes:
        neuron: The neuron.
        current: The current of every step, ``(time,)``.
    """

    neuron: Izhikevich
    current: Float[np.ndarray, "time"]


class _Pattern(NamedTuple):
    neuron: Izhikevich
    duration: float  # in ms
    currents: tuple[tuple[float, float], ...]  # (from this time on, this current)


def _pattern(a: float, b: float, c: float, d: float, start: float, dt: float = 0.25, **more: Any) -> Izhikevich:
    return Izhikevich(a, b, c, d, initial_membrane=start, dt=dt, **more)


def _pulses(height: float, length: float, *times: float, base: float = 0.0) -> tuple[tuple[float, float], ...]:
    return ((0.0, base), *(pair for t in times for pair in ((t, height), (t + length, base))))


def _ramp(base: float, slope: float, start: float, end: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, base), *((t, base + slope * (t - start)) for t in np.arange(start, end, 0.25).tolist()))


# Parameters, initial potentials, steps and currents of figure 1, as in the paper's published script. Where its
# equations differ, so do the coefficients. One number is another: d of inhibition-induced bursting is -2 in the script,
# which moves u by the new v. With steps that move both at once, a burst with -2 does not end, and 0 gives the script's
# two bursts (at 86 to 103 and 192 to 204 ms) to within 10 ms.
FIRING_PATTERNS: dict[str, _Pattern] = {
    "tonic spiking": _Pattern(_pattern(0.02, 0.2, -65, 6, -70), 100, ((0, 0), (10, 14))),
    "phasic spiking": _Pattern(_pattern(0.02, 0.25, -65, 6, -64), 200, ((0, 0), (20, 0.5))),
    "tonic bursting": _Pattern(_pattern(0.02, 0.2, -50, 2, -70), 220, ((0, 0), (22, 15))),
    "phasic bursting": _Pattern(_pattern(0.02, 0.25, -55, 0.05, -64, 0.2), 200, ((0, 0), (20, 0.6))),
    "mixed mode": _Pattern(_pattern(0.02, 0.2, -55, 4, -70), 160, ((0, 0), (16, 10))),
    "spike frequency adaptation": _Pattern(_pattern(0.01, 0.2, -65, 8, -70), 85, ((0, 0), (8.5, 30))),
    "class 1": _Pattern(_pattern(0.02, -0.1, -55, 6, -60, linear=4.1, constant=108), 300, _ramp(0, 0.075, 30, 300)),
    "class 2": _Pattern(_pattern(0.2, 0.26, -65, 0, -64), 300, _ramp(-0.5, 0.015, 30, 300)),
    "spike latency": _Pattern(_pattern(0.02, 0.2, -65, 6, -70, 0.2), 100, _pulses(7.04, 3, 10)),
    "subthreshold oscillations": _Pattern(_pattern(0.05, 0.26, -60, 0, -62), 200, _pulses(2, 5, 20)),
    "resonator": _Pattern(_pattern(0.1, 0.26, -60, -1, -62), 400, _pulses(0.65, 4, 40, 60, 280, 320)),
    "integrator": _Pattern(
        _pattern(0.02, -0.1, -55, 6, -60, linear=4.1, constant=108), 100, _pulses(9, 2, 9.1, 14.1, 70, 80)
    ),
    "rebound spike": _Pattern(_pattern(0.03, 0.25, -60, 4, -64, 0.2), 200, _pulses(-15, 5, 20)),
    "rebound burst": _Pattern(_pattern(0.03, 0.25, -52, 0, -64, 0.2), 200, _pulses(-15, 5, 20)),
    "threshold variability": _Pattern(
        _pattern(0.03, 0.25, -60, 4, -64), 100, ((0, 0), (10, 1), (15, 0), (70, -6), (75, 0), (80, 1), (85, 0))
    ),
    "bistability": _Pattern(_pattern(0.1, 0.26, -60, 0, -61), 300, _pulses(1.24, 5, 37.5, 216, base=0.24)),
    "depolarizing after-potential": _Pattern(_pattern(1, 0.2, -60, -21, -70, 0.1), 50, _pulses(20, 2, 9)),
    "accommodation": _Pattern(
        _pattern(0.02, 1, -55, 4, -65, 0.5, reference=-65, leak=0, initial_recovery=-16),
        400,
        (*_ramp(0, 1 / 25, 0, 200), (200, 0), *_ramp(0, 4 / 12.5, 300, 312.5)[1:], (312.5, 0)),
    ),
    "inhibition-induced spiking": _Pattern(_pattern(-0.02, -1, -60, 8, -63.8, 0.5), 350, _pulses(75, 200, 50, base=80)),
    "inhibition-induced bursting": _Pattern(
        _pattern(-0.026, -1, -45, 0, -63.8, 0.5), 350, _pulses(75, 200, 50, base=80)
    ),
}


def firing_pattern(name: str) -> FiringPattern:
    """Return one of the twenty firing patterns: the neuron, and the current that shows it.

    Args:
        name: A name in ``FIRING_PATTERNS``, such as "tonic bursting".

    Raises:
        UnknownName: If there is no such pattern.

    Example:
        >>> pattern = firing_pattern("phasic spiking")
        >>> spikes = pattern.neuron.apply({}, pattern.current[None, :, None])[0]
        >>> float(spikes.sum())  # a single spike at the onset, and none while the current lasts
        1.0

    Reference:
        E. M. Izhikevich, 2004, Which model to use for cortical spiking neurons?, figure 1 and its published script.
    """
    own = look_up("firing pattern", name, FIRING_PATTERNS)
    times = np.arange(round(own.duration / own.neuron.dt)) * own.neuron.dt
    starts, values = np.array(own.currents).T
    current = values[np.searchsorted(starts, times + 1e-9, side="right") - 1]
    return FiringPattern(own.neuron, current.astype(np.float32))
