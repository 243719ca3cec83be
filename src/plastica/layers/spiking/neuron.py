"""The base of units that spike: what they do below the threshold, how far from it they are, and how they reset."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ...typing import Float, Params
from .integrate import integrate
from .surrogates import Surrogate
from .units_in_time import UnitsInTime, UnitState


class Neuron(UnitsInTime):
    """Base class of spiking neurons, one for each feature of ``(batch, time, features)``.

    A neuron of your own defines ``at_rest``, ``excess`` for its distance to the threshold, and ``after_spikes``; and
    ``derivatives``, its differential equations, with fields ``dt`` and ``integrator``, or ``below_threshold`` for one
    step of equations that it solves itself. Its potential z, in records and traces, is that distance; its activity is 1
    where it is above 0. Wrappers such as :class:`Refractory` add to any neuron what it has not.
    ``potential_unit`` and ``input_unit`` tell the units for pictures and messages.

    Attributes:
        surrogate: What stands in for the derivative of a spike.
        integrator: How a step is made of ``derivatives``, by neurons that have them.
    """

    surrogate: Surrogate
    integrator: str

    @property
    def potential_unit(self) -> str:
        """The unit of the membrane potential, such as "mV"; empty if it has none. Default: empty."""
        return ""

    @property
    def input_unit(self) -> str:
        """The unit of the inputs, such as "pA" or "nA"; empty if they have none. Default: empty."""
        return ""

    @property
    def membrane_capacitance(self) -> float | None:
        """The capacitance of the membrane, in picofarads; None for a neuron without one. Default: None."""
        return None

    @property
    def makes_upstroke(self) -> bool:
        """Whether spikes are part of the equations and only counted at a level. Default: a threshold decides."""
        return False

    @property
    def resets(self) -> bool:
        """Whether a spike may be followed by a reset, rather than by what the equations do. Default: it may."""
        return True

    def threshold_at(self, carry: UnitState) -> Float[Array, "batch *units"] | None:
        """Return the potential of the membrane at which a spike would come, for pictures; None if there is none."""
        return None

    def currents(self, carry: UnitState) -> dict[str, Array]:
        """Return the currents through synapses in the membrane, in picoamperes, by name. Default: none."""
        return {}

    def derivatives(self, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        """Return the derivative in time of each quantity that changes, per millisecond.

        Default: none, of neurons that solve their equations in ``below_threshold``.
        """
        return {}

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        """Return what the neurons carry after one step of their equations, before any reset.

        Default: a step of ``derivatives`` by the neuron's integrator.
        """
        return integrate(lambda now: self.derivatives(now, drive), carry, self.dt, self.integrator)

    def excess(self, new: UnitState, old: UnitState) -> Float[Array, "batch *units"]:
        """Return the distance to the threshold, above 0 for a spike.

        Args:
            new: What ``below_threshold`` returned.
            old: What the neurons carried before this step.
        """
        raise NotImplementedError

    def after_spikes(self, carry: UnitState, spikes: Float[Array, "batch *units"]) -> UnitState:
        """Return what the neurons carry after the spikes of a step. Default: no reset."""
        return carry

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        new = self.below_threshold(params, carry, drive)
        z = self.excess(new, carry)
        return self.after_spikes(new, self.spikes(z)), z

    def spikes(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return 1 where the distance to the threshold is above 0, else 0."""
        return self.surrogate(z)

    def paused(self, carry: UnitState) -> Float[Array, "batch *units"]:
        return -jnp.ones_like(next(iter(carry.values())))

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.spikes(potential)


def moved(carry: UnitState, **changes: Array) -> UnitState:
    """Return what neurons carry with some quantities changed."""
    return {**carry, **changes}


def set_where(spikes: Float[Array, "*shape"], value: Array, new: Array | float) -> Float[Array, "*shape"]:
    """Return a quantity that spikes set to another; written as a blend, so that a surrogate gradient passes it."""
    return value + spikes * (new - value)
