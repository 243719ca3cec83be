"""Large sparse networks of leaky neurons, run in one program that looks at spikes only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from ..errors import InvalidValue
from ..layers import LIF
from ..layers.spiking.units_of_measure import whole_steps
from ..typing import Float, Int
from .sparse_network_program import SparseConstants, advance, at_rest
from .spike_trains import SpikeTrains

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
        found = list(self._spikes(steps, seed))
        times, neurons = (np.concatenate(parts) for parts in zip(*found, strict=True))
        trains = SpikeTrains(times * self.neuron.dt, neurons, len(self.targets), duration)
        if trains.rate * self.neuron.dt / 1000 > EXPLODING:
            raise InvalidValue(
                f"SparseNetwork: the network explodes, to {trains.rate:.0f} spikes a second for each neuron. "
                "Strengthen the inhibition, weaken the excitation or the drive, or lengthen the refractory period."
            )
        return trains

    def _spikes(self, steps: int, seed: int) -> Iterator[tuple[Int[np.ndarray, "spikes"], Int[np.ndarray, "spikes"]]]:
        """Yield step and neuron of the spikes, each time that the program has no room for more, and at the end."""
        synapses = jnp.asarray(self.targets), jnp.asarray(self.weights, jnp.float32)
        progress = at_rest(jnp.asarray(self.initial(seed)), self._delay_steps())
        while int(progress.time) < steps:
            progress = advance(progress._replace(found=jnp.int32(0)), synapses, self._constants(), jnp.int32(steps))
            count = int(progress.found)
            yield np.asarray(progress.steps)[:count], np.asarray(progress.neurons)[:count]

    def _check(self) -> None:
        if not isinstance(self.neuron, LIF):
            raise InvalidValue(f"SparseNetwork(neuron={self.neuron!r}): expected LIF(), the neuron that it solves.")
        if not np.issubdtype(self.targets.dtype, np.integer) or not np.isfinite(self.weights).all():
            raise InvalidValue(
                f"SparseNetwork: got targets of type {self.targets.dtype} and weights that are "
                f"{'' if np.isfinite(self.weights).all() else 'not '}finite; expected whole numbers and finite weights."
            )
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

    def _constants(self) -> SparseConstants:
        neuron = self.neuron
        leak, fade = np.exp(-neuron.dt / neuron.tau), np.exp(-neuron.dt / self.synapse_tau)
        if np.isclose(neuron.tau, self.synapse_tau):
            carried = leak * neuron.dt / neuron.tau
        else:
            carried = (fade - leak) * self.synapse_tau / (self.synapse_tau - neuron.tau)
        return SparseConstants(
            leak=float(leak),
            fade=float(fade),
            carried=float(carried),
            pushed=float((1 - leak) * self.drive),
            rest=float(neuron.rest),
            threshold=float(neuron.threshold),
            refractory=round(self.refractory / neuron.dt),
        )
