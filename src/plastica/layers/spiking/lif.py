"""The leaky integrate-and-fire neuron."""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import initializers
from ...declaration import declaration, named_field
from ...errors import InvalidValue
from ...schedules.checks import ABOVE_ZERO, require_numbers
from ...typing import Float, Params, by_name
from ..kernels.leaky import leaky
from ..layer import Shape
from ..records import Variables
from .neuron import Neuron, moved, set_where
from .surrogates import Surrogate, surrogate
from .units_in_time import UnitState, in_time
from .units_of_measure import RESISTANCE, require_measures, require_millivolts, require_times

RESETS = ("subtract", "zero", "none")


@declaration
class LIF(Neuron):
    """Leaky integrate-and-fire neurons: a membrane that forgets, and a spike where it reaches a threshold.

        tau du/dt = -(u - rest) + R I
        u_t = rest + beta (u_(t-1) - rest) + x_t,                 beta = exp(-dt / tau)     ("jumps")
        u_t = rest + beta (u_(t-1) - rest) + (1 - beta) R x_t                              ("current")
        s_t = 1 if u_t > threshold, then u_t <- u_t - (threshold - rest)  or  u_t <- rest

    Both are exact for any dt: x_t is a jump of the potential at the beginning of a step, as from synapses without a
    time of their own, or a current that is constant during the step.

    When to use: behind ``Dense`` or ``Conv1D`` for spiking networks, and with numbers in millivolts as a model of a
    neuron. ``Refractory(LIF())`` and ``AdaptiveThreshold(LIF())`` add to it; :class:`ConductanceLIF` has synapses with
    reversal potentials.

    Args:
        tau: The membrane time constant, in milliseconds.
        threshold: The potential of a spike.
        rest: The resting potential. With the defaults 0 and 1 potentials have no unit, and the initial weights of
            ``Dense`` suit them; in millivolts, -65 and -50.
        reset: What a spike does: "subtract" the threshold, which keeps what is above it; "zero" for back to rest;
            "none".
        inputs: "jumps", so that weights are jumps of the potential, or "current".
        resistance: R, for currents; in megaohms if currents are in nanoamperes and potentials in millivolts.
        dt: The duration of a step, in milliseconds.
        surrogate: What stands in for the derivative of a spike, by name or as an object such as ``ArcTangent(2.0)``.
        detach_reset: Whether the gradient takes no path through the reset, as in snnTorch. False: the gradient is
            complete.
        learn_tau: Whether each unit learns a time constant of its own, beginning with ``tau``.

    Shapes:
        ``(batch, time, ...)`` in and out; with ``learn_tau`` tau ``(features,)``.

    Raises:
        InvalidValue: If a time is below a step, the threshold is not above rest, the resistance not above 0, a number
            in another unit, or a name unknown.
        ShapeError: If inputs have no axis of time.

    Example:
        >>> LIF(tau=20.0, reset="zero", inputs="current").apply({}, jnp.full((1, 40, 1), 1.5))[0].sum().item()
        1.0

    Reference:
        L. Lapicque, 1907, Recherches quantitatives sur l'excitation électrique des nerfs; W. Gerstner, W. M. Kistler,
        R. Naud, L. Paninski, 2014, Neuronal dynamics, section 1.3; learned time constants: W. Fang et al.,
        2021, Incorporating learnable membrane time constant to enhance learning of spiking neural networks.
    """

    tau: float = 20.0
    threshold: float = 1.0
    rest: float = 0.0
    reset: str = "subtract"
    inputs: Literal["jumps", "current"] = "jumps"
    resistance: float = 1.0
    dt: float = 1.0
    surrogate: Surrogate = named_field(default="fast_sigmoid", converter=surrogate)
    detach_reset: bool = False
    learn_tau: bool = False

    def __post_init__(self) -> None:
        require_times(self, "tau")
        if isinstance(self.threshold, float) and self.threshold < 0:  # a potential with a unit
            require_millivolts(self, "threshold", "rest")
        check_membrane(self)
        require_numbers(self, {"resistance": ABOVE_ZERO})
        if self.input_unit == "nA":
            require_measures(self, {"resistance": RESISTANCE})
        if self.inputs not in ("jumps", "current"):
            raise InvalidValue(f"LIF(inputs={self.inputs!r}): expected 'jumps' or 'current'.")

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        in_time(self, shape)
        return Variables({"tau": initializers.Constant(self.tau)(rng, shape[-1:])} if self.learn_tau else {}, {})

    @property
    def potential_unit(self) -> str:
        # Near 0 potentials have no unit.
        without_unit = all(isinstance(each, float) and abs(each) <= 1 for each in (self.threshold, self.rest))
        return "" if without_unit else "mV"

    @property
    def input_unit(self) -> str:
        return self.potential_unit and ("mV" if self.inputs == "jumps" else "nA")

    @property
    def membrane_capacitance(self) -> float | None:
        # Milliseconds over megaohms are nanofarads.
        return 1000 * self.tau / self.resistance if self.input_unit == "nA" else None

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {"membrane": jnp.full_like(like, self.rest)}

    def decay(self, params: Params, dtype: Any) -> Array:
        """Return beta, the fraction of the potential that a step leaves."""
        tau = by_name(params)["tau"] if self.learn_tau else jnp.asarray(self.tau, dtype)
        # A learned time constant never falls below a step: beta would turn negative or the membrane would not leak.
        tau = jnp.maximum(tau, self.dt) if self.learn_tau else tau
        return jnp.exp(-self.dt / tau)

    def driven(self, drive: Float[Array, "batch *units"], decay: Array) -> Float[Array, "batch *units"]:
        """Return what a step's inputs add to the potential."""
        return drive if self.inputs == "jumps" else (1 - decay) * self.resistance * drive

    def run(
        self, params: Params, steps: Float[Array, "time batch *units"], real: Array | None
    ) -> Float[Array, "time batch *units"]:
        if real is not None or self.learn_tau:
            return super().run(params, steps, real)
        decay = self.decay(params, steps.dtype)
        height = jnp.asarray(self.threshold - self.rest, steps.dtype)
        return leaky(self.driven(steps, decay), decay, height, self.surrogate, self.reset, self.detach_reset)

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        decay = self.decay(params, drive.dtype)
        return moved(carry, membrane=self.rest + decay * (carry["membrane"] - self.rest) + self.driven(drive, decay))

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return jnp.full_like(carry["membrane"], self.threshold)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return new["membrane"] - self.threshold

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        spikes = jax.lax.stop_gradient(spikes) if self.detach_reset else spikes
        u = carry["membrane"]
        if self.reset == "subtract":
            return moved(carry, membrane=u - spikes * (self.threshold - self.rest))
        return moved(carry, membrane=set_where(spikes, u, self.rest)) if self.reset == "zero" else carry


def check_membrane(neuron: Any) -> None:
    """Check threshold, rest and reset of a neuron.

    Raises:
        InvalidValue: If the threshold is not above rest, or the reset is unknown.
    """
    owner = type(neuron).__name__
    if neuron.reset not in RESETS:
        known = ", ".join(map(repr, RESETS))
        raise InvalidValue(f"{owner}(reset={neuron.reset!r}): expected one of {known}.")
    bounds = neuron.threshold, neuron.rest
    if all(isinstance(each, float | int) for each in bounds) and not neuron.rest < neuron.threshold:
        raise InvalidValue(
            f"{owner}(threshold={neuron.threshold:g}, rest={neuron.rest:g}): the threshold must be above rest."
        )
