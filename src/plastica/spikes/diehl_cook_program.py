"""Diehl and Cook's network as one program: pictures shown one after another, weights changed after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import replace
from ..random import Key
from ..typing import Bool, Float, Int

if TYPE_CHECKING:
    from .diehl_cook import DiehlCook

# Membranes of excitatory neurons in millivolts, times in milliseconds: the paper's model, as published by its authors.
# Thresholds begin at -52 mV, but without spikes they fall towards -72 mV: what is learned begins at 20 mV above that.
REST, RESET, THRESHOLD, THRESHOLD_BEGIN = -65.0, -65.0, -72.0, 20.0
EXCITATION, INHIBITION = 0.0, -100.0  # reversal potentials
MEMBRANE_TAU, EXCITATORY_TAU, INHIBITORY_TAU, REFRACTORY = 100.0, 1.0, 2.0, 5.0
PRE_TAU, POST_TAU, SLOW_POST_TAU = 20.0, 20.0, 40.0
PAUSE = 150.0  # between pictures: membranes and traces come to rest, thresholds fall
FEWEST_SPIKES, MOST_TRIES = 5, 8  # a picture is shown again, with half its rate more, until so many spikes came
EVENTS = 32  # steps with spikes that are learned from at once


class DiehlCookWeights(NamedTuple):
    """What the network has learned: weights ``(inputs, units)``, and thresholds ``(units,)`` in mV above -72 mV."""

    weights: Float[Array, "inputs units"]
    thresholds: Float[Array, "units"]


class Shown(NamedTuple):
    """Pictures by their brightest inputs: which inputs, and their intensities from 0 to 1."""

    places: Int[Array, "rows active"]
    intensities: Float[Array, "rows active"]


class UnitSpikes(NamedTuple):
    """Spikes of a picture, and what both sides of a synapse remembered at them."""

    spikes: Float[Array, "steps units"]
    strengthens: Float[Array, "steps units"]
    weakens: Float[Array, "steps units"]
    thresholds: Float[Array, "units"]


@jax.jit
def learn(
    model: DiehlCook, learned: DiehlCookWeights, shown: Shown, key: Key, first: Int[Array, ""]
) -> tuple[DiehlCookWeights, Float[Array, "rows"]]:
    """Show pictures one after another; return what was learned, and the number of spikes for each picture.

    Args:
        model: The settings.
        learned: What was learned before.
        shown: The pictures.
        key: The key of the training.
        first: How many pictures were shown before: each draws the same spikes however the pictures are divided.
    """

    def show(learned: DiehlCookWeights, now: tuple[Array, Array, Array]) -> tuple[DiehlCookWeights, Array]:
        places, intensities, number = now
        sums = learned.weights.sum(0)
        weights = learned.weights * (model.total_of(len(learned.weights)) / jnp.where(sums > 0, sums, 1))
        rows = weights[places]
        pre, answer = _until_it_spikes(model, rows, learned.thresholds, intensities, random.fold(key, number))
        rows = jnp.clip(rows + _change(model, pre, answer), 0, 1)
        return DiehlCookWeights(weights.at[places].set(rows), answer.thresholds), answer.spikes.sum()

    numbers = first + jnp.arange(len(shown.places))
    return jax.lax.scan(show, learned, (shown.places, shown.intensities, numbers))


@jax.jit
def count(
    model: DiehlCook, learned: DiehlCookWeights, shown: Shown, key: Key, first: Int[Array, ""]
) -> Float[Array, "rows units"]:
    """Return how often each unit spikes for each picture, while nothing is learned; arguments as those of ``learn``."""
    model = replace(model, threshold_step=0.0)

    def show(now: tuple[Array, Array, Array]) -> Array:
        places, intensities, number = now
        rows, own = learned.weights[places], random.fold(key, number)
        return _until_it_spikes(model, rows, learned.thresholds, intensities, own)[1].spikes.sum(0)

    numbers = first + jnp.arange(len(shown.places))
    return jax.lax.map(show, (shown.places, shown.intensities, numbers))


def _until_it_spikes(
    model: DiehlCook, rows: Array, thresholds: Array, intensities: Array, key: Key
) -> tuple[Bool[Array, "steps active"], UnitSpikes]:
    """Show a picture at a rising rate until enough spikes came; return spikes of the inputs and the answer.

    Thresholds go on falling while a picture is shown in vain, and in the pause after each time.
    """

    def show(tries: Array) -> tuple[Array, Array, UnitSpikes]:
        rates = intensities * model.max_rate * (1 + tries / 2)
        pre = random.bernoulli(random.fold(key, tries), rates * model.dt / 1000, (model.steps, len(intensities)))
        return tries + 1, pre, _run(model, pre.astype(rows.dtype) @ rows, thresholds)

    def goes_on(found: tuple[Array, Array, UnitSpikes]) -> Array:
        tries, _, answer = found
        return (answer.spikes.sum() < FEWEST_SPIKES) & (tries < MOST_TRIES)

    tries, pre, answer = jax.lax.while_loop(goes_on, lambda found: show(found[0]), show(jnp.int32(0)))
    fallen = jnp.exp(-((tries - 1) * model.duration + tries * PAUSE) / model.threshold_tau)
    return pre, answer._replace(thresholds=answer.thresholds * fallen)


def _run(model: DiehlCook, drive: Float[Array, "steps units"], thresholds: Float[Array, "units"]) -> UnitSpikes:
    """Return the answer of the units to the conductances that spikes of the inputs add."""
    dt = model.dt
    keep_e, keep_i = jnp.exp(-dt / EXCITATORY_TAU), jnp.exp(-dt / INHIBITORY_TAU)
    # A conductance decays during a step; its mean is what the membrane sees, so that dt changes no spike's effect.
    mean_e, mean_i = (1 - keep_e) * EXCITATORY_TAU / dt, (1 - keep_i) * INHIBITORY_TAU / dt
    keep_post, keep_slow = jnp.exp(-dt / POST_TAU), jnp.exp(-dt / SLOW_POST_TAU)

    def step(carry: tuple[Array, ...], jumps: Array) -> tuple[tuple[Array, ...], tuple[Array, Array, Array]]:
        v, g_e, g_i, held, raised, post, slow = carry
        g_e = g_e + jumps
        e, i = mean_e * g_e, mean_i * g_i
        leak = 1 + e + i
        target = (REST + e * EXCITATION + i * INHIBITION) / leak
        free = held <= 0.5 * dt
        v = jnp.where(free, target + (v - target) * jnp.exp(-dt / MEMBRANE_TAU * leak), v)
        spikes = (free & (v > THRESHOLD + raised)).astype(v.dtype)
        post, slow = keep_post * post, keep_slow * slow
        learns = spikes, spikes * slow, spikes * (1 - post)
        # Each spike makes its inhibitory partner spike, which inhibits all other units from the next step on.
        g_i = keep_i * g_i + model.inhibition * (spikes.sum() - spikes)
        held = jnp.where(spikes > 0, REFRACTORY, held - dt)
        raised = raised * jnp.exp(-dt / model.threshold_tau) + model.threshold_step * spikes
        v = jnp.where(spikes > 0, RESET, v)
        return (v, keep_e * g_e, g_i, held, raised, jnp.maximum(post, spikes), jnp.maximum(slow, spikes)), learns

    nothing = jnp.zeros_like(thresholds)
    begin = (nothing + REST, nothing, nothing, nothing, thresholds, nothing, nothing)
    last, found = jax.lax.scan(step, begin, drive)
    return UnitSpikes(*found, last[4])


def _change(model: DiehlCook, pre: Bool[Array, "steps active"], answer: UnitSpikes) -> Float[Array, "active units"]:
    """Return the change of weights by triplets of spikes, a sum over the few steps in which units spiked.

        a spike of the unit:  w += rate * pre * slow,  pre: since the input's last spike, slow: since the unit's last
        a spike of the input: w -= depression * post,  post: since the unit's last spike

    What a spike of the unit will weaken is known at the spike from the inputs' later spikes; that it ends with the
    unit's next spike is in ``weakens``.
    """
    keep = jnp.exp(-model.dt / PRE_TAU)
    spikes = pre.astype(answer.spikes.dtype)

    def before(trace: Array, now: Array) -> tuple[Array, Array]:
        return jnp.maximum(keep * trace, now), keep * trace

    def after(trace: Array, now: Array) -> tuple[Array, Array]:
        return keep * (trace + now), trace

    nothing = jnp.zeros_like(spikes[0])
    past = jax.lax.scan(before, nothing, spikes)[1]
    future = jax.lax.scan(after, nothing, spikes, reverse=True)[1]
    some = answer.spikes.any(1)
    when = jnp.nonzero(some, size=model.steps + EVENTS, fill_value=model.steps)[0]

    def add(block: Array, total: Array) -> Array:
        own = jax.lax.dynamic_slice_in_dim(when, block * EVENTS, EVENTS)
        parts = past, future, answer.strengthens, answer.weakens
        past_, future_, up, down = (part.at[own].get(mode="fill", fill_value=0) for part in parts)
        return total + model.learning_rate * past_.T @ up - model.depression * future_.T @ down

    blocks = -(-some.sum() // EVENTS)
    total = jnp.zeros((spikes.shape[1], answer.spikes.shape[1]), spikes.dtype)
    return jax.lax.fori_loop(0, blocks, add, total)
