"""Wrappers of neurons: a refractory period, a threshold that adapts."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ...declaration import declaration
from ...errors import InvalidValue
from ...schedules.checks import AT_LEAST_ZERO, require_numbers
from ...typing import Float, Params
from ..layer import Shape
from ..records import Variables
from .neuron import Neuron, moved
from .surrogates import Surrogate
from .units_in_time import UnitState, fading
from .units_of_measure import require_times, whole_steps


class NeuronWith(Neuron):
    """Base of what wraps a neuron and adds to it."""

    neuron: Neuron

    @property
    def dt(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The duration of a step, in milliseconds; that of the neuron."""
        return self.neuron.dt

    @property
    def surrogate(self) -> Surrogate:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What stands in for the derivative of a spike; that of the neuron."""
        return self.neuron.surrogate

    @property
    def potential_unit(self) -> str:
        return self.neuron.potential_unit

    @property
    def input_unit(self) -> str:
        return self.neuron.input_unit

    @property
    def membrane_capacitance(self) -> float | None:
        return self.neuron.membrane_capacitance

    @property
    def makes_upstroke(self) -> bool:
        return self.neuron.makes_upstroke

    @property
    def resets(self) -> bool:
        return self.neuron.resets

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"] | None:
        return self.neuron.threshold_at(carry)

    def currents(self, carry: UnitState) -> dict[str, Array]:
        return self.neuron.currents(carry)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        return self.neuron.init(rng, shape)

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return self.neuron.at_rest(like)

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        return self.neuron.below_threshold(params, carry, drive)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return self.neuron.excess(new, old)

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        return self.neuron.after_spikes(carry, spikes)


@declaration
class Refractory(NeuronWith):
    """A neuron that does not spike again for some time: ``Refractory(LIF(), 2.0)``.

    During the period the membrane stays at its reset potential; synapses and adaptation go on.

    Args:
        neuron: Any spiking neuron with a membrane that spikes reset.
        period: The refractory period, in milliseconds; a whole number of steps of the neuron.

    Shapes:
        As those of the neuron.

    Raises:
        InvalidValue: If the period is no whole number of steps, or the neuron is none or without a reset.

    Example:
        >>> from plastica.layers import LIF
        >>> x = jnp.full((1, 12, 1), 2.0)
        >>> Refractory(LIF(reset="zero"), 3.0).apply({}, x)[0].ravel().tolist()
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]

    Reference:
        W. Gerstner, W. M. Kistler, R. Naud, L. Paninski, 2014, Neuronal dynamics, chapter 1.
    """

    neuron: Neuron
    period: float = 2.0

    def __post_init__(self) -> None:
        check_neuron(self)
        if not self.neuron.resets:
            raise InvalidValue(
                f"Refractory({self.neuron!r}): spikes of this neuron and the refractory period behind them are part of "
                "its equations. Use the neuron itself."
            )
        if isinstance(self.period, float) and isinstance(self.dt, float):
            whole_steps("Refractory", "period", self.period, self.dt)

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        carry = self.neuron.at_rest(like)
        if "membrane" not in carry:
            raise InvalidValue(f"Refractory({self.neuron!r}): this neuron has no membrane to hold.")
        return {**carry, "refractory": jnp.zeros_like(like)}

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        new = self.neuron.below_threshold(params, carry, drive)
        return moved(new, membrane=jnp.where(self._held(carry), carry["membrane"], new["membrane"]))

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return jnp.where(self._held(old), -1, self.neuron.excess(new, old))

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        left = jnp.maximum(carry["refractory"] - self.dt, 0)
        return {**self.neuron.after_spikes(carry, spikes), "refractory": jnp.where(spikes > 0, self.period, left)}

    def _held(self, carry: UnitState) -> Array:
        return carry["refractory"] > 0.5 * self.dt


@declaration
class AdaptiveThreshold(NeuronWith):
    """A neuron whose threshold rises with each of its spikes and falls back: ``AdaptiveThreshold(LIF())``.

        threshold_t = threshold + increment a_t,   a_(t+1) = exp(-dt / tau) a_t + s_t

    When to use: for memories of seconds in recurrent spiking networks, as the adaptation fades slowly, and for neurons
    that fire less and less at a constant current.

    Args:
        neuron: A neuron whose threshold decides about spikes: LIF, ConductanceLIF, or a wrapper around them.
        increment: How far a spike lifts the threshold, in the unit of the potential.
        tau: The time constant of the adaptation, in milliseconds; that of the memory.

    Shapes:
        As those of the neuron.

    Raises:
        InvalidValue: If the time constant is below a step, the increment is negative, or the neuron is none or makes
            its spikes by its equations.

    Example:
        >>> from plastica.layers import LIF
        >>> counts = AdaptiveThreshold(LIF(), 0.5).apply({}, jnp.full((1, 40, 1), 0.5))[0].reshape(2, 20).sum(1)
        >>> bool(counts[1] < counts[0])
        True

    Reference:
        G. Bellec, D. Salaj, A. Subramoney, R. Legenstein, W. Maass, 2018, Long short-term memory and
        learning-to-learn in networks of spiking neurons, where a spike adds 1 - exp(-dt / tau) to a; as here: G. Bellec
        et al., 2020, A solution to the learning dilemma for recurrent networks of spiking neurons.
    """

    neuron: Neuron
    increment: float = 0.1
    tau: float = 200.0

    def __post_init__(self) -> None:
        check_neuron(self)
        if self.neuron.makes_upstroke:
            raise InvalidValue(
                f"AdaptiveThreshold({self.neuron!r}): spikes of this neuron are part of its equations, and a threshold "
                "only counts them. Use LIF() or ConductanceLIF(), or the adaptation of AdEx() and Izhikevich()."
            )
        require_times(self, "tau")
        require_numbers(self, {"increment": AT_LEAST_ZERO})

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        return {**self.neuron.at_rest(like), "adaptation": jnp.zeros_like(like)}

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        return self.neuron.below_threshold(params, carry, drive)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        return self.neuron.excess(new, old) - self.increment * old["adaptation"]

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"] | None:
        own = self.neuron.threshold_at(carry)
        return None if own is None else own + self.increment * carry["adaptation"]

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        kept = fading(self.dt, self.tau, spikes.dtype) * carry["adaptation"]
        return {**self.neuron.after_spikes(carry, spikes), "adaptation": kept + spikes}


def check_neuron(layer: Any) -> None:
    """Check what a wrapper was given as a neuron.

    Raises:
        InvalidValue: If it is none.
    """
    if not isinstance(layer.neuron, Neuron):
        raise InvalidValue(f"{type(layer).__name__}({layer.neuron!r}): expected a spiking neuron, such as LIF().")
