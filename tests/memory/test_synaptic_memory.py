"""Synapses and attractors that remember: closed forms, differential equations solved by SciPy, and diffusion."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.memory.working_memory.attractor_network import AttractorNetwork
from plastica.memory.working_memory.ring_attractor import RingAttractor
from plastica.memory.working_memory.short_term_plasticity import ShortTermPlasticity
from plastica.memory.working_memory.synaptic_working_memory import SynapticWorkingMemory

SYNAPSES = {
    "depressing": ShortTermPlasticity(use=0.5, facilitation=0, recovery=800),
    "facilitating": ShortTermPlasticity(use=0.1, facilitation=500, recovery=50),
    "both": ShortTermPlasticity(),
}


@pytest.mark.parametrize("kind", SYNAPSES)
def test_a_long_train_comes_to_the_closed_form(kind):
    synapse = SYNAPSES[kind]
    last = synapse.at_spikes(np.arange(400) * 40.0)
    steady = synapse.steady_state(25)
    assert (last.use[-1], last.resources[-1]) == pytest.approx(steady)
    assert last.release[-1] == pytest.approx(steady.release)


@pytest.mark.parametrize("kind", SYNAPSES)
def test_the_paired_pulse_ratio_is_that_of_two_spikes(kind):
    synapse = SYNAPSES[kind]
    first, second = synapse.at_spikes([3.0, 33.0]).release
    assert synapse.paired_pulse_ratio(30) == pytest.approx(second / first)
    assert (synapse.paired_pulse_ratio(30) > 1) == (kind != "depressing")
    assert synapse.paired_pulse_ratio(1e6) == pytest.approx(1)


def test_spikes_follow_the_differential_equations():
    synapse, times = SYNAPSES["facilitating"], np.array([0.0, 20, 35, 120])
    u, x, now, found = 0.0, 1.0, 0.0, []
    for time in times:
        if time > now:
            solved = solve_ivp(lambda t, y: [-y[0] / 500, (1 - y[1]) / 50], (now, time), [u, x], rtol=1e-9, atol=1e-12)
            u, x = solved.y[:, -1]
        u += 0.1 * (1 - u)
        found.append((u, x))
        x, now = x - u * x, time
    run = synapse.at_spikes(times)
    np.testing.assert_allclose(np.stack([run.use, run.resources], 1), found, rtol=1e-6)


def test_rates_follow_the_differential_equations():
    synapse = ShortTermPlasticity(step=5.0)
    still = synapse.states(np.zeros((3, 1)))
    np.testing.assert_allclose(still, [synapse.steady_state_at_rate(10)] * 3)  # it begins there
    inputs = np.repeat([[1.5], [-1.0], [0.3]], 20, 0)
    start = synapse.steady_state_at_rate(10)
    y = np.array(start)
    for value in (1.5, -1.0, 0.3):
        r = 0.01 * (1 + 0.8 * value / 3**0.5)
        slope = lambda t, y, r=r: [(0.2 - y[0]) / 1500 + 0.2 * (1 - y[0]) * r, (1 - y[1]) / 200 - y[0] * y[1] * r]  # noqa: E731
        y = solve_ivp(slope, (0, 100), y, rtol=1e-9).y[:, -1]
    np.testing.assert_allclose(synapse.states(inputs)[-1], y, rtol=2e-3)


def test_facilitation_keeps_an_item_silently_and_a_weak_input_brings_it_back():
    memory = SynapticWorkingMemory()
    inputs = np.zeros((600, 4))
    inputs[100:110, 2] = 100  # load the third item
    inputs[500:510] = 12  # an input to all
    run = memory.run(inputs, step=4.0)
    others = [0, 1, 3]
    assert run.rates[100:112, 2].max() > 200 and run.rates[130:500].max() < 2  # loaded, then silent
    # While nothing is active, u falls to U with the time constant tau_f.
    expected = 0.3 + (run.use[150, 2] - 0.3) * np.exp(-np.arange(300) * 4 / 1500)
    np.testing.assert_allclose(run.use[150:450, 2], expected, rtol=0.02)
    assert run.rates[500:515, 2].max() > 20 * run.rates[500:515, others].max()
    active = SynapticWorkingMemory(background=8.0).run(np.where(inputs > 50, inputs, 0), step=4.0)
    peaks = active.rates[130:, 2] > 50
    assert np.diff(peaks.astype(int)).clip(0).sum() >= 2  # with a strong background, activity comes back by itself


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_diffusion_of_a_bump_has_the_closed_form_of_a_steep_gain(threshold):
    # Kilpatrick, Ermentrout 2013: noise / (2 + 2 sqrt(1 - threshold^2)), A = sqrt(1 + threshold) + sqrt(1 - threshold).
    ring = RingAttractor(units=2000, gain=300, threshold=threshold, noise=1.0, correlation="cosine")
    root = np.sqrt(1 - threshold**2)
    assert ring.amplitude == pytest.approx(np.sqrt(1 + threshold) + np.sqrt(1 - threshold), rel=1e-3)
    assert ring.diffusion() == pytest.approx(1 / (2 + 2 * root), rel=1e-3)


def test_bumps_drift_like_particles():
    ring = RingAttractor(noise=0.0005)
    run = ring.run(40, trials=400, seed=1)
    assert run.amplitudes.mean() == pytest.approx(ring.amplitude, rel=0.01)
    slope = np.polyfit(run.times, run.variance, 1)
    np.testing.assert_allclose(run.variance, np.polyval(slope, run.times), atol=0.1 * run.variance[-1])  # linear
    assert slope[0] == pytest.approx(ring.diffusion(), rel=0.2)
    assert RingAttractor(noise=0.0).run(5).variance[-1] == 0


def test_attractors_turn_only_under_strong_inputs():
    network = AttractorNetwork(units=40, patterns=1, gain=1.5)
    weak, strong = np.zeros((60, 1)), np.zeros((60, 1))
    weak[0] = strong[0] = 5
    weak[30], strong[30] = -1, -10
    pattern = np.sign(network.states(weak)[0])
    assert (network.states(weak)[-1] @ pattern / 40) > 0.5 > -0.5 > (network.states(strong)[-1] @ pattern / 40)
    # One pattern: all units follow m = tanh(gain (m + drive input)).
    m = np.tanh(1.5 * 0.2 * 5)
    assert np.abs(network.states(weak)[0]) == pytest.approx(np.full(40, m))


def test_mistakes_in_synapses_and_attractors():
    with pytest.raises(InvalidValue, match=r"use must be a number in \(0, 1\)"):
        ShortTermPlasticity(use=1.5)
    with pytest.raises(InvalidValue, match="rates would fall below 0"):
        ShortTermPlasticity(depth=2.0)
    with pytest.raises(DataError, match="rising finite times"):
        ShortTermPlasticity().at_spikes([3.0, 2.0])
    with pytest.raises(InvalidValue, match="rate=0; expected a number above 0"):
        ShortTermPlasticity().steady_state(0)
    with pytest.raises(ShapeError, match=r"expected \(time, 4\)"):
        SynapticWorkingMemory().run(np.zeros((5, 3)))
    with pytest.raises(InvalidValue, match="no bump exists"):
        _ = RingAttractor(threshold=1.5).amplitude
    with pytest.raises(InvalidValue, match="independent or cosine"):
        RingAttractor(correlation="white")
    with pytest.raises(InvalidValue, match="at most as many patterns"):
        AttractorNetwork(units=3, patterns=5)
