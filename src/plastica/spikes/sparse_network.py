"""Large sparse networks of leaky neurons, run in one program that looks at spikes only."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..layers import LIF
from ..layers.spiking.units_in_time import whole_steps
from ..typing import Float, Int
from .spike_trains import SpikeTrains

FEWEST = 64  # places for spikes of a step; doubled until all of them fit
EXPLODING = 0.25  # the fraction of all steps in which neurons spike, beyond which a network is no network any more


class SparseNetwork(NamedTuple):
    """Leaky neurons with a list of targets each; what a step costs depends on its spikes and not on all synapses.

        tau dv/dt = drive + i - v,   tau_s di/dt = -i,   v > threshold: v <- rest, i of all targets += w, delay later

    Both equations are solved exactly for each step.

    When to use: for simulations of thousands of neurons, faster than real time on one core. For learning, use layers.

    Attributes:
        neuron: The neuron; its tau, threshold, rest and dt are used.
        targets: The targets of each neuron, ``(neurons, synapses)``.
        weights: What a spike adds to the current of each, ``(neurons, synapses)``.
        drive: The constant input of each neuron, in the unit of the potential above rest.
        synapse_tau: tau_s, in milliseconds.
        refractory: The refractory period, in milliseconds.
        delay: From a spike to its arrival, in milliseconds; a whole number of steps.

    Example:
        >>> network = SparseNetwork.random(neurons=200, synapses=20)
        >>> trains = network.run(100.0)
        >>> bool(trains.rate > 0)
        True

    Reference:
        N. Brunel, 2000, Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons. The size
        and the time constants of ``random`` are those of T. P. Vogels, L. F. Abbott, 2005, a benchmark in R. Brette et
        al., 2007, Simulation of networks of spiking neurons; its weights and the drive were chosen for this model, so
        that the network stays active.
    """

    neuron: LIF
    targets: Int[np.ndarray, "neurons synapses"]
    weights: Float[np.ndarray, "neurons synapses"]
    drive: float = 11.0
    synapse_tau: float = 5.0
    refractory: float = 5.0
    delay: float = 0.0

    @classmethod
    def random(
        cls,
        neurons: int = 4000,
        synapses: int = 80,
        *,
        excitation: float = 1.62,
        inhibition: float = -9.0,
        seed: int = 0,
        **options: Any,
    ) -> SparseNetwork:
        """Return a network of which four in five neurons excite and the others inhibit.

        Args:
            neurons: The number of neurons.
            synapses: The number of targets of each, drawn among all with equal probability.
            excitation: The weight of synapses of the first four in five neurons.
            inhibition: The weight of the others.
            seed: The seed of the targets.
            **options: Other attributes of the network, such as ``delay``.

        Raises:
            InvalidValue: If a number is below 1.
        """
        if neurons < 1 or synapses < 1:
            raise InvalidValue(f"SparseNetwork.random(neurons={neurons}, synapses={synapses}): expected at least 1.")
        rng = np.random.default_rng(seed)
        targets = rng.integers(0, neurons, (neurons, synapses), np.int32)
        excites = np.arange(neurons)[:, None] < 0.8 * neurons
        weights = np.broadcast_to(np.where(excites, excitation, inhibition), targets.shape).astype(np.float32)
        return cls(LIF(20.0, 10.0, reset="zero", dt=0.1), targets, weights, **options)

    def initial(self, seed: int = 1) -> Float[np.ndarray, "neurons"]:
        """Return potentials drawn between rest and threshold, from which a run begins."""
        drawn = np.random.default_rng(seed).random(len(self.targets), np.float32)
        return self.neuron.rest + drawn * np.float32(self.neuron.threshold - self.neuron.rest)

    def run(self, duration: float, seed: int = 1) -> SpikeTrains:
        """Return the spikes of a time.

        Args:
            duration: In milliseconds, a whole number of steps.
            seed: The seed of the initial potentials.

        Raises:
            InvalidValue: If a time is no whole number of steps, weights and targets do not belong together, or the
                network explodes.
        """
        self._check()
        steps = whole_steps("SparseNetwork.run", "duration", duration, self.neuron.dt)
        if steps < 1:
            raise InvalidValue(f"SparseNetwork.run(duration={duration:g}): expected at least one step.")
        places = min(FEWEST, len(self.targets))
        arrays = jnp.asarray(self.initial(seed)), jnp.asarray(self.targets), jnp.asarray(self.weights, jnp.float32)
        while True:
            found, most = _run(*arrays, self._numbers(), steps, places, self._delay_steps())
            if int(most) <= places:
                return self._trains(np.asarray(found), duration)
            places = min(2 ** int(np.ceil(np.log2(int(most)))), len(self.targets))

    def _trains(self, found: Int[np.ndarray, "steps places"], duration: float) -> SpikeTrains:
        steps, places = np.nonzero(found < len(self.targets))
        trains = SpikeTrains(steps * self.neuron.dt, found[steps, places], len(self.targets), duration)
        if trains.rate * self.neuron.dt / 1000 > EXPLODING:
            raise InvalidValue(
                f"SparseNetwork: the network explodes, to {trains.rate:.0f} spikes a second for each neuron. "
                "Strengthen the inhibition, weaken the excitation or the drive, or lengthen the refractory period."
            )
        return trains

    def _check(self) -> None:
        if self.targets.shape != self.weights.shape or self.targets.ndim != 2:
            raise InvalidValue(
                f"SparseNetwork: got targets of shape {self.targets.shape} and weights of shape {self.weights.shape}; "
                "expected both to be (neurons, synapses)."
            )
        if self.targets.min() < 0 or self.targets.max() >= len(self.targets):
            raise InvalidValue(
                f"SparseNetwork: got targets from {self.targets.min()} to {self.targets.max()} for {len(self.targets)} "
                f"neurons; expected 0 to {len(self.targets) - 1}."
            )
        if not self.synapse_tau >= self.neuron.dt:
            raise InvalidValue(
                f"SparseNetwork(synapse_tau={self.synapse_tau:g}): the step of {self.neuron.dt:g} ms is longer; times "
                "are in milliseconds."
            )
        whole_steps("SparseNetwork", "refractory", self.refractory, self.neuron.dt)

    def _delay_steps(self) -> int:
        return whole_steps("SparseNetwork", "delay", self.delay, self.neuron.dt)

    def _numbers(self) -> dict[str, float]:
        neuron = self.neuron
        leak, fade = np.exp(-neuron.dt / neuron.tau), np.exp(-neuron.dt / self.synapse_tau)
        if np.isclose(neuron.tau, self.synapse_tau):
            carried = leak * neuron.dt / neuron.tau
        else:
            carried = (fade - leak) * self.synapse_tau / (self.synapse_tau - neuron.tau)
        numbers = {"leak": leak, "fade": fade, "carried": carried, "pushed": (1 - leak) * self.drive}
        numbers |= {"rest": neuron.rest, "threshold": neuron.threshold}
        return {name: float(value) for name, value in numbers.items()} | {
            "held": float(round(self.refractory / neuron.dt))
        }


@partial(jax.jit, static_argnums=(4, 5, 6))
def _run(
    initial: Float[Array, "neurons"],
    targets: Int[Array, "neurons synapses"],
    weights: Float[Array, "neurons synapses"],
    numbers: dict[str, float],
    steps: int,
    places: int,
    delay: int,
) -> tuple[Int[Array, "steps places"], Int[Array, ""]]:
    """Return the neurons that spike in each step, filled up with their number, and the most spikes of a step."""
    neurons = len(initial)
    rest = numbers["rest"]

    def step(carry: Any, time: Array) -> tuple[Any, tuple[Array, Array]]:
        v, arriving, current, held = carry
        new = rest + numbers["leak"] * (v - rest) + numbers["carried"] * current + numbers["pushed"]
        v = jnp.where(held > 0, v, new)
        spikes = v > numbers["threshold"]
        v = jnp.where(spikes, rest, v)
        held = jnp.where(spikes, numbers["held"], jnp.maximum(held - 1, 0))
        who = jnp.nonzero(spikes, size=places, fill_value=neurons)[0].astype(jnp.int32)
        current = numbers["fade"] * current
        # Only the synapses of neurons that spiked are touched; filled places point outside and are dropped.
        reached = targets.at[who].get(mode="fill", fill_value=neurons).ravel()
        added = weights.at[who].get(mode="fill", fill_value=0).ravel()
        if delay == 0:
            current = current.at[reached].add(added, mode="drop")
        else:
            arriving = arriving.at[(time + delay) % (delay + 1), reached].add(added, mode="drop")
            slot = time % (delay + 1)
            current = current + arriving[slot]
            arriving = arriving.at[slot].set(0)
        return (v, arriving, current, held), (who, jnp.sum(spikes))

    nothing = jnp.zeros_like(initial)
    waiting = jnp.zeros((delay + 1, neurons) if delay else (0, 0), initial.dtype)
    begin = initial, waiting, nothing, nothing
    who, counts = jax.lax.scan(step, begin, jnp.arange(steps))[1]
    return who, jnp.max(counts)
