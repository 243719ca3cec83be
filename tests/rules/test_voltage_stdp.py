"""Voltage-based plasticity beside its equations, and the dependence of pairs on their rate."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.layers import Record
from plastica.rules import Batch, VoltageSTDP

RNG = np.random.default_rng(0)
LAYER = pl.Spiking(1, pl.AdEx(dt=1.0), recurrent=False, use_bias=False)


def by_hand(pre, voltage, rule):
    """Return the change of a weight by the paper's equations in steps of 1 ms."""
    trace, low_minus, low_plus, change = 0.0, rule.theta_minus, rule.theta_minus, 0.0
    for spike, u in zip(pre, voltage, strict=True):
        trace *= np.exp(-1 / rule.tau_x)
        change -= rule.depression * spike * max(low_minus - rule.theta_minus, 0)
        change += rule.potentiation * trace * max(u - rule.theta_plus, 0) * max(low_plus - rule.theta_minus, 0)
        trace += spike / rule.tau_x
        low_minus += (1 - np.exp(-1 / rule.tau_minus)) * (u - low_minus)
        low_plus += (1 - np.exp(-1 / rule.tau_plus)) * (u - low_plus)
    return change


def changed(rule, pre, membrane, post):
    pre, membrane, post = (jnp.asarray(each, jnp.float32)[:, None, None] for each in (pre, membrane, post))
    return float(rule.change(LAYER, pre, jnp.ones((1, 1, 1)), membrane, post)[0, 0])


def test_changes_are_those_of_the_equations():
    rule = VoltageSTDP(spike_duration=1.0)
    pre, post = (RNG.random((2, 200)) < 0.1).astype(float)
    membrane = -65 + 5 * RNG.standard_normal(200)
    expected = by_hand(pre, np.where(post > 0, 29.4, membrane), rule)
    assert changed(rule, pre, membrane, post) == pytest.approx(expected, rel=1e-4)


def pairing(rate, lag, rule):
    """Return the change by five pairs; the unit is depolarized after its spikes, as in the paper's neuron."""
    steps = int(200 + 4 * 1000 / rate + 300)
    post = np.zeros(steps)
    post[(200 + np.arange(5) * 1000 / rate).round().astype(int)] = 1
    pre = np.roll(post, -lag)
    # C = 281 pF, g_L = 30 nS, a depolarizing current of 400 pA after a spike that fades with 40 ms; adaptation.
    u, current, adaptation, membrane, since = -70.6, 0.0, 0.0, [], 99
    for spike in post:
        since = 0 if spike else since + 1
        if since < 2:
            u, current, adaptation = -53.0, 400.0, adaptation + 80.5 * (since == 1)
        else:
            u += (-30 * (u + 70.6) - adaptation + current) / 281
            adaptation += (4 * (u + 70.6) - adaptation) / 144
            current -= current / 40
        membrane.append(u)
    return changed(rule, pre, membrane, post)


def test_pairs_that_weaken_at_low_rates_strengthen_at_high_ones():
    # Sjöström, Turrigiano, Nelson 2001, as fitted by Clopath et al. 2010, figure 2: post before pre by 10 ms weakens
    # up to 20 Hz and strengthens at 50 Hz; pre before post strengthens, more at high rates.
    before, after = ([pairing(rate, lag, VoltageSTDP()) for rate in (1, 20, 50)] for lag in (10, -10))
    assert after[0] < 0 and after[1] < 0 < after[2]
    assert 0 < before[0] < before[2] and before[1] < before[2]


def test_a_layer_learns_by_its_membrane_and_stays_in_range():
    neurons = pl.Spiking(3, pl.LIF(20.0, -50.0, -70.6, dt=1.0), False, False, pl.initializers.Constant(0.9))
    x = (RNG.random((8, 60, 20)) < 0.5).astype("float32")
    model = pl.Sequential([pl.Input((60, 20)), neurons])
    model.compile(rule=VoltageSTDP(depression=1e-3, potentiation=1e-3))
    model.fit(x, epochs=2, verbose=0)
    kernel = model.get_weights()[0]
    assert kernel.min() >= 0 and kernel.max() <= 1 and np.abs(kernel - 0.9).max() > 1e-3


def test_homeostasis_weakens_the_inputs_of_units_that_are_depolarized():
    rule = VoltageSTDP(reference=60.0, average_rate=0.5)
    params, pre = {"kernel": jnp.full((1, 1), 0.5)}, jnp.ones((1, 50, 1))
    membrane = jnp.full((1, 50, 1), -55.6)  # 15 mV above rest, and no spike
    seen = {"membrane": membrane, "post": jnp.zeros_like(pre)}
    record = Record(pre, membrane, seen["post"], None, None, trajectory=lambda: seen)
    rows = Batch(pre, pre[:, :0, 0], jnp.ones(1), jnp.float32(1))
    blank = rule.begin(LAYER, params, None)
    first = rule.learn(LAYER, params, blank, record, rows, None)
    plain = VoltageSTDP().learn(LAYER, params, (), record, rows, None)
    assert float(first.change["kernel"][0, 0]) == pytest.approx(float(plain.change["kernel"][0, 0]), rel=1e-4)
    assert float(first.memory[0]) == pytest.approx((60**0.5 + 15) / 2, rel=1e-4)
    second = rule.learn(LAYER, params, first.memory, record, rows, None)
    expected = float(first.memory[0]) ** 2 / 60
    assert float(second.change["kernel"][0, 0] / first.change["kernel"][0, 0]) == pytest.approx(expected, rel=1e-3)


def test_volts_and_layers_without_a_membrane_are_told():
    with pytest.raises(InvalidValue, match="potentials are in millivolts, and these look like volts"):
        VoltageSTDP(theta_minus=-0.07, theta_plus=-0.045)
    with pytest.raises(
        InvalidValue, match="Spiking: VoltageSTDP reads potentials in millivolts, and these neurons have"
    ):
        VoltageSTDP().check(pl.layers.Sequential((pl.Spiking(2, pl.LIF(), recurrent=False),)), None)
    with pytest.raises(InvalidValue, match=r"Spiking: VoltageSTDP needs neurons with a membrane, such as AdEx\(\)."):
        spikes = jnp.zeros((1, 5, 1))
        record = Record(spikes, spikes, spikes, None, None, trajectory=lambda: {"post": spikes})
        VoltageSTDP().learn(
            LAYER, {"kernel": jnp.ones((1, 1))}, (), record, Batch(spikes, spikes, jnp.ones(1), 1.0), None
        )
