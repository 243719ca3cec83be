"""Kuramoto: oscillators that fall into step with their neighbours."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import AnyArray, Float
from .dynamics import OpinionDynamics
from .edge_list import EdgeList


class OscillatorState(NamedTuple):
    """The phases in radians and the natural frequencies in radians per unit of time."""

    phases: Float[Array, "members"]
    frequencies: Float[Array, "members"]


@declaration
class Kuramoto(OpinionDynamics):
    """Oscillators, each with a frequency of its own, that are drawn towards the phases of their neighbours.

    Use it for rhythms that join: clapping, fireflies, brain areas. With frequencies of a Lorentz distribution of half
    width g in a complete graph, coherence begins at a coupling of 2 g and is sqrt(1 - 2 g / coupling) above;
    :func:`coherence` measures it.

    Equation: d theta_i / dt = omega_i + coupling * mean over neighbours of sin(theta_j - theta_i), with Runge-Kutta's
    steps of fourth order.

    Args:
        coupling: How strongly neighbours pull.
        spread: The half width g of the frequencies.
        step_size: The time of a step.

    Raises:
        InvalidValue: If a number is negative, or the step is 0.

    Example:
        >>> from plastica.society import coherence, simulate
        >>> found = simulate(Kuramoto(coupling=4.0, spread=0.5), "complete", steps=400, members=50)
        >>> coherence(found.final) > 0.7
        True

    Reference:
        Kuramoto 1975, Self-entrainment of a population of coupled non-linear oscillators; Strogatz 2000, From Kuramoto
        to Crawford.
    """

    coupling: float = 2.0
    spread: float = 0.5
    step_size: float = 0.05

    def __post_init__(self) -> None:
        """Check the numbers."""
        if min(self.coupling, self.spread) < 0 or self.step_size <= 0:
            raise InvalidValue(
                f"Kuramoto(coupling={self.coupling}, spread={self.spread}, step_size={self.step_size}): coupling and "
                "spread are at least 0, and a step takes more than 0."
            )

    def begin(self, initial: AnyArray | None, edges: EdgeList, key: Key) -> OscillatorState:
        # Quantiles instead of draws: the critical coupling of few members then hardly differs from that of many.
        share = (jnp.argsort(random.uniform(random.fold(key, 1), (edges.size,))) + 0.5) / edges.size
        frequencies = self.spread * jnp.tan(jnp.pi * (share - 0.5))
        if initial is None:
            phases = 2 * jnp.pi * random.uniform(random.fold(key, 0), (edges.size,))
        else:
            phases = jnp.asarray(initial, jnp.float32)
        return OscillatorState(phases, frequencies)

    def step(self, state: OscillatorState, edges: EdgeList, key: Key) -> OscillatorState:
        strength = edges.strength()
        pull = self.coupling / jnp.where(strength > 0, strength, 1.0)

        def slope(phases: Array) -> Array:
            # sin(b - a) by angle addition: sums over neighbours of sin and cos, one value for each member.
            sines, cosines = edges.weighted(jnp.stack([jnp.sin(phases), jnp.cos(phases)], 1)).T
            return state.frequencies + pull * (sines * jnp.cos(phases) - cosines * jnp.sin(phases))

        size, phases = self.step_size, state.phases
        one = slope(phases)
        two = slope(phases + size / 2 * one)
        three = slope(phases + size / 2 * two)
        four = slope(phases + size * three)
        moved = phases + size / 6 * (one + 2 * two + 2 * three + four)
        return OscillatorState(jnp.mod(moved, 2 * jnp.pi), state.frequencies)

    def opinions(self, state: OscillatorState) -> Array:
        return state.phases

    def agreed(self, opinions: Array) -> Array:
        return jnp.abs(jnp.mean(jnp.exp(1j * opinions))) > 0.99
