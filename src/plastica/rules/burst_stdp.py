"""Burst-dependent plasticity: bursts strengthen, single spikes weaken, in units that inputs drove before."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..layers.layer import Layer, Params, Record
from ..layers.spiking.units_of_measure import require_times
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, FRACTION, require_numbers
from ..typing import Float
from .facts import Facts
from .local import LayerRule, Learned, only_kernel, row_shares
from .rule import Batch
from .spike_traces import before, outer
from .stdp import check_steps, mean_spikes, require_spikes, spiking_units


class BurstAverages(NamedTuple):
    """What the units of a layer remember of their past.

    Attributes:
        bursts: The running mean number of bursts of each unit in a sequence, ``(units,)``.
        events: That of events, which are bursts or single spikes.
    """

    bursts: Float[Array, "units"]
    events: Float[Array, "units"]


@declaration
class BurstSTDP(LayerRule):
    """Burst-dependent synaptic plasticity: a unit that bursts more often than usual strengthens its active inputs.

        dw_ij/dt = eta (B_i - P_i E_i) x_j,   P_i = mean B_i / mean E_i

    E_i is 1 at the first spike of an event of unit i, B_i at its second spike if that comes within ``burst_interval``;
    further spikes belong to the burst. x_j is the trace of the events of input j. Only the share of bursts decides the
    sign, not the rate: inputs to a unit that are strong during events can tell it what to learn without changing what
    it says. In the paper these come to apical dendrites from the layer above; here they are inputs as any others.

    When to use: as a model of learning by bursts in cortical pyramidal cells, with neurons that burst. Weights and P_i
    change after each batch, by the mean over its rows.

    Args:
        learning_rate: eta.
        burst_interval: The longest interval between the spikes of a burst, in milliseconds.
        tau: The time constant of the trace of inputs, in milliseconds.
        average_rate: How much of a batch enters the means of B and E, from 0 to 1.
        probability: P at the beginning, from 0 to 1.
        w_max: The largest weight; the smallest is 0.

    Raises:
        InvalidValue: If a number is out of range, or a layer has no spikes on both sides.

    Example:
        >>> BurstSTDP(0.02)
        BurstSTDP(learning_rate=0.02)

    Reference:
        A. Payeur, J. Guerguiev, F. Zenke, B. A. Richards, R. Naud, 2021, Burst-dependent synaptic plasticity can
        coordinate learning in hierarchical circuits, equation 1; the interval of 16 ms is theirs.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Payeur, Guerguiev, Zenke, Richards, Naud 2021",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "A synapse carries a trace of its input and sees the bursts of its unit."},
    )
    unranked: ClassVar[str] = "what its units learn hangs on the inhibition among them, which these networks lack"
    takes_rewards: ClassVar[bool] = True

    learning_rate: float = 0.01
    burst_interval: float = 16.0
    tau: float = 50.0
    average_rate: float = 0.1
    probability: float = 0.2
    w_max: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": AT_LEAST_ZERO, "w_max": ABOVE_ZERO})
        require_numbers(self, dict.fromkeys(("average_rate", "probability"), FRACTION))
        require_times(self, "burst_interval", "tau")

    @property
    def reads_spikes(self) -> bool:
        return True

    def require(self, layer: Layer) -> None:
        require_spikes(self, layer)

    def check(self, network: Layer, objective: Objective | None) -> None:
        super().check(network, objective)
        check_steps(self, network, "burst_interval", "tau")

    def begin(self, layer: Layer, params: Params, key: Key) -> BurstAverages:
        """Return the means before any spike: an event in each sequence."""
        events = jnp.ones(params["kernel"].shape[-1])
        return BurstAverages(self.probability * events, events)

    def learn(
        self, layer: Layer, params: Params, memory: BurstAverages, record: Record, batch: Batch, key: Key
    ) -> Learned:
        dt = spiking_units(layer).spike_step
        pre, post = jnp.swapaxes(record.input, 0, 1), jnp.swapaxes(record.activity, 0, 1)
        shares = row_shares(batch, record.input).reshape(1, -1, 1)
        trace = before(self.events(pre, dt)[0], jnp.exp(-dt / self.tau), "all_to_all")
        events, bursts = self.events(post, dt)
        usual = memory.bursts / jnp.maximum(memory.events, 1e-6)
        kernel = params["kernel"]
        change = self.learning_rate * outer(trace * shares, bursts - usual * events)
        new = jnp.clip(kernel + change, 0, self.w_max)
        rows = (batch.weight != 0).reshape(1, -1, 1) / batch.size
        counted = BurstAverages(*(jnp.sum(each * rows, (0, 1)) for each in (bursts, events)))
        kept = jax.tree.map(lambda old, now: old + self.average_rate * (now - old), memory, counted)
        return Learned(only_kernel(params, new - kernel), kept, self.figure(layer, params, memory, record, batch))

    def events(
        self, spikes: Float[Array, "time batch units"], dt: float
    ) -> tuple[Float[Array, "time batch units"], Float[Array, "time batch units"]]:
        """Return where events begin, and where they turn into bursts: 1 or 0.

        Args:
            spikes: The spikes, time first.
            dt: The duration of a step, in milliseconds.
        """

        def step(past: tuple[Array, Array], now: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            since, bursting = past
            follows = (now > 0) & (since + dt < self.burst_interval + dt / 2)
            begins, turns = (now > 0) & ~follows, follows & ~bursting
            after = jnp.where(now > 0, 0.0, since + dt), jnp.where(now > 0, follows, bursting)
            return after, (begins.astype(now.dtype), turns.astype(now.dtype))

        start = jnp.full_like(spikes[0], jnp.inf), jnp.zeros(spikes.shape[1:], bool)
        return jax.lax.scan(step, start, spikes)[1]

    def figure(
        self, layer: Layer, params: Params, memory: BurstAverages, record: Record, batch: Batch
    ) -> Float[Array, ""]:
        return mean_spikes(record, batch)
