"""Spiking neurons, synapses, delays, encoders and decoders beside closed forms, published figures and plain loops."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError, UnknownName
from plastica.layers import Context
from plastica.layers.spiking.hodgkin_huxley import gate_rates
from plastica.random import seed_key

RNG = np.random.default_rng(0)


def run(layer, x, params=None):
    """Return the output for one sequence of one unit, as an array over time."""
    return np.asarray(layer.apply(params or {}, jnp.asarray(x, jnp.float32)[None, :, None])[0])[0, :, 0]


def trace(layer, x, name="membrane"):
    return np.asarray(layer.trajectory({}, jnp.asarray(x, jnp.float32)[None, :, None])[name])[0, :, 0]


def test_a_leaky_neuron_is_the_recursion_of_its_equation():
    x = RNG.normal(0.3, 0.5, 60)
    for reset in ("subtract", "zero", "none"):
        u, expected = 0.0, []
        for value in x:
            u = np.exp(-1 / 10) * u + value
            expected.append(u > 1)
            u = {"subtract": u - (u > 1), "zero": u * (u <= 1), "none": u}[reset]
        assert 0 < sum(expected) < 60
        np.testing.assert_array_equal(run(pl.LIF(10.0, reset=reset), x), expected)


@pytest.mark.parametrize("dt", [0.1, 0.5])
def test_the_rate_at_a_constant_current_is_the_closed_form(dt):
    for current in (1.2, 2.0, 5.0):
        spikes = run(pl.LIF(20.0, reset="zero", inputs="current", dt=dt), np.full(round(2000 / dt), current))
        interval = 20 * np.log(current / (current - 1))  # tau ln(R I / (R I - threshold))
        assert np.diff(np.flatnonzero(spikes)).mean() * dt == pytest.approx(interval, abs=dt)


def test_the_membrane_is_exact_at_any_step_below_the_threshold():
    for dt in (0.1, 1.0, 4.0):
        membrane = trace(pl.LIF(20.0, inputs="current", dt=dt), np.full(round(40 / dt), 0.9))
        assert membrane[-1] == pytest.approx(0.9 * (1 - np.exp(-2)), rel=1e-4)


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
@pytest.mark.parametrize("detach", [False, True])
def test_the_fast_neuron_and_its_gradient_are_those_of_the_plain_loop(reset, detach):
    layer = pl.LIF(5.0, 0.8, -0.1, reset, detach_reset=detach)
    x = jnp.asarray(RNG.normal(0.2, 0.5, (30, 2, 3)), jnp.float32)
    along = jnp.asarray(RNG.standard_normal(x.shape), jnp.float32)

    def value(run, x):
        return jnp.sum(layer.activate(run(x)) * along + 0.1 * run(x))

    loops = lambda x: layer.run({}, x, None), lambda x: super(pl.LIF, layer).run({}, x, None)
    np.testing.assert_allclose(loops[0](x), loops[1](x), atol=1e-5)
    fast, plain = (jax.jit(jax.grad(lambda x, run=run: value(run, x)))(x) for run in loops)
    np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-5)


def test_millivolts_are_shifted_units():
    x = np.full(300, 1.3)
    plain = pl.LIF(reset="zero", inputs="current")
    in_mv = pl.LIF(threshold=-50.0, rest=-65.0, reset="zero", inputs="current", resistance=15.0)
    np.testing.assert_array_equal(run(plain, x), run(in_mv, x))


def test_the_adapting_threshold_settles_where_its_equation_says():
    layer = pl.AdaptiveThreshold(pl.LIF(20.0), increment=0.3, tau=50.0)
    x = np.full(2000, 0.4)
    spikes, adaptation = trace(layer, x, "post"), trace(layer, x, "adaptation")
    assert spikes[:20].sum() > spikes[-20:].sum()
    rate = spikes[1000:].mean()
    assert adaptation[1000:].mean() == pytest.approx(rate / (1 - np.exp(-1 / 50)), rel=0.05)


def test_flags_compose_in_any_order():
    x = np.full(100, 0.8)
    one = pl.AdaptiveThreshold(pl.Refractory(pl.LIF(), 3.0))
    other = pl.Refractory(pl.AdaptiveThreshold(pl.LIF()), 3.0)
    np.testing.assert_array_equal(run(one, x), run(other, x))
    assert np.diff(np.flatnonzero(run(one, x))).min() >= 4


def test_conductances_pull_the_membrane_to_their_weighted_mean():
    layer = pl.ConductanceLIF(threshold=100.0, excitatory_tau=1e9, inhibitory_tau=1e9)
    pulse = np.zeros(3000)
    pulse[:2] = 5.0, -20.0  # nS that stay
    expected = (10 * -60 + 5 * 0 + 20 * -80) / 35
    assert trace(layer, pulse)[-1] == pytest.approx(expected, rel=1e-4)


def test_poisson_neurons_spike_at_a_rate_that_changes_without_a_memory():
    rate = np.concatenate([np.full(40_000, 20.0), np.full(40_000, 80.0)])
    spikes = run(pl.PoissonNeuron(), rate)
    for half, expected in zip(np.split(spikes, 2), (20, 80), strict=True):
        probability = -np.expm1(-expected / 1000)
        count = 40_000 * probability
        assert abs(half.sum() - count) < 4 * count**0.5
        intervals = np.diff(np.flatnonzero(half))  # geometric: independent from step to step
        assert intervals.std() / intervals.mean() == pytest.approx((1 - probability) ** 0.5, abs=4 / (2 * count) ** 0.5)
    with pytest.raises(DataError, match="PoissonNeuron: got a rate of -3; rates are at least 0"):
        pl.Sequential([pl.Input((5, 1)), pl.PoissonNeuron()]).predict(np.full((1, 5, 1), -3.0))


# Spikes of each pattern in the published figure: their number, or the least and the most of bursts.
PATTERNS = {
    "tonic spiking": (5, 6),
    "phasic spiking": (1, 1),
    "tonic bursting": (20, 35),
    "phasic bursting": (4, 8),
    "mixed mode": (5, 7),
    "spike frequency adaptation": (5, 8),
    "class 1": (8, 14),
    "class 2": (12, 20),
    "spike latency": (1, 1),
    "subthreshold oscillations": (1, 1),
    "resonator": (1, 1),
    "integrator": (1, 1),
    "rebound spike": (1, 1),
    "rebound burst": (5, 12),
    "threshold variability": (1, 1),
    "bistability": (4, 8),
    "depolarizing after-potential": (1, 2),
    "accommodation": (1, 1),
    "inhibition-induced spiking": (3, 5),
    "inhibition-induced bursting": (10, 20),
}


def test_there_are_twenty_firing_patterns():
    assert set(pl.FIRING_PATTERNS) == set(PATTERNS) and len(PATTERNS) == 20


@pytest.mark.parametrize("name", PATTERNS)
def test_a_firing_pattern_has_the_spikes_of_the_figure(name):
    pattern = pl.firing_pattern(name)
    fewest, most = PATTERNS[name]
    assert fewest <= run(pattern.neuron, pattern.current).sum() <= most


def test_rates_of_gates_are_the_papers():
    rates = {name: (float(up), float(down)) for name, (up, down) in gate_rates(jnp.float32(-65.0)).items()}
    assert rates["m"] == pytest.approx((2.5 / np.expm1(2.5), 4.0), rel=1e-5)
    assert rates["h"] == pytest.approx((0.07, 1 / (np.exp(3) + 1)), rel=1e-5)
    assert rates["n"] == pytest.approx((0.1 / np.expm1(1), 0.125), rel=1e-5)
    assert float(gate_rates(jnp.float32(-40.0))["m"][0]) == 1.0  # where the formula is 0 / 0


def test_the_giant_axon_fires_at_once_at_fifty_a_second():
    currents = np.repeat([5.5, 7.0, 10.0], 8000).reshape(3, 8000, 1)  # 400 ms
    spikes = np.asarray(pl.HodgkinHuxley(dt=0.05).apply({}, jnp.asarray(currents))[0])[..., 0]
    late = spikes[:, 2000:].sum(1) / 0.3
    assert late[0] == 0 and 50 < late[1] < 65 and 65 < late[2] < 73


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("exponential_euler", 1), ("rk4", 4)])
def test_integrators_have_the_order_of_their_theory(integrator, order):
    def end(dt):
        with jax.enable_x64(True):
            layer = pl.HodgkinHuxley(dt=dt, integrator=integrator)
            x = jnp.full((1, round(2 / dt), 1), 1.0, jnp.float64)
            return float(layer.trajectory({}, x)["membrane"][0, -1, 0])

    exact = _reference()
    errors = [abs(end(dt) - exact) for dt in (0.2, 0.1)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.6)


# A neuron below its threshold, or a pair of rates, with a constant input.
SMOOTH = {
    "AdEx": (pl.AdEx, "membrane", 300.0),
    "FitzHughNagumo": (pl.FitzHughNagumo, "membrane", 0.3),
    "WilsonCowan": (pl.WilsonCowan, "excitation", 1.25),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("exponential_euler", 1), ("rk4", 4)])
def test_results_depend_on_the_step_as_theory_says(name, integrator, order):
    make, quantity, current = SMOOTH[name]

    def path(dt, integrator=integrator):
        """Return the quantity every 0.4 ms."""
        with jax.enable_x64(True):
            x = jnp.full((1, round(4 / dt), 1), current, jnp.float64)
            found = make(dt=dt, integrator=integrator).trajectory({}, x)[quantity]
            return np.asarray(found)[0, round(0.4 / dt) - 1 :: round(0.4 / dt), 0]

    exact = path(0.02, "rk4")
    errors = [np.abs(path(dt) - exact).max() for dt in (0.2, 0.1)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.6)


def _reference():
    with jax.enable_x64(True):
        x = jnp.full((1, 200, 1), 1.0, jnp.float64)
        found = pl.HodgkinHuxley(dt=0.01, integrator="rk4").trajectory({}, x)
    return float(found["membrane"][0, -1, 0])


def test_an_exponential_neuron_without_adaptation_has_the_rheobase_of_its_theory():
    neuron = pl.AdEx(coupling=0.0, increment=0.0)
    rheobase = 30 * (-50.4 + 70.6 - 2)  # g_L (V_T - E_L - D)
    assert run(neuron, np.full(6000, 0.98 * rheobase)).sum() == 0
    assert run(neuron, np.full(6000, 1.02 * rheobase)).sum() > 1


def test_a_quadratic_neurons_rate_grows_as_the_square_root():
    neuron = pl.QIF(cut=1e4, reset_potential=-1e4, dt=0.01)
    critical = (15 / 2) ** 2 / 15  # the current at which rest and threshold meet
    rates = [run(neuron, np.full(60_000, critical + more)).sum() for more in (4.0, 16.0)]
    # T = pi tau / sqrt(more / width): with both bounds far away.
    assert rates[0] == pytest.approx(600 * np.sqrt(4 / 15) / (np.pi * 10), abs=1.5)
    assert rates[1] == pytest.approx(2 * rates[0], rel=0.2)


def test_wilson_and_cowan_rest_without_input_and_rate_units_follow():
    assert np.abs(run(pl.WilsonCowan(), np.zeros(100))).max() < 1e-6
    rates = run(pl.RateUnits(10.0, dt=2.0), np.full(5, 3.0))
    np.testing.assert_allclose(rates, 3 * (1 - np.exp(-np.arange(1, 6) * 2 / 10)), rtol=1e-5)


@pytest.mark.parametrize("dt", [0.5, 2.0])
def test_synapses_are_their_kernels_at_any_step(dt):
    times = np.arange(20) * dt
    spike = np.eye(20)[0]
    np.testing.assert_allclose(run(pl.ExponentialSynapse(6.0, dt), spike), np.exp(-times / 6), rtol=1e-5)
    np.testing.assert_allclose(run(pl.AlphaSynapse(6.0, dt), spike), times / 6 * np.exp(1 - times / 6), atol=1e-6)


def test_connections_have_delays_of_their_own():
    layer = pl.DelayedDense(2, longest=6.0, dt=2.0, use_bias=False)
    params, state = layer.init(np.random.default_rng(0), (9, 3))
    assert set(np.unique(state["delays"])) <= {0, 1, 2, 3}
    x = RNG.standard_normal((1, 9, 3)).astype("float32")
    expected = np.zeros((9, 2))
    for time in range(9):
        for i in range(3):
            for j in range(2):
                at = time - int(state["delays"][i, j])
                expected[time, j] += params["kernel"][i, j] * x[0, at, i] if at >= 0 else 0
    np.testing.assert_allclose(layer.apply(params, x, state)[0][0], expected, atol=1e-5)


WALKS = {
    "neurons": [pl.Dense(5), pl.AdaptiveThreshold(pl.LIF(3.0), 0.2, 10.0), pl.Dense(2), pl.LeakyReadout(5.0)],
    "delays": [pl.Delay(2.0), pl.DelayedDense(4, 3.0), pl.AlphaSynapse(2.0), pl.RateUnits(2.0)],
    "recurrent": [pl.Spiking(6, pl.LIF(4.0)), pl.ExponentialSynapse(2.0)],
}


@pytest.mark.parametrize("name", WALKS)
def test_a_stream_of_spikes_answers_what_the_whole_sequence_does(name):
    model = pl.Sequential([pl.Input((7, 3)), *WALKS[name]])
    x = 3 * RNG.standard_normal((4, 7, 3)).astype("float32")
    stream = model.stream(len(x))
    np.testing.assert_allclose(np.stack([stream.step(x[:, t]) for t in range(7)], 1), model.predict(x), atol=1e-5)


def test_padding_changes_nothing_in_a_spiking_network():
    layers = [pl.Masking(), pl.Dense(4), pl.LIF(3.0), pl.Delay(1.0), pl.LeakyReadout(4.0)]
    x = RNG.random((2, 5, 3)).astype("float32")
    padded = np.concatenate([x, np.zeros((2, 4, 3), "float32")], axis=1)
    for decoder in (pl.MembraneLast(), pl.MembraneMean(), pl.MembraneMax(), pl.SpikeCount()):
        model = pl.Sequential([pl.Input((None, 3)), *layers, decoder], seed=1)
        np.testing.assert_allclose(model.predict(x), model.predict(padded), atol=1e-5)


def test_a_spiking_layer_is_dense_with_the_neuron_behind_it():
    one = pl.Sequential([pl.Input((9, 3)), pl.Spiking(5, pl.LIF(4.0), recurrent=False)])
    other = pl.Sequential([pl.Input((9, 3)), pl.Dense(5), pl.LIF(4.0)])
    other.set_weights(one.get_weights())
    x = 2 * RNG.random((4, 9, 3)).astype("float32")
    assert 0 < one.predict(x).mean() < 1
    np.testing.assert_array_equal(one.predict(x), other.predict(x))


def test_dense_beside_neurons_answers_and_learns_as_it_does_alone():
    layers = [pl.Dense(4), pl.LIF(5.0), pl.Dense(3)]
    network = pl.Sequential([pl.Input((6, 2)), *layers]).network
    params, state = network.init(np.random.default_rng(0), (6, 2))
    x = jnp.asarray(RNG.normal(0, 2, (5, 6, 2)), jnp.float32)

    def one_by_one(params):
        seen = x
        for layer, own in zip(network.children, params, strict=True):
            seen = layer.apply(own, seen)[0]
        return jnp.sum(seen**2), seen

    def together(params):
        found = network.apply(params, x, state)[0]
        return jnp.sum(found**2), found

    (wanted, expected), (gradient, found) = (jax.grad(each, has_aux=True)(params) for each in (one_by_one, together))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    jax.tree.map(lambda own, other: np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5), gradient, wanted)


def test_encoders_have_the_rates_and_times_that_they_promise():
    x = jnp.asarray([[0.0, 0.25, 1.0]])
    random = pl.RateEncoder(20_000, max_rate=200).apply({}, x)[0].mean(1)
    np.testing.assert_allclose(random, [[0, 0.05, 0.2]], atol=0.01)
    regular = pl.RateEncoder(1000, max_rate=200, poisson=False).apply({}, x)[0].sum(1)
    np.testing.assert_array_equal(regular, [[0, 50, 200]])
    training = Context(True, jnp.asarray(seed_key(1)))
    rows = pl.RateEncoder(100, 500).apply({}, jnp.ones((2, 1)), context=training)[0]
    assert (rows[0] != rows[1]).any(), "rows share their random numbers in training"


def test_first_spikes_count_silent_steps():
    spikes = jnp.asarray([[[0, 1, 0], [0, 0, 0], [1, 1, 0]]], jnp.float32)
    assert pl.FirstSpike(dt=0.5).apply({}, spikes)[0].tolist() == [[-1.0, 0.0, -1.5]]


FAULTS = {
    "AdaptiveThreshold(AdEx()): spikes of this neuron are part": lambda: pl.AdaptiveThreshold(pl.AdEx()),
    "Refractory(HodgkinHuxley()): spikes of this neuron and": lambda: pl.Refractory(pl.HodgkinHuxley()),
    "LIF(resistance=0.0): resistance must be a finite number above 0.": lambda: pl.LIF(resistance=0.0),
    "QIF(resistance=-1.0): resistance must be a finite number above 0.": lambda: pl.QIF(resistance=-1.0),
    "ConductanceLIF(capacitance=-200.0): capacitance must be": lambda: pl.ConductanceLIF(capacitance=-200.0),
    "LIF(tau=0.02, dt=1): the step is longer than tau. Times are in milliseconds: write tau=20 for 0.02 s": lambda: (
        pl.LIF(0.02)
    ),
    "LIF(tau=2, dt=5): the step is longer than tau. Take a shorter step, or a longer": lambda: pl.LIF(2.0, dt=5.0),
    "LIF(tau=-1.0): tau must be a time above 0, in milliseconds.": lambda: pl.LIF(-1.0),
    "LIF(threshold=-70, rest=-65): the threshold must be above rest.": lambda: pl.LIF(threshold=-70, rest=-65),
    "LIF(reset='hard'): expected one of 'subtract', 'zero', 'none'.": lambda: pl.LIF(reset="hard"),
    "LIF(inputs='volts'): expected 'jumps' or 'current'.": lambda: pl.LIF(inputs="volts"),
    "AdEx(rest=-0.0706): potentials are in millivolts, and these look like volts: write rest=-70.6.": lambda: pl.AdEx(
        rest=-0.0706, threshold=-0.0504, reset_potential=-0.0706
    ),
    "AdEx(threshold=-50.4, cut=-60): threshold must be below cut.": lambda: pl.AdEx(cut=-60.0),
    "AdEx(integrator='heun'): expected one of 'euler', 'exponential_euler', 'rk4'.": lambda: pl.AdEx(integrator="heun"),
    "LIF(rest=-0.065): potentials are in millivolts": lambda: pl.LIF(threshold=-50.0, rest=-0.065),
    "Izhikevich(dt=2): the step is longer than the shortest time constant at rest, 1.67 ms.": lambda: pl.Izhikevich(
        dt=2.0
    ),
    "Izhikevich(dt=1.5): the step is longer than the shortest time constant at rest, 1 ms.": lambda: pl.Izhikevich(
        1.0, initial_membrane=-60.0, dt=1.5
    ),
    "QIF(rest=-65, threshold=-70): rest must be below threshold.": lambda: pl.QIF(threshold=-70.0),
    "Refractory(period=2.5, dt=1): period must be a whole number of steps of 1 ms; 2 is one.": lambda: pl.Refractory(
        pl.LIF(), 2.5
    ),
    "AdaptiveThreshold(LSTM(units=3)): expected a spiking neuron, such as LIF().": lambda: pl.AdaptiveThreshold(
        pl.LSTM(3)
    ),
    "AdaptiveThreshold(increment=-1.0): increment must be a finite number of at least 0.": lambda: pl.AdaptiveThreshold(
        pl.LIF(), -1.0
    ),
    "Delay(time=1.5, dt=1): time must be a whole number of steps of 1 ms; 2 is one.": lambda: pl.Delay(1.5),
    "Delay(time=-1, dt=1.0): expected a time and a step above 0, in milliseconds.": lambda: pl.Delay(-1),
    "DelayedDense(units=0): units must be a whole number of at least 1.": lambda: pl.DelayedDense(0),
    "RateEncoder(max_rate=2000, dt=1): more than one spike a step; at most 1000 Hz.": lambda: pl.RateEncoder(
        max_rate=2000
    ),
    "LatencyEncoder(steps=0): expected a whole number of at least 1.": lambda: pl.LatencyEncoder(0),
    "PopulationEncoder(units=1): expected at least 2.": lambda: pl.PopulationEncoder(1),
    "PopulationEncoder(low=1, high=0): low must be below high.": lambda: pl.PopulationEncoder(3, 1.0, 0.0),
    "Spiking(units=0): units must be a whole number of at least 1.": lambda: pl.Spiking(0),
    "Spiking(Dense(units=3)): expected a spiking neuron, such as LIF().": lambda: pl.Spiking(3, pl.Dense(3)),
    "FastSigmoid(steepness=0.0): steepness must be a finite number above 0.": lambda: pl.FastSigmoid(0),
}


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_with_spikes_are_told(words):
    with pytest.raises(InvalidValue) as told:
        FAULTS[words]()
    assert words in str(told.value)


def test_mistakes_with_inputs_and_names_are_told():
    with pytest.raises(
        ShapeError, match=r"LIF: got inputs of shape \(3,\); it needs an axis of time: \(batch, time, features\)"
    ):
        pl.Sequential([pl.Input((3,)), pl.LIF()])
    with pytest.raises(ShapeError, match="without a time step"):
        pl.LIF().output_shape((0, 3))
    with pytest.raises(ShapeError, match=r"DeltaEncoder: got inputs of shape .*; it expects \(time, features\)"):
        pl.DeltaEncoder().output_shape((4, 3, 2))
    with pytest.raises(UnknownName, match='unknown surrogate "fast"'):
        pl.LIF(surrogate="fast")
    with pytest.raises(UnknownName, match="unknown firing pattern"):
        pl.firing_pattern("tonic")
    model = pl.Sequential([pl.Input((3,)), pl.RateEncoder(5), pl.LIF(), pl.SpikeCount()])
    with pytest.raises(DataError, match="RateEncoder: got numbers from -1 to 0; it encodes intensities from 0 to 1"):
        model.predict(-np.ones((2, 3), "float32"))


@pytest.mark.parametrize("name", ["fast_sigmoid", "arctangent", "triangle", "boxcar", "straight_through"])
def test_a_surrogate_is_the_slope_of_its_smooth_function(name):
    own = pl.LIF(surrogate=name).surrogate
    z = jnp.asarray(np.linspace(-1.3, 1.3, 54), jnp.float32)
    step = 1e-3
    slopes = (own.primitive(z + step) - own.primitive(z - step)) / (2 * step)
    inside = np.abs(np.abs(np.asarray(z)) - 0.5) > 0.02  # the boxcar has corners
    np.testing.assert_allclose(slopes[inside], own.slope(z)[inside], rtol=0.1, atol=0.02)
    assert float(own(jnp.float32(0.2))) == 1.0 and float(own(jnp.float32(-0.2))) == 0.0
    assert float(jax.grad(own)(jnp.float32(0.2))) == pytest.approx(float(own.slope(jnp.float32(0.2))))
