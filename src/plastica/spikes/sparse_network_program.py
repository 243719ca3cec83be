"""A sparse network as one program: each step finds the neurons that spike, and touches their synapses only."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..typing import Bool, Float, Int

# Neurons are searched for spikes in blocks of this size: first which block, then where in it. jnp.nonzero, which adds
# up over all neurons, took 27 us for 4,000 neurons and 81 us for 10,000; this takes 5 and 7 us.
BLOCK = 64
# A step handles its spikes so many at a time, so that what it costs follows how many there are: 16, or for large
# networks a thousandth of the neurons.
FEWEST_AT_ONCE, ONE_AT_ONCE_FOR = 16, 1000
# There is room for this many spikes, and at least for two steps in which all neurons spike; then they are taken away.
ROOM = 1 << 16


class SparseConstants(NamedTuple):
    """What a step multiplies with and adds, see ``SparseNetwork``: both equations solved for a step.

    Attributes:
        leak: The fraction of the potential that a step leaves.
        fade: The fraction of the synaptic current that a step leaves.
        carried: What a current adds to the potential in a step.
        pushed: What the drive adds to it.
        rest: The resting potential.
        threshold: The potential of a spike.
        refractory: The refractory period, in steps.
    """

    leak: float
    fade: float
    carried: float
    pushed: float
    rest: float
    threshold: float
    refractory: int


class SparseState(NamedTuple):
    """What neurons carry from step to step.

    Attributes:
        v: The potentials.
        current: The synaptic currents.
        until: The last step of the refractory period.
        arriving: What arrives later, by the step at which it was sent, in a ring as long as the delay.
    """

    v: Float[Array, "neurons"]
    current: Float[Array, "neurons"]
    until: Int[Array, "neurons"]
    arriving: Float[Array, "delay neurons"]


class SparseProgress(NamedTuple):
    """How far a run has come.

    Attributes:
        time: The next step.
        state: What neurons carry.
        found: How many spikes wait to be taken away.
        steps: The step of each.
        neurons: The neuron of each.
    """

    time: Int[Array, ""]
    state: SparseState
    found: Int[Array, ""]
    steps: Int[Array, "room"]
    neurons: Int[Array, "room"]


Synapses: TypeAlias = tuple[Int[Array, "neurons synapses"], Float[Array, "neurons synapses"]]
# The spikes in blocks, how many each block has, and how many it and all blocks before it have.
SpikesInBlocks: TypeAlias = tuple[Float[Array, "blocks size"], Int[Array, "blocks"], Int[Array, "blocks"]]


def at_rest(initial: Float[Array, "neurons"], delay: int) -> SparseProgress:
    """Return the begin of a run.

    Args:
        initial: The first potentials.
        delay: From a spike to its arrival, in steps.
    """
    neurons = len(initial)
    never = jnp.full(neurons, -1, jnp.int32)
    state = SparseState(initial, jnp.zeros_like(initial), never, jnp.zeros((delay, neurons), initial.dtype))
    none = jnp.zeros(max(ROOM, 2 * neurons) + spikes_at_once(neurons), jnp.int32)
    return SparseProgress(jnp.int32(0), state, jnp.int32(0), none, none)


@jax.jit
def advance(
    progress: SparseProgress, synapses: Synapses, constants: SparseConstants, end: Int[Array, ""]
) -> SparseProgress:
    """Return the run at its end, or earlier, when there may be no room for the spikes of another step.

    Args:
        progress: The run so far.
        synapses: The targets and the weights of each neuron.
        constants: What a step multiplies with and adds.
        end: The number of steps.
    """
    neurons = len(progress.state.v)
    last = len(progress.neurons) - spikes_at_once(neurons) - neurons

    def goes_on(now: SparseProgress) -> Array:
        return (now.time < end) & (now.found <= last)

    def step(now: SparseProgress) -> SparseProgress:
        state = _below_threshold(now.state, constants, now.time)
        blocks = _in_blocks(state.v > constants.threshold)
        now = now._replace(state=state)
        delay = len(state.arriving)
        if delay == 0:
            now, current = _send(now, blocks, synapses, constants, state.current)
            return now._replace(time=now.time + 1, state=now.state._replace(current=current))
        slot = now.time % delay
        now, sent = _send(now, blocks, synapses, constants, jnp.zeros_like(state.current))
        current, arriving = state.current + state.arriving[slot], state.arriving.at[slot].set(sent)
        return now._replace(time=now.time + 1, state=now.state._replace(current=current, arriving=arriving))

    return jax.lax.while_loop(goes_on, step, progress)


def _send(
    now: SparseProgress, blocks: SpikesInBlocks, synapses: Synapses, constants: SparseConstants, reached: Array
) -> tuple[SparseProgress, Float[Array, "neurons"]]:
    """Reset the neurons that spike and write them down; return what reaches each neuron, with what was given."""
    neurons, count = len(reached), blocks[2][-1]
    at_once = spikes_at_once(neurons)

    def some_left(inner: tuple[Array, ...]) -> Array:
        return inner[0] < count

    def send(inner: tuple[Array, ...]) -> tuple[Array, ...]:
        done, reached, v, until, steps, who = inner
        # Places beyond the last spike name a neuron that there is not; what is written to it is dropped.
        own = _spiking(blocks, done + jnp.arange(at_once), neurons)
        targets = synapses[0].at[own].get(mode="fill", fill_value=neurons).ravel()
        weights = synapses[1].at[own].get(mode="fill", fill_value=0).ravel()
        reached = reached.at[targets].add(weights, mode="drop")
        v = v.at[own].set(constants.rest, mode="drop")
        until = until.at[own].set(now.time + constants.refractory, mode="drop")
        place = now.found + done
        steps = jax.lax.dynamic_update_slice(steps, jnp.full(at_once, now.time), (place,))
        return done + at_once, reached, v, until, steps, jax.lax.dynamic_update_slice(who, own, (place,))

    begin = jnp.int32(0), reached, now.state.v, now.state.until, now.steps, now.neurons
    _, reached, v, until, steps, who = jax.lax.while_loop(some_left, send, begin)
    return now._replace(
        state=now.state._replace(v=v, until=until), found=now.found + count, steps=steps, neurons=who
    ), reached


def spikes_at_once(neurons: int) -> int:
    """Return how many spikes of so many neurons are handled at a time."""
    return max(FEWEST_AT_ONCE, neurons // ONE_AT_ONCE_FOR)


def _below_threshold(state: SparseState, constants: SparseConstants, time: Int[Array, ""]) -> SparseState:
    """Return what neurons carry after a step without spikes."""
    rest = constants.rest
    new = rest + constants.leak * (state.v - rest) + constants.carried * state.current + constants.pushed
    v = jnp.where(time <= state.until, state.v, new)
    return state._replace(v=v, current=constants.fade * state.current)


def _in_blocks(spikes: Bool[Array, "neurons"]) -> SpikesInBlocks:
    filled = jnp.pad(spikes, (0, -len(spikes) % BLOCK)).reshape(-1, BLOCK)  # (blocks, size)
    floats = filled.astype(jnp.float32)
    counts = (floats @ jnp.ones(BLOCK, floats.dtype)).astype(jnp.int32)
    return floats, counts, jnp.cumsum(counts)


def _spiking(blocks: SpikesInBlocks, ranks: Int[Array, "at_once"], neurons: int) -> Int[Array, "at_once"]:
    """Return the neurons that spike, by their rank among all that do; beyond the last, the number of neurons."""
    spikes, counts, up_to = blocks
    method = "compare_all" if ranks.size * up_to.size < 1 << 14 else "scan"
    block = jnp.searchsorted(up_to, ranks, side="right", method=method)
    inside = jnp.minimum(block, len(counts) - 1)
    left = ranks - (up_to[inside] - counts[inside])  # the rank within the block
    # The place is how many neurons of the block have at most that many spikes up to and with them.
    so_far = spikes[inside] @ jnp.triu(jnp.ones((BLOCK, BLOCK), spikes.dtype))
    place = (so_far <= left[:, None]).sum(1, dtype=jnp.int32)
    return jnp.where(block < len(counts), block.astype(jnp.int32) * BLOCK + place, neurons)
