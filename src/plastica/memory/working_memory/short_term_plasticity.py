"""Short-term plasticity: synapses that tire and facilitate, and so remember recent activity for seconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...declaration import Declaration, declaration
from ...errors import DataError, InvalidValue
from ...schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, INSIDE_ONE, require_numbers
from ...typing import Float

LARGEST_INPUT = 3**0.5  # of noise with variance 1, which is uniform


class ReleasedAtSpikes(NamedTuple):
    """What a synapse does at each spike.

    Attributes:
        times: The times of spikes, in milliseconds.
        use: u, the fraction of the resources that the spike uses.
        resources: x, the fraction that is available when it arrives.
    """

    times: Float[np.ndarray, "spikes"]
    use: Float[np.ndarray, "spikes"]
    resources: Float[np.ndarray, "spikes"]

    @property
    def release(self) -> Float[np.ndarray, "spikes"]:
        """The product u x, what is released, to which the response is proportional."""
        return self.use * self.resources


class SynapseState(NamedTuple):
    """Use and resources of a synapse.

    Attributes:
        use: u.
        resources: x.
    """

    use: float
    resources: float

    @property
    def release(self) -> float:
        """The product u x, what a spike releases."""
        return self.use * self.resources


@declaration
class ShortTermPlasticity(Declaration):
    """A synapse with short-term depression and facilitation.

        at a spike:      u <- u + U (1 - u),   released: u x,   x <- x - u x
        between spikes:  du/dt = -u / tau_f,   dx/dt = (1 - x) / tau_d
        at a rate r:     du/dt = (U - u) / tau_f + U (1 - u) r,   dx/dt = (1 - x) / tau_d - u x r

    When to use: to study how long a synapse remembers past spikes, and as a part of :class:`SynapticWorkingMemory`.
    With tau_d >> tau_f it depresses, with tau_f >> tau_d it facilitates.

    Args:
        use: U, the fraction used at the first spike.
        facilitation: tau_f, in milliseconds; 0 for a synapse that does not facilitate.
        recovery: tau_d, in milliseconds. The defaults are those of prefrontal synapses in Mongillo et al. (2008).
        rate: The mean rate of spikes in ``states``, per second.
        depth: How far inputs change this rate, as a fraction of it.
        step: The duration of one input in ``states``, in milliseconds.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> synapse = ShortTermPlasticity(use=0.5, facilitation=0, recovery=800)
        >>> round(synapse.paired_pulse_ratio(100), 3)
        0.559

    Reference:
        M. V. Tsodyks, H. Markram, 1997, The neural code between neocortical pyramidal neurons depends on
        neurotransmitter release probability; M. Tsodyks, K. Pawelzik, H. Markram, 1998, Neural networks with dynamic
        synapses, equations 2.1 to 2.5; at a rate: G. Mongillo, O. Barak, M. Tsodyks, 2008, Synaptic theory of working
        memory, equations 1 and 2, where u returns to U instead of 0 between spikes.
    """

    use: float = 0.2
    facilitation: float = 1500.0
    recovery: float = 200.0
    rate: float = 10.0
    depth: float = 0.8
    step: float = 20.0

    def __post_init__(self) -> None:
        require_numbers(self, {"use": INSIDE_ONE})
        require_numbers(self, dict.fromkeys(("facilitation", "depth"), AT_LEAST_ZERO))
        require_numbers(self, dict.fromkeys(("recovery", "rate", "step"), ABOVE_ZERO))
        if self.depth > 1:
            raise InvalidValue(f"ShortTermPlasticity(depth={self.depth}): rates would fall below 0; at most 1.")

    def at_spikes(self, times: ArrayLike) -> ReleasedAtSpikes:
        """Return u and x at each spike of a synapse that was at rest.

            u_(n+1) = U + u_n (1 - U) exp(-dt / tau_f),   x_(n+1) = 1 + (x_n - u_n x_n - 1) exp(-dt / tau_d)

        Args:
            times: The times of spikes, rising, in milliseconds.

        Raises:
            DataError: If they are not one rising series of finite numbers.
        """
        given = np.asarray(times, np.float64)
        if given.ndim != 1 or not len(given) or not np.isfinite(given).all() or (np.diff(given) <= 0).any():
            raise DataError(
                f"at_spikes: got times of shape {given.shape}; expected rising finite times of at least one spike."
            )
        u, x = np.empty(len(given)), np.empty(len(given))
        u[0], x[0] = self.use, 1.0
        for n, apart in enumerate(np.diff(given)):
            u[n + 1] = self.use + u[n] * (1 - self.use) * self._kept(apart, self.facilitation)
            x[n + 1] = 1 + (x[n] * (1 - u[n]) - 1) * self._kept(apart, self.recovery)
        return ReleasedAtSpikes(given, u, x)

    def steady_state(self, rate: float) -> SynapseState:
        """Return u and x at the spikes of a long regular train.

            u = U / (1 - (1 - U) exp(-dt / tau_f)),   x = (1 - exp(-dt / tau_d)) / (1 - (1 - u) exp(-dt / tau_d))

        Args:
            rate: Spikes per second.
        """
        apart = 1000.0 / self._positive("rate", rate)
        fading, recovering = self._kept(apart, self.facilitation), self._kept(apart, self.recovery)
        u = self.use / (1 - (1 - self.use) * fading)
        return SynapseState(u, (1 - recovering) / (1 - (1 - u) * recovering))

    def steady_state_at_rate(self, rate: float) -> SynapseState:
        """Return u and x at a constant rate in the equations for rates, u = U (1 + r tau_f) / (1 + U r tau_f).

        Args:
            rate: Spikes per second.
        """
        r = self._positive("rate", rate) / 1000
        u = self.use * (1 + r * self.facilitation) / (1 + self.use * r * self.facilitation)
        return SynapseState(u, 1 / (1 + u * r * self.recovery))

    def paired_pulse_ratio(self, interval: float) -> float:
        """Return the response to the second of two spikes, relative to the first; above 1 for facilitation.

            (1 + (1 - U) exp(-dt / tau_f)) (1 - U exp(-dt / tau_d))

        Args:
            interval: Time between the spikes, in milliseconds.
        """
        apart = self._positive("interval", interval)
        fading, recovering = self._kept(apart, self.facilitation), self._kept(apart, self.recovery)
        return (1 + (1 - self.use) * fading) * (1 - self.use * recovering)

    def states(self, inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time two"]:
        """Return u and x after each step of inputs that change the rate, for ``retention``.

        The rate of a step is ``rate (1 + depth input / sqrt 3)``, at least 0.

        Args:
            inputs: Inputs of mean 0 and variance 1, of which the first feature is read.
        """
        r = self.rate / 1000 * np.maximum(1 + self.depth * np.asarray(inputs)[:, 0] / LARGEST_INPUT, 0)
        found = np.empty((len(r), 2))
        start = self.steady_state_at_rate(self.rate)
        u, x = start.use, start.resources
        for time, rate in enumerate(r):
            # Each equation is linear while the rate stays: an exact step towards its fixed point.
            if self.facilitation:
                speed = 1 / self.facilitation + self.use * rate
                target = (self.use / self.facilitation + self.use * rate) / speed
                u = target + (u - target) * np.exp(-self.step * speed)
            speed = 1 / self.recovery + u * rate
            target = 1 / (self.recovery * speed)
            x = target + (x - target) * np.exp(-self.step * speed)
            found[time] = u, x
        return found

    def _kept(self, apart: float, constant: float) -> float:
        return float(np.exp(-apart / constant)) if constant else 0.0

    def _positive(self, name: str, value: float) -> float:
        if not (np.isfinite(value) and value > 0):
            raise InvalidValue(f"ShortTermPlasticity: got {name}={value}; expected a number above 0.")
        return float(value)
