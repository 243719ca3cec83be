"""How states of signs settle: sweeps over all units until nothing changes, with the energy of each sweep."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ... import random
from ...random import Key
from ...typing import Bool, Float, Int, PyTree

UnitStates = Float[Array, "units probes"]
Weights = Float[Array, "units units"]

ASYNCHRONOUS, SYNCHRONOUS = "asynchronous", "synchronous"
UPDATES = (ASYNCHRONOUS, SYNCHRONOUS)


class Settled(NamedTuple):
    """States after the last sweep.

    Attributes:
        states: The states.
        energies: The energy at the start and after each sweep; that of a state at rest goes on.
        sweeps: The number of sweeps that changed a state.
        at_rest: Whether a sweep changed nothing.
    """

    states: Float[Array, "probes units"]
    energies: Float[Array, "moments probes"]
    sweeps: Int[Array, "probes"]
    at_rest: Bool[Array, "probes"]


class Dynamics(NamedTuple):
    """What a memory says of its states; functions of module level, so that equal memories share a program.

    Attributes:
        field: The field of one unit, from memory, states and the number of the unit.
        fields: The fields of all units.
        energy: The energy of each state.
    """

    field: Callable[[PyTree, UnitStates, Int[Array, ""]], Float[Array, "probes"]]
    fields: Callable[[PyTree, UnitStates], UnitStates]
    energy: Callable[[PyTree, UnitStates], Float[Array, "probes"]]


def _field(weights: Weights, states: UnitStates, unit: Int[Array, ""]) -> Float[Array, "probes"]:
    return weights[unit] @ states


def _fields(weights: Weights, states: UnitStates) -> UnitStates:
    return weights @ states


def _energy(weights: Weights, states: UnitStates) -> Float[Array, "probes"]:
    return -0.5 * jnp.sum(states * (weights @ states), 0)


# Hopfield's network: h = W s, E = -s'W s / 2 (Hopfield 1982, equation 7).
QUADRATIC = Dynamics(_field, _fields, _energy)


class _Going(NamedTuple):
    states: UnitStates
    energies: Float[Array, "moments probes"]
    sweeps: Int[Array, "probes"]
    moving: Bool[Array, "probes"]
    done: Int[Array, ""]


@partial(jax.jit, static_argnames=("dynamics", "update", "most", "stochastic"))
def settle(
    dynamics: Dynamics,
    memory: PyTree,
    probes: Float[Array, "probes units"],
    key: Key,
    temperature: Float[Array, ""] | float,
    *,
    update: str,
    most: int,
    stochastic: bool,
) -> Settled:
    """Return the states in which probes settle.

    A unit takes the sign of its field, and stays as it is if the field is 0. At a temperature T it is 1 with
    probability 1 / (1 + exp(-2 h / T)) (Glauber 1963; Amit, Gutfreund, Sompolinsky 1985).

    Args:
        dynamics: The fields and the energy.
        memory: What was stored.
        probes: Initial states, signs.
        key: The random key of the order of units and of the temperature.
        temperature: T; ignored unless ``stochastic``.
        update: One unit after another in a random order, new in each sweep, or all at once.
        most: The largest number of sweeps.
        stochastic: Whether units are drawn.
    """
    states = probes.T  # one unit of all probes is then contiguous
    units = states.shape[0]

    def drawn(fields: Float[Array, "*shape"], before: Float[Array, "*shape"], key: Key) -> Float[Array, "*shape"]:
        if stochastic:
            high = jax.nn.sigmoid(2 * fields / temperature)
            return jnp.where(random.uniform(key, fields.shape) < high, 1.0, -1.0).astype(before.dtype)
        return jnp.where(fields > 0, 1.0, jnp.where(fields < 0, -1.0, before)).astype(before.dtype)

    def one_by_one(states: UnitStates, key: Key) -> UnitStates:
        order = jnp.argsort(random.uniform(random.fold(key, 0), (units,)))

        def change(place: Int[Array, ""], states: UnitStates) -> UnitStates:
            unit = order[place]
            new = drawn(dynamics.field(memory, states, unit), states[unit], random.fold(key, place + 1))
            return states.at[unit].set(new)

        return jax.lax.fori_loop(0, units, change, states)

    def all_at_once(states: UnitStates, key: Key) -> UnitStates:
        return drawn(dynamics.fields(memory, states), states, key)

    sweep = one_by_one if update == ASYNCHRONOUS else all_at_once

    def proceed(going: _Going) -> Bool[Array, ""]:
        return (going.done < most) & going.moving.any()

    def go(going: _Going) -> _Going:
        new = sweep(going.states, random.fold(key, going.done))
        moved = (new != going.states).any(0)
        energies = going.energies.at[going.done + 1].set(dynamics.energy(memory, new))
        moving = jnp.ones_like(moved) if stochastic else moved
        return _Going(new, energies, going.sweeps + moved, moving, going.done + 1)

    first = dynamics.energy(memory, states)
    energies = jnp.zeros((most + 1, *first.shape), first.dtype).at[0].set(first)
    start = _Going(states, energies, jnp.zeros(first.shape, jnp.int32), jnp.ones(first.shape, bool), jnp.int32(0))
    end = jax.lax.while_loop(proceed, go, start)
    last = end.energies[end.done]
    later = jnp.arange(most + 1)[:, None] > end.done
    return Settled(end.states.T, jnp.where(later, last, end.energies), end.sweeps, ~end.moving)
