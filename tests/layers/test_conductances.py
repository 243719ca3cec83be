"""Conductances beside an independent integration, closed forms and steady states; dynamic synapses; leaky units."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import plastica as pl
from plastica.errors import DataError, InvalidValue
from plastica.memory import ShortTermPlasticity

RNG = np.random.default_rng(0)
DT = 0.05
# tau 20 ms and R 100 megaohms: C = 200 pF and g_L = 10 nS, never at its threshold here
MEMBRANE = pl.LIF(20.0, 100.0, -65.0, reset="zero", inputs="current", resistance=100.0, dt=DT)


def trace(neuron, x):
    """Return what a neuron does for one sequence, by name, as arrays over time."""
    found = neuron.trajectory({}, jnp.asarray(x, jnp.float32)[None, :, None])
    return {name: np.asarray(values)[0, :, 0] for name, values in found.items()}


def spikes_at(times, height, duration):
    x = np.zeros(round(duration / DT))
    x[[round(time / DT) for time in times]] = height
    return x


def test_a_membrane_with_nmda_receptors_is_its_differential_equation():
    times, duration, peak = (5.0, 12.0, 20.0, 26.0), 150.0, np.exp(-25 / 75 * np.log(4)) - np.exp(-100 / 75 * np.log(4))
    nmda = pl.NMDAConductance(rise=25.0, decay=100.0, share=0.8)
    neuron = pl.ConductanceSynapses(MEMBRANE, (pl.ExponentialConductance(tau=2.0), nmda))

    def slope(t, u):  # nS times mV are pA, over pF
        since = np.array([t - time for time in times if time <= t])
        ampa = 12 * np.exp(-since / 2).sum()
        slow = 0.8 * 12 * ((np.exp(-since / 100) - np.exp(-since / 25)) / peak).sum() / (1 + np.exp(-0.062 * u) / 3.57)
        return (10 * (-65 - u) + (ampa + slow) * (0 - u)) / 200

    steps = np.arange(1, round(duration / DT) + 1) * DT
    exact = solve_ivp(slope, (0, duration), [-65.0], t_eval=steps, rtol=1e-8, max_step=0.5).y[0]
    found = trace(neuron, spikes_at(times, 12.0, duration))["membrane"]
    assert exact.max() > -30, "the receptors are unblocked"
    np.testing.assert_allclose(found, exact, atol=0.1)  # of order dt
    free = trace(pl.ConductanceSynapses(MEMBRANE, (pl.NMDAConductance(magnesium=0.0),)), spikes_at((0,), 1, 10))
    assert free["membrane"].max() > trace(neuron, np.zeros(200))["membrane"].max()


VOLLEYS = {5.0: 8.0, 12.0: -10.0, 20.0: 12.0, 26.0: 6.0, 40.0: -20.0, 55.0: 15.0}  # nS at times


def leaky_with_conductances():
    """Return the potentials of the differential equation of ``ConductanceLIF`` at 1, 2, ... ms."""

    def slope(t, u):
        since = [(t - time, height) for time, height in VOLLEYS.items() if time <= t]
        excitation = sum(height * np.exp(-age / 5) for age, height in since if height > 0)
        inhibition = -sum(height * np.exp(-age / 10) for age, height in since if height < 0)
        return (10 * (-60 - u) + excitation * (0 - u) + inhibition * (-80 - u)) / 200

    return solve_ivp(slope, (0, 80), [-60.0], t_eval=np.arange(1.0, 81.0), rtol=1e-9, atol=1e-9, max_step=0.1).y[0]


def test_both_ways_to_conductances_converge_to_the_same_equation_with_the_orders_they_state():
    exact, receptors = leaky_with_conductances(), (
        pl.ExponentialConductance(tau=5.0), pl.ExponentialConductance("gaba", -80.0, 10.0, inhibitory=True)
    )  # fmt: skip
    errors = []
    for dt in (1.0, 0.5, 0.25):
        x = np.zeros(round(80 / dt))
        x[[round(time / dt) for time in VOLLEYS]] = list(VOLLEYS.values())
        leaky = pl.LIF(20.0, 100.0, -60.0, reset="zero", inputs="current", resistance=100.0, dt=dt)
        adex = pl.AdEx(200.0, 10.0, -60.0, threshold=50.0, cut=100.0, coupling=0.0, dt=dt)
        each = pl.ConductanceLIF(threshold=100.0, dt=dt), *(pl.ConductanceSynapses(n, receptors) for n in (leaky, adex))
        own = round(1 / dt)
        errors.append([np.abs(trace(neuron, x)["membrane"][own - 1 :: own] - exact).max() for neuron in each])
    orders = np.log2(np.divide(errors[0], errors[2])) / 2
    np.testing.assert_allclose(orders, [2, 1, 1], atol=0.1)
    assert np.less(errors[0], [0.02, 0.1, 0.1]).all(), "millivolts, in steps of 1 ms"


def test_magnesium_blocks_half_where_the_formula_says():
    for magnesium in (0.5, 1.0, 2.0):
        half = np.log(magnesium / 3.57) / 0.062  # mV: -20.5 at 1 mM
        assert float(pl.NMDAConductance(magnesium=magnesium).unblocked(jnp.array(half))) == pytest.approx(0.5, abs=1e-5)


def test_conductances_have_the_shapes_of_their_equations_and_peak_at_one():
    t = (np.arange(2000 * 20) + 0.5) * DT / 20  # 20 points in each step, over which traces are means
    shapes = {
        pl.ExponentialConductance(tau=4.0): np.exp(-t / 4),
        pl.AlphaConductance(tau=4.0): t / 4 * np.exp(1 - t / 4),
        pl.NMDAConductance(rise=4.0, decay=20.0, share=1.0): (np.exp(-t / 20) - np.exp(-t / 4)) / 0.53499,
    }
    for conductance, shape in shapes.items():
        found = trace(pl.ConductanceSynapses(MEMBRANE, (conductance,)), spikes_at((0,), 1.0, 100.0))
        np.testing.assert_allclose(found[f"{conductance.name}_conductance"], shape.reshape(-1, 20).mean(1), atol=2e-5)
        assert shape.max() == pytest.approx(1, abs=1e-3)


def test_neurons_settle_between_the_potentials_that_pull_whatever_the_unit_of_their_currents():
    # g_L of AdEx is 30 nS and that of the leaky neuron 10 nS; conductances that stay: 5 nS up and 5 down.
    staying = (pl.ExponentialConductance(tau=1e9), pl.ExponentialConductance("gaba", -80.0, 1e9, inhibitory=True))
    adex = pl.AdEx(leak=30.0, rest=-70.0, threshold=20.0, cut=40.0, coupling=0.0, dt=DT)
    x = np.zeros(8000)
    x[:2] = 5.0, -5.0
    for neuron, leak, rest in ((MEMBRANE, 10.0, -65.0), (adex, 30.0, -70.0)):
        settled = trace(pl.ConductanceSynapses(pl.Refractory(neuron, 1.0), staying), x)["membrane"][-1]
        assert settled == pytest.approx((leak * rest - 5 * 80) / (leak + 10), abs=0.02)


def test_strong_inhibition_holds_a_membrane_and_throws_it_nowhere():
    coarse = pl.ConductanceSynapses(pl.LIF(20.0, -50.0, -65.0, reset="zero", inputs="current", resistance=100.0))
    found = trace(coarse, np.full(50, -1000.0))  # 1 microsiemens a step against a leak of 10 nanosiemens
    assert not found["post"].any() and found["membrane"].min() > -71 and found["membrane"][-1] < -69


def test_dynamic_synapses_release_what_the_closed_form_says():
    times = np.cumsum(RNG.integers(5, 60, 12))
    x = np.zeros(times[-1] + 1)
    x[times] = 1.0
    for use, facilitation, recovery in ((0.5, 0.0, 800.0), (0.15, 750.0, 50.0)):
        released = trace(pl.TsodyksMarkramSynapse(use, facilitation, recovery, tau=1.0), x)["current"]
        closed = ShortTermPlasticity(use, facilitation, recovery).at_spikes(times.astype(float)).release
        gaps = np.exp(-np.diff(times, prepend=-1e9))  # what is left of the last current after the gap
        carried = np.concatenate([[0], released[times][:-1]]) * gaps
        np.testing.assert_allclose(released[times] - carried, closed, rtol=1e-4)


def test_leaky_units_follow_their_equation_and_are_a_simple_layer_at_one_step():
    x = RNG.standard_normal((2, 12, 3)).astype("float32")
    layer = pl.LeakyRNN(4, 5.0, return_sequences=True)
    params, state = layer.init(np.random.default_rng(0), (12, 3))
    h = np.zeros((2, 4))
    for t in range(12):
        h = 0.8 * h + 0.2 * np.tanh(x[:, t] @ params["kernel"] + h @ params["recurrent_kernel"] + params["bias"])
    np.testing.assert_allclose(layer.apply(params, x, state)[0][:, -1], h, atol=1e-5)
    learned = pl.LeakyRNN(4, 5.0, return_sequences=True, learn_tau=True)
    own = {**params, "tau": np.full(4, 5.0, "float32")}
    np.testing.assert_allclose(learned.apply(own, x, state)[0][:, -1], h, atol=1e-5)
    simple = pl.SimpleRNN(4).apply(params, x, state)[0]
    np.testing.assert_allclose(pl.LeakyRNN(4, 1.0).apply(params, x, state)[0], simple, atol=1e-5)


FAULTS = {
    "this neuron has no such units. Use AdEx()": lambda: pl.ConductanceSynapses(pl.LIF()),
    "ConductanceSynapses(ConductanceSynapses(neuron=AdEx())): conductances in nS": lambda: pl.ConductanceSynapses(
        pl.ConductanceSynapses(pl.AdEx())
    ),
    "looks like moles: write magnesium=1.": lambda: pl.NMDAConductance(magnesium=0.001),
    "these look like volts: write reversal=-70.": lambda: pl.ExponentialConductance("gaba", -0.07),
    "the rise must be faster than the decay; AlphaConductance(tau)": lambda: pl.NMDAConductance(rise=100.0),
    "got conductances named ['ampa', 'ampa']": lambda: pl.ConductanceSynapses(
        pl.AdEx(), (pl.ExponentialConductance(), pl.AlphaConductance())
    ),
    "ExponentialConductance(tau=0.005): times are in milliseconds, and this looks like seconds: write tau=5.": (
        lambda: pl.ConductanceSynapses(pl.AdEx(), (pl.ExponentialConductance(tau=0.005),))
    ),
    "got 3; expected conductances": lambda: pl.ConductanceSynapses(pl.AdEx(), (3,)),
    "TsodyksMarkramSynapse(recovery=0.8, dt=1): the step is longer": lambda: pl.TsodyksMarkramSynapse(recovery=0.8),
    "TsodyksMarkramSynapse(use=1.5): use must be a number in (0, 1).": lambda: pl.TsodyksMarkramSynapse(1.5),
    "TsodyksMarkramSynapse: got numbers from 0 to 3; it reads spikes": (
        lambda: pl.Sequential([pl.TsodyksMarkramSynapse()]).predict(np.full((1, 4, 1), 3.0))
    ),
    "LeakyRNN(tau=0.02, dt=1): the step is longer than tau. Times are in milliseconds": lambda: pl.LeakyRNN(4, 0.02),
}


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_with_conductances_are_told(words):
    with pytest.raises((InvalidValue, DataError)) as told:
        FAULTS[words]()
    assert words in str(told.value)
