"""Voltage-based plasticity: what a synapse learns depends on the membrane, not on the spike of the unit alone."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.capabilities import SpikingUnits
from ..layers.layer import Layer, Params, Record
from ..layers.spiking.units_of_measure import require_millivolts, require_times
from ..layers.walk import walk
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, FRACTION, require_numbers
from ..typing import Float, Memory
from .facts import Facts
from .local import LayerRule, Learned, only_kernel, row_shares
from .rule import Batch
from .spike_traces import before, outer
from .stdp import check_steps, mean_spikes, require_spikes, spiking_units

_NO_MILLIVOLTS = (
    "VoltageSTDP reads potentials in millivolts, and these neurons have no unit. Use AdEx(), or LIF(threshold=-50.0, "
    "rest=-65.0)."
)


@declaration
class VoltageSTDP(LayerRule):
    """Voltage-based STDP: a depolarized membrane weakens inputs, a strong depolarization after them strengthens.

        dw/dt = -A_LTD X (u_minus - theta_minus)_+  +  A_LTP x (u - theta_plus)_+ (u_plus - theta_minus)_+

    X are the spikes of the input, x their trace with ``tau_x``, u the membrane potential, and u_minus and u_plus the
    potential low-passed with ``tau_minus`` and ``tau_plus``. Timing, rate and voltage dependence come from one rule:
    pairs that weaken at low rates strengthen at high ones. Weights stay within 0 and ``w_max``.

    When to use: with neurons in millivolts, such as ``AdEx()``, as a model of cortical synapses. Weights change after
    each batch, by the mean over its rows.

    Args:
        depression: A_LTD, per millivolt and spike, in units of ``w_max``.
        potentiation: A_LTP, per millivolt squared and millisecond, in units of ``w_max``.
        theta_minus: The potential above which inputs weaken, in millivolts.
        theta_plus: The potential above which inputs strengthen, in millivolts.
        tau_x: The time constant of the trace of inputs, in milliseconds.
        tau_minus: That of u_minus, in milliseconds.
        tau_plus: That of u_plus, in milliseconds.
        spike_voltage: u during a spike, in millivolts, since neurons here reset within a step.
        spike_duration: How long it lasts, in milliseconds.
        w_max: The largest weight.
        reference: Homeostasis: A_LTD is multiplied by the square of the unit's mean depolarization over this number, in
            millivolts squared, so that units that are too active weaken their inputs; 60 in the paper. None: none.
        average_rate: How much of a batch enters that mean, from 0 to 1.

    The defaults of the thresholds, time constants and amplitudes are the paper's for slices of visual cortex.

    Raises:
        InvalidValue: If a number is out of range, potentials look like volts, or a layer has no spikes on both sides,
            no membrane, or potentials without a unit.

    Reference:
        C. Clopath, L. Büsing, E. Vasilaki, W. Gerstner, 2010, Connectivity reflects coding: a model of voltage-based
        STDP with homeostasis, equations 1 to 3, with the homeostasis described below them, and table 1.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Clopath, Büsing, Vasilaki, Gerstner 2010",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "A synapse carries a trace of its input and sees the membrane of its unit."},
    )
    unranked: ClassVar[str] = "what its units learn hangs on the inhibition among them, which these networks lack"
    takes_rewards: ClassVar[bool] = True

    depression: float = 14e-5
    potentiation: float = 8e-5
    theta_minus: float = -70.6
    theta_plus: float = -45.3
    tau_x: float = 15.0
    tau_minus: float = 10.0
    tau_plus: float = 7.0
    spike_voltage: float = 29.4
    spike_duration: float = 2.0
    w_max: float = 1.0
    reference: float | None = None
    average_rate: float = 0.1

    def __post_init__(self) -> None:
        require_numbers(self, {"depression": AT_LEAST_ZERO, "potentiation": AT_LEAST_ZERO, "w_max": ABOVE_ZERO})
        require_numbers(self, {"reference": ABOVE_ZERO, "average_rate": FRACTION})
        require_times(self, "tau_x", "tau_minus", "tau_plus", "spike_duration")
        require_millivolts(self, "theta_minus", "theta_plus")

    @property
    def reads_spikes(self) -> bool:
        return True

    def own_rates(self) -> tuple[str, ...]:
        return (f"VoltageSTDP(depression={self.depression!r}, potentiation={self.potentiation!r})",)

    def require(self, layer: Layer) -> None:
        require_spikes(self, layer)

    def check(self, network: Layer, objective: Objective | None) -> None:
        super().check(network, objective)
        check_steps(self, network, "tau_x", "tau_minus", "tau_plus")
        for path, layer, _ in walk(network):
            if layer.offer(SpikingUnits) is not None and spiking_units(layer).potential_unit != "mV":
                raise InvalidValue(f"{path}: {_NO_MILLIVOLTS}")

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        """Return the mean depolarization of each unit, with homeostasis: at first one that changes nothing."""
        if self.reference is None:
            return ()
        return jnp.sqrt(self.reference) * jnp.ones(params["kernel"].shape[-1])

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        assert record.trajectory is not None  # layers in time have one
        seen = record.trajectory()
        if "membrane" not in seen:
            raise InvalidValue(f"{type(layer).__name__}: VoltageSTDP needs neurons with a membrane, such as AdEx().")
        pre, membrane, post = (jnp.swapaxes(each, 0, 1) for each in (record.input, seen["membrane"], seen["post"]))
        shares = row_shares(batch, record.input).reshape(1, -1, 1)
        weaker = 1.0 if self.reference is None else memory**2 / self.reference
        change = self.w_max * self.change(layer, pre, shares, membrane, post, weaker)
        if self.reference is not None:
            voltage = self.with_spikes(membrane, post, spiking_units(layer).spike_step)
            real = (batch.weight != 0).reshape(1, -1, 1) / batch.size / len(voltage)
            mean = jnp.sum((voltage - self.theta_minus) * real, (0, 1))
            memory = memory + self.average_rate * (mean - memory)
        kernel = params["kernel"]
        new = jnp.clip(kernel + change, 0, self.w_max)
        return Learned(only_kernel(params, new - kernel), memory, self.figure(layer, params, memory, record, batch))

    def change(
        self,
        layer: Layer,
        pre: Float[Array, "time batch features"],
        shares: Float[Array, "one batch ones"],
        membrane: Float[Array, "time batch units"],
        post: Float[Array, "time batch units"],
        factor: Float[Array, "units"] | float = 1.0,
    ) -> Float[Array, "features units"]:
        """Return the change of the weights in units of ``w_max``, the mean over rows.

        Args:
            layer: The layer, for the duration of a step.
            pre: The spikes of the inputs, time first.
            shares: The weight of each row in the mean.
            membrane: The membrane potential after each step, in millivolts.
            post: The spikes of the units.
            factor: What A_LTD is multiplied by, for each unit.
        """
        dt = spiking_units(layer).spike_step
        voltage = self.with_spikes(membrane, post, dt)
        x = before(pre, jnp.exp(-dt / self.tau_x), "all_to_all") / self.tau_x
        low = [
            jax.nn.relu(_low_passed(voltage, -dt / tau, self.theta_minus) - self.theta_minus)
            for tau in (self.tau_minus, self.tau_plus)
        ]
        weaker = factor * self.depression * low[0]
        stronger = self.potentiation * dt * jax.nn.relu(voltage - self.theta_plus) * low[1]
        return outer(x * shares, stronger) - outer(pre * shares, weaker)

    def with_spikes(
        self, membrane: Float[Array, "time batch units"], post: Float[Array, "time batch units"], dt: float
    ) -> Float[Array, "time batch units"]:
        """Return the membrane potential with spikes, which a neuron here resets within a step."""

        def step(since: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            potential, spike = now
            since = jnp.where(spike > 0, 0.0, since + dt)
            # Half a step keeps rounding from making a spike a step longer.
            return since, jnp.where(since < self.spike_duration - dt / 2, self.spike_voltage, potential)

        return jax.lax.scan(step, jnp.full_like(post[0], jnp.inf), (membrane, post))[1]

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        return mean_spikes(record, batch)


def _low_passed(values: Float[Array, "time batch units"], exponent: Array | float, start: Array | float) -> Array:
    """Return at each step the low-passed values of the steps before it."""
    kept = jnp.exp(exponent)

    def step(mean: Array, now: Array) -> tuple[Array, Array]:
        return kept * mean + (1 - kept) * now, mean

    return jax.lax.scan(step, jnp.full_like(values[0], start), values)[1]
