"""Spike-timing-dependent plasticity, by pairs and triplets of spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.capabilities import SpikingUnits
from ..layers.layer import Layer, Params, Record
from ..layers.spiking.units_of_measure import require_time, require_times
from ..layers.walk import walk
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ..typing import Float, Memory, Num
from .facts import Facts
from .local import LayerRule, Learned, only_kernel, row_shares, widest
from .rule import Batch, Rule
from .spike_traces import PAIRINGS, before, outer

TIMES = ("tau_plus", "tau_minus", "tau_triplet", "tau_eligibility")


@declaration
class STDP(LayerRule):
    """Spike-timing-dependent plasticity: causes are strengthened, and what comes too late is weakened.

        dw = w_max A_plus f_plus(w) exp(-t / tau_plus)     for a spike of the unit t after one of the input
        dw = -w_max A_minus f_minus(w) exp(-t / tau_minus) for a spike of the input t after one of the unit
        f_plus(w) = (1 - w / w_max)^mu,  f_minus(w) = (w / w_max)^mu;   w stays within 0 and w_max

    With ``triplet``, a spike of the unit strengthens the more, the more it has spiked in the last ``tau_triplet``, by
    A_plus (1 + triplet o_2), as measured at high rates. Spikes of the same step do not pair. Weights change after each
    batch, by the mean over its rows.

    When to use: to find repeating patterns in spikes without labels, and as a model of synapses. Units need something
    that lets them differ and stay in range: inhibition, an adaptive threshold, or ``total``. With a loss in
    ``compile``, the last layer is a readout; without one, the loss in the history is the mean number of spikes of a
    unit.

    Args:
        learning_rate: A_plus, the change by one pair at once, in units of ``w_max``.
        depression: A_minus / A_plus. Above 1 with equal time constants, so that chance alone weakens.
        tau_plus: How long an input waits for a spike of the unit, in milliseconds.
        tau_minus: How long a spike of the unit waits for an input, in milliseconds.
        w_max: The largest weight.
        dependence: mu: 0 for changes that do not depend on the weight, 1 for soft bounds.
        pairing: "all_to_all", or "nearest" for the last spike alone.
        triplet: A_3 / A_plus, how much a change grows with the unit's last spikes. None: pairs alone.
        tau_triplet: The time constant of these, in milliseconds. The paper's fits of this rule have 40 for cultures of
            hippocampus and 114 for slices of visual cortex, with 16.8 for ``tau_plus`` and 33.7 for ``tau_minus``.
        total: What the weights into a unit sum up to after each step. None: no normalization.
        tau_eligibility: How long a synapse remembers a pair, in milliseconds, for a reward at the end of the sequence:
            a pair t before the end counts exp(-t / tau_eligibility). None: all pairs of a sequence count alike. See
            :class:`~plastica.rules.ThreeFactor`.

    Raises:
        InvalidValue: If a number is out of range, a name unknown, or a layer has no spikes on both sides.

    Example:
        >>> STDP(depression=1.05).window(np.array([-10.0, 10.0])).round(4).tolist()
        [-0.0064, 0.0061]

    Reference:
        G. Bi, M. Poo, 1998, Synaptic modifications in cultured hippocampal neurons (the window); S. Song, K. D. Miller,
        L. F. Abbott, 2000, Competitive Hebbian learning through spike-timing-dependent synaptic plasticity, equation 1;
        weight dependence: R. Gütig, R. Aharonov, S. Rotter, H. Sompolinsky, 2003, Learning input correlations through
        nonlinear temporally asymmetric Hebbian plasticity; triplets: J.-P. Pfister, W. Gerstner, 2006,
        Triplets of spikes in a model of spike timing-dependent plasticity, equations 3 and 4; eligibility: E. M.
        Izhikevich, 2007, Solving the distal reward problem through linkage of STDP and dopamine signaling.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Bi, Poo 1998",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "A synapse carries a trace of the spikes on either side."},
    )
    unranked: ClassVar[str] = "what its units learn hangs on the inhibition among them, which these networks lack"

    learning_rate: float = 0.01
    depression: float = 1.05
    tau_plus: float = 20.0
    tau_minus: float = 20.0
    w_max: float = 1.0
    dependence: float = 0.0
    pairing: str = "all_to_all"
    triplet: float | None = None
    tau_triplet: float = 100.0
    total: float | None = None
    tau_eligibility: float | None = None

    takes_rewards: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require_numbers(self, dict.fromkeys(("learning_rate", "w_max", "total"), ABOVE_ZERO))
        require_numbers(self, dict.fromkeys(("depression", "dependence", "triplet"), AT_LEAST_ZERO))
        require_times(self, *TIMES)
        if self.pairing not in PAIRINGS:
            raise InvalidValue(f"STDP(pairing={self.pairing!r}): expected one of {', '.join(map(repr, PAIRINGS))}.")

    @property
    def reads_spikes(self) -> bool:
        return True

    def window(self, lags: Num[np.ndarray, "lags"]) -> Float[np.ndarray, "lags"]:
        """Return the change of a weight by one pair, in units of ``w_max``, without its dependence on the weight.

        Args:
            lags: The time of the unit's spike minus that of the input, in milliseconds; at 0 nothing changes.
        """
        lags = np.asarray(lags, float)
        up = self.learning_rate * np.exp(-np.abs(lags) / self.tau_plus)
        down = self.depression * self.learning_rate * np.exp(-np.abs(lags) / self.tau_minus)
        return np.where(lags > 0, up, np.where(lags < 0, -down, 0.0))

    def require(self, layer: Layer) -> None:
        require_spikes(self, layer)

    def check(self, network: Layer, objective: Objective | None) -> None:
        super().check(network, objective)
        check_steps(self, network, *TIMES)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.spikes_of_rows(widest(units), last)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        kernel = params["kernel"]
        up, down = self.products(layer, record, row_shares(batch, record.input))
        room, filled = self.bounds(kernel)
        change = self.learning_rate * self.w_max * (room * up - self.depression * filled * down)
        new = jnp.clip(kernel + change, 0, self.w_max)
        if self.total is not None:
            sums = jnp.sum(new, 0)
            new = new * jnp.where(sums > 0, self.total / jnp.where(sums > 0, sums, 1), 1)
        return Learned(only_kernel(params, new - kernel), memory, self.figure(layer, params, memory, record, batch))

    def products(
        self, layer: Layer, record: Record, shares: Float[Array, "batch ones ones"]
    ) -> tuple[Float[Array, "features units"], Float[Array, "features units"]]:
        """Return the sums over all pairs that strengthen and that weaken, each ``(features, units)``."""
        dt = spiking_units(layer).spike_step
        pre, post = jnp.swapaxes(record.input, 0, 1), jnp.swapaxes(record.activity, 0, 1)
        shares = shares.reshape(1, -1, 1) * self.kept_until_the_end(len(pre), dt)
        strength = post
        if self.triplet is not None:
            strength = post * (1 + self.triplet * before(post, jnp.exp(-dt / self.tau_triplet), self.pairing))
        up = outer(before(pre, jnp.exp(-dt / self.tau_plus), self.pairing) * shares, strength)
        down = outer(pre * shares, before(post, jnp.exp(-dt / self.tau_minus), self.pairing))
        return up, down

    def kept_until_the_end(self, steps: int, dt: float) -> Float[Array, "time one one"] | float:
        """Return the fraction of a pair at each step that its synapse remembers at the end of the sequence."""
        if self.tau_eligibility is None:
            return 1.0
        return jnp.exp(-dt / self.tau_eligibility * jnp.arange(steps - 1, -1, -1)).reshape(-1, 1, 1)

    def bounds(self, kernel: Float[Array, "features units"]) -> tuple[Array | float, Array | float]:
        """Return how far weights can still rise and fall, each to the power mu."""
        inside = jnp.clip(kernel / self.w_max, 0, 1)
        # 0 ** 0 is 1: without a dependence on the weight the bounds are hard.
        return (1 - inside) ** self.dependence, inside**self.dependence

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        return mean_spikes(record, batch)


def mean_spikes(record: Record, batch: Batch) -> Float[Array, ""]:
    """Return how often a unit spikes in a sequence, the mean over units and rows."""
    spikes = jnp.sum(record.activity, 1)  # (batch, units)
    return jnp.sum(row_shares(batch, spikes) * spikes) / spikes.shape[-1]


def require_spikes(rule: Rule, layer: Layer) -> None:
    """Check that a layer has weights between spikes.

    Raises:
        InvalidValue: If not.
    """
    if layer.offer(SpikingUnits) is None:
        raise InvalidValue(
            f"{type(layer).__name__}: {type(rule).__name__} needs weights with spikes on both sides in one layer. Use "
            "Spiking(units, LIF(), recurrent=False) here, or another rule."
        )


def check_steps(rule: Rule, network: Layer, *times: str) -> None:
    """Check that the steps of spiking layers are no longer than the time constants of a rule.

    Raises:
        InvalidValue: If one is.
    """
    for _, layer, _ in walk(network):
        if layer.offer(SpikingUnits) is not None:
            for name in times:
                require_time(type(rule).__name__, name, getattr(rule, name), spiking_units(layer).spike_step)


def spiking_units(layer: Layer) -> SpikingUnits:
    """Return what a layer with weights between spikes offers."""
    offered = layer.offer(SpikingUnits)
    assert isinstance(offered, SpikingUnits)  # the rule required it
    return offered
