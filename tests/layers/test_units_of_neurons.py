"""Numbers in wrong units, steps that are too long, delays, inputs of encoders: one sentence each, for every layer."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, PlasticaWarning, ShapeError

VOLTS = {
    "threshold=-50": lambda: pl.LIF(threshold=-0.05, rest=-0.065),
    "rest=-60": lambda: pl.ConductanceLIF(rest=-0.06),
    "inhibitory_reversal=-80": lambda: pl.ConductanceLIF(inhibitory_reversal=-0.08),
    "reset_potential=-70": lambda: pl.AdEx(reset_potential=-0.07),
    "threshold=-45": lambda: pl.QIF(threshold=-0.045),
    "c=-65": lambda: pl.Izhikevich(c=-0.065),
    "leak_reversal=-54": lambda: pl.HodgkinHuxley(leak_reversal=-0.054),
    "reversal=-70": lambda: pl.NMDAConductance(reversal=-0.07),
}


@pytest.mark.parametrize("fixed", VOLTS)
def test_volts_are_told_with_the_millivolts_to_write(fixed):
    if fixed == "threshold=-50":
        with pytest.raises(InvalidValue, match=r"LIF\(rest=-0.065\): potentials are in millivolts"):
            VOLTS[fixed]()
        return
    with pytest.raises(InvalidValue, match=f"look like volts: write {fixed}\\."):
        VOLTS[fixed]()


OTHER_UNITS = {
    "LIF(dt=0.001): times are in milliseconds, and this looks like seconds: write dt=1.": lambda: pl.LIF(
        0.02, dt=0.001
    ),
    "LIF(tau=0.02): times are in milliseconds, and this looks like seconds: write tau=20.": lambda: pl.LIF(
        0.02, dt=0.01
    ),
    "LIF(resistance=1e+08): resistances are in megaohms, and this looks like ohms: write resistance=100.": lambda: (
        pl.LIF(threshold=-50.0, rest=-65.0, inputs="current", resistance=1e8)
    ),
    "ConductanceLIF(capacitance=0.2): capacitances are in picofarads, and this looks like nanofarads: write "
    "capacitance=200.": lambda: pl.ConductanceLIF(capacitance=0.2, leak=0.01),
    "ConductanceLIF(leak=1e-08): conductances are in nanosiemens, and this looks like siemens: write leak=10.": (
        lambda: pl.ConductanceLIF(leak=1e-8)
    ),
    "ConductanceLIF(excitatory_reversal=0.02): potentials are in millivolts": lambda: pl.ConductanceLIF(
        excitatory_reversal=0.02
    ),
    "AdEx(dt=0.0001): times are in milliseconds, and this looks like seconds: write dt=0.1.": lambda: pl.AdEx(dt=1e-4),
    # As in the table of the paper, which has nanoamperes.
    "AdEx(increment=0.0805): currents are in picoamperes, and this looks like nanoamperes: write increment=80.5.": (
        lambda: pl.AdEx(increment=0.0805)
    ),
    "AdEx(coupling=0.004): conductances are in nanosiemens, and this looks like microsiemens": lambda: pl.AdEx(
        coupling=0.004
    ),
    "AdEx(slope=0.002): potentials are in millivolts, and this looks like volts: write slope=2.": lambda: pl.AdEx(
        slope=0.002
    ),
    "AdEx(cut=0.02): potentials are in millivolts": lambda: pl.AdEx(cut=0.02),
    "AdEx(adaptation_tau=0.144): times are in milliseconds, and this looks like seconds: write adaptation_tau=144.": (
        lambda: pl.AdEx(adaptation_tau=0.144)
    ),
    "QIF(resistance=1e+07): resistances are in megaohms": lambda: pl.QIF(resistance=1e7),
    "QIF(cut=0.03): potentials are in millivolts": lambda: pl.QIF(cut=0.03),
    "Izhikevich(dt=0.00025): times are in milliseconds": lambda: pl.Izhikevich(dt=0.00025),
    # As a well-known simulator has them.
    "HodgkinHuxley(leak=0.0003): conductances are in millisiemens per square centimetre, and this looks like siemens": (
        lambda: pl.HodgkinHuxley(sodium=0.12, potassium=0.036, leak=0.0003)
    ),
    "HodgkinHuxley(capacitance=0.01): capacitances are in microfarads per square centimetre, and this looks like "
    "farads per square metre: write capacitance=1.": lambda: pl.HodgkinHuxley(capacitance=0.01),
    "HodgkinHuxley(level=-0.02): potentials are in millivolts": lambda: pl.HodgkinHuxley(level=-0.02),
    "WilsonCowan(dt=0.0005): times are in milliseconds": lambda: pl.WilsonCowan(dt=0.0005),
    "PoissonNeuron(dt=0.001): times are in milliseconds": lambda: pl.PoissonNeuron(dt=0.001),
    "LeakyReadout(dt=0.001): times are in milliseconds": lambda: pl.LeakyReadout(0.02, dt=0.001),
    "LeakyRNN(dt=0.001): times are in milliseconds": lambda: pl.LeakyRNN(4, 0.02, dt=0.001),
    "TsodyksMarkramSynapse(recovery=0.8): times are in milliseconds": lambda: pl.TsodyksMarkramSynapse(
        recovery=0.8, dt=0.1
    ),
    "NMDAConductance(rise=0.002): times are in milliseconds": lambda: pl.NMDAConductance(rise=0.002, decay=0.1),
    "Delay(dt=0.001): times are in milliseconds": lambda: pl.Delay(2.0, dt=0.001),
    "1 is one. Times are in milliseconds: write time=2 for 0.002 s.": lambda: pl.Delay(0.002),
    "FirstSpike(dt=0.001): times are in milliseconds": lambda: pl.FirstSpike(dt=0.001),
    "RateEncoder(dt=0.001): times are in milliseconds": lambda: pl.RateEncoder(100, dt=0.001),
    "RateEncoder(max_rate=0.1): rates are in spikes per second, and this looks like spikes per millisecond: write "
    "max_rate=100.": lambda: pl.RateEncoder(100, max_rate=0.1),
    "Cochlea(dt=0.005): times are in milliseconds": lambda: pl.Cochlea(dt=0.005),
    "Cochlea(sample_rate=16): sample rates are in hertz, and this looks like kilohertz: write sample_rate=16000.": (
        lambda: pl.Cochlea(sample_rate=16)
    ),
}


@pytest.mark.parametrize("words", OTHER_UNITS)
def test_numbers_in_another_unit_are_told_with_what_to_write(words):
    with pytest.raises(InvalidValue) as told:
        OTHER_UNITS[words]()
    assert words in str(told.value)


def test_numbers_that_neurons_have_are_accepted():
    pl.LIF(0.2, dt=0.01)  # an octopus cell of the cochlear nucleus, in steps of 10 μs
    pl.HodgkinHuxley(sodium=1e-9, dt=0.002)  # sodium channels blocked
    pl.AdEx(coupling=0.0, increment=0.0)
    pl.spikes.SpikeTrains.of(np.zeros((1, 5, 2)), 0.001)  # recordings may be finer than any simulation


UNRESTING = {
    "AdEx(reset_potential=30, cut=20): reset_potential must be below cut.": lambda: pl.AdEx(reset_potential=30.0),
    "QIF(reset_potential=40, cut=30): reset_potential must be below cut.": lambda: pl.QIF(reset_potential=40.0),
    "ConductanceLIF(reset_potential=-40, threshold=-50): reset_potential must be below threshold.": (
        lambda: pl.ConductanceLIF(reset_potential=-40.0)
    ),
    "Izhikevich(c=40): c must be below 30, where a spike is counted.": lambda: pl.Izhikevich(c=40.0),
}


@pytest.mark.parametrize("words", UNRESTING)
def test_a_reset_above_where_spikes_are_counted_is_told(words):
    with pytest.raises(InvalidValue) as told:
        UNRESTING[words]()
    assert words in str(told.value)


TOO_LONG = {
    "LIF": lambda: pl.LIF(2.0, dt=5.0),
    "ConductanceLIF": lambda: pl.ConductanceLIF(excitatory_tau=0.05),
    "AdEx": lambda: pl.AdEx(capacitance=2.0),
    "QIF": lambda: pl.QIF(tau=0.05),
    "HodgkinHuxley": lambda: pl.HodgkinHuxley(dt=0.5),
    "FitzHughNagumo": lambda: pl.FitzHughNagumo(dt=5.0),
    "Izhikevich": lambda: pl.Izhikevich(dt=5.0),
    "RateUnits": lambda: pl.RateUnits(0.5),
    "LeakyReadout": lambda: pl.LeakyReadout(0.5),
    "WilsonCowan": lambda: pl.WilsonCowan(inhibitory_tau=0.01),
    "LeakyRNN": lambda: pl.LeakyRNN(4, 0.5),
    "ExponentialSynapse": lambda: pl.ExponentialSynapse(0.5),
    "AlphaSynapse": lambda: pl.AlphaSynapse(0.5),
    "TsodyksMarkramSynapse": lambda: pl.TsodyksMarkramSynapse(facilitation=0.5),
    "AdaptiveThreshold": lambda: pl.AdaptiveThreshold(pl.LIF(), tau=0.5),
    "AlphaConductance": lambda: pl.ConductanceSynapses(pl.AdEx(dt=0.5), (pl.AlphaConductance(tau=0.2),)),
    "STDP": lambda: learning(pl.rules.STDP(tau_minus=0.5)),
    "BurstSTDP": lambda: learning(pl.rules.BurstSTDP(tau=0.5)),
    "VoltageSTDP": lambda: learning(pl.rules.VoltageSTDP(tau_x=0.5)),
}


def learning(rule):
    """Compile a network of spiking units in steps of 1 ms with a rule."""
    model = pl.Sequential([pl.Input((20, 3)), pl.Spiking(2, pl.LIF(), recurrent=False)])
    model.compile(rule=rule)
    model.fit(np.ones((2, 20, 3)), epochs=1, verbose=0)


@pytest.mark.parametrize("owner", TOO_LONG)
def test_a_step_longer_than_a_time_constant_is_told(owner):
    with pytest.raises(InvalidValue, match="the step is longer than") as told:
        TOO_LONG[owner]()
    assert f"{owner}(" in str(told.value)


DELAYS = {
    "Delay": lambda: pl.Delay(1.5),
    "DelayedDense": lambda: pl.DelayedDense(3, longest=2.5),
    "Refractory": lambda: pl.Refractory(pl.LIF(), 2.5),
    "SparseNetwork": lambda: pl.spikes.SparseNetwork.random(20, 2, delay=0.25).run(1.0),
}


@pytest.mark.parametrize("owner", DELAYS)
def test_a_delay_of_no_whole_steps_is_told_with_the_nearest(owner):
    with pytest.raises(InvalidValue, match=r"must be a whole number of steps of .* ms; .* is one"):
        DELAYS[owner]()


@pytest.mark.parametrize("encoder", [pl.RateEncoder(5), pl.LatencyEncoder(5)])
@pytest.mark.parametrize("before", [[], [pl.Flatten()]])
def test_negative_rates_are_told_by_the_encoder_behind_layers_that_keep_numbers(encoder, before):
    model = pl.Sequential([pl.Input((4,)), *before, encoder, pl.SpikeCount()])
    with pytest.raises(DataError, match=r"Encoder: got numbers from -0.5 to 1; it encodes intensities from 0 to 1"):
        model.predict(np.array([[-0.5, 0.0, 1.0, 1.0]]))
    with pytest.raises(InvalidValue, match=r"RateEncoder\(max_rate=-5.0\): max_rate must be a finite number above 0"):
        pl.RateEncoder(5, max_rate=-5.0)


ENCODED = {
    "RateEncoder: got numbers from -1 to 3": (pl.RateEncoder(5), [[-1.0, 3.0]]),
    "LatencyEncoder: got numbers from -1 to 3": (pl.LatencyEncoder(5), [[-1.0, 3.0]]),
    "RateEncoder: got numbers from nan to nan": (pl.RateEncoder(5), [[np.nan, 0.5]]),
}


@pytest.mark.parametrize("words", ENCODED)
def test_an_encoder_called_by_itself_tells_numbers_that_it_does_not_encode(words):
    layer, x = ENCODED[words]
    with pytest.raises(DataError) as told:
        layer.apply({}, np.array(x, "float32"))
    assert words in str(told.value)


@pytest.mark.parametrize("layer", [pl.Delay(20.0), pl.DelayedDense(3, longest=20.0)])
def test_a_delay_that_lets_nothing_through_is_told(layer):
    with pytest.raises(ShapeError, match=r"a delay of 20 steps lets nothing through in inputs of 20\."):
        pl.Sequential([pl.Input((20, 2)), layer]).predict(np.ones((1, 20, 2)))
    pl.Sequential([pl.Input((21, 2)), layer]).predict(np.ones((1, 21, 2)))


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (
            [pl.Dense(3), pl.LIF(dt=0.5), pl.Dense(1), pl.LeakyReadout()],
            "layer 2, LIF has steps of 0.5 ms and layer 4,",
        ),
        ([pl.Refractory(pl.LIF(dt=0.5)), pl.layers.Sequential([pl.LIF()])], "layer 1, Refractory has steps of 0.5 ms"),
        ([pl.Spiking(3, pl.LIF(dt=0.5)), pl.LeakyRNN(2)], "of 0.5 ms and layer 2, LeakyRNN of 1 ms"),
        ([pl.SpikeCount(), pl.RateEncoder(9, dt=0.5), pl.Delay(1.0)], "layer 2, RateEncoder has steps of 0.5 ms and"),
    ],
)
@pytest.mark.parametrize("steps", [10, None])
def test_layers_with_other_steps_in_one_sequence_are_refused(layers, words, steps):
    with pytest.raises(InvalidValue, match=words):
        pl.Sequential([pl.Input((steps, 2)), *layers])


def test_steps_may_change_where_a_layer_makes_other_steps_of_them():
    pl.Sequential([pl.Input((10, 2)), pl.LIF(), pl.AveragePooling1D(2), pl.LIF(dt=2.0)])
    pl.Sequential([pl.Input((10, 2)), pl.LIF(), pl.SpikeCount(), pl.RateEncoder(20, dt=0.5), pl.LIF(dt=0.5)])


def test_branches_of_a_graph_with_other_steps_are_told():
    x = pl.Input((10, 2))
    model = pl.Model(x, pl.Concatenate()([pl.LIF(dt=0.5)(x), pl.LIF()(x)]))
    model.compile("sgd", "mse")
    with pytest.warns(PlasticaWarning, match="layer 0, LIF has steps of 0.5 ms and layer 1, LIF of 1 ms"):
        model.fit(np.ones((2, 10, 2)), np.ones((2, 10, 4)), epochs=1, verbose=0)


@pytest.mark.parametrize(
    ("weight", "words"), [(-5.0, "is silent, with 0 spikes"), (50.0, "explodes, with 1000 spikes")]
)
def test_silent_and_exploding_networks_are_told_with_their_rate(weight, words):
    start = pl.initializers.Constant(weight)
    model = pl.Sequential([pl.Input((20, 2)), pl.Spiking(3, pl.LIF(), False, True, start)])
    with pytest.warns(PlasticaWarning, match=words):
        pl.spikes.firing_rates(model, np.ones((1, 20, 2)))
