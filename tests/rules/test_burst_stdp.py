"""Burst-dependent plasticity beside spikes counted by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.layers import Record
from plastica.rules import Batch, BurstSTDP

LAYER = pl.Spiking(1, pl.LIF(), recurrent=False, use_bias=False)


def learned(rule, pre, post, weight=0.5):
    pre, post = (jnp.asarray(side, jnp.float32)[None, :, None] for side in (pre, post))
    params = {"kernel": jnp.full((1, 1), weight)}
    batch = Batch(pre, pre[:, :0, 0], jnp.ones(1), jnp.float32(1))
    record = Record(pre, post, post, None, None)
    found = rule.learn(LAYER, params, rule.begin(LAYER, params, None), record, batch, None)
    return float(found.change["kernel"][0, 0]), found.memory


def train(*times):
    spikes = np.zeros(200)
    spikes[list(times)] = 1
    return spikes


def test_events_and_bursts_are_those_counted_by_hand():
    # A single spike, a burst of three, two spikes 16 ms apart (a burst), two 17 ms apart (two events).
    spikes = train(5, 50, 55, 60, 100, 116, 150, 167)
    events, bursts = BurstSTDP().events(jnp.asarray(spikes, jnp.float32)[:, None, None], 1.0)
    assert np.flatnonzero(events).tolist() == [5, 50, 100, 150, 167]
    assert np.flatnonzero(bursts).tolist() == [55, 116]


def test_the_change_is_the_equation_and_the_share_of_bursts_decides_its_sign():
    rule = BurstSTDP(0.01, tau=50.0, probability=0.4)
    change, memory = learned(rule, train(10), train(30, 36, 80))
    trace = lambda t: np.exp(-(t - 10) / 50)  # noqa: E731
    assert change == pytest.approx(0.01 * (trace(36) - 0.4 * (trace(30) + trace(80))), rel=1e-4)
    assert float(memory.bursts[0]) == pytest.approx(0.9 * 0.4 + 0.1 * 1)
    assert float(memory.events[0]) == pytest.approx(0.9 * 1 + 0.1 * 2)
    assert learned(rule, train(10), train(30, 80, 130))[0] < 0 < learned(rule, train(10), train(30, 35, 80, 85))[0]
    assert learned(rule, train(), train(30, 35))[0] == 0, "an input that was silent keeps its weight"


def test_a_layer_learns_by_bursts_and_numbers_out_of_range_are_told():
    x = (np.random.default_rng(0).random((8, 60, 6)) < 0.3).astype("float32")
    neurons = pl.Spiking(2, pl.LIF(), False, False, pl.initializers.Constant(0.5))
    model = pl.Sequential([pl.Input((60, 6)), neurons])
    model.compile(rule=BurstSTDP())
    model.fit(x, epochs=2, verbose=0)
    kernel = model.get_weights()[0]
    assert kernel.min() >= 0 and kernel.max() <= 1 and np.abs(kernel - 0.5).max() > 1e-4
    with pytest.raises(InvalidValue, match=r"BurstSTDP\(probability=2.0\): probability must be"):
        BurstSTDP(probability=2.0)
