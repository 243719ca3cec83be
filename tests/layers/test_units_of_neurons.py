"""Numbers in wrong units, steps that are too long, delays, inputs of encoders: one sentence each, for every layer."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, PlasticaWarning

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


TOO_LONG = {
    "LIF": lambda: pl.LIF(2.0, dt=5.0),
    "ConductanceLIF": lambda: pl.ConductanceLIF(excitatory_tau=0.05),
    "AdEx": lambda: pl.AdEx(capacitance=2.0),
    "QIF": lambda: pl.QIF(tau=0.05),
    "HodgkinHuxley": lambda: pl.HodgkinHuxley(dt=0.5),
    "RateUnits": lambda: pl.RateUnits(0.5),
    "LeakyReadout": lambda: pl.LeakyReadout(0.5),
    "WilsonCowan": lambda: pl.WilsonCowan(inhibitory_tau=0.01),
    "LeakyRNN": lambda: pl.LeakyRNN(4, 0.5),
    "ExponentialSynapse": lambda: pl.ExponentialSynapse(0.5),
    "AlphaSynapse": lambda: pl.AlphaSynapse(0.5),
    "TsodyksMarkramSynapse": lambda: pl.TsodyksMarkramSynapse(facilitation=0.5),
    "AdaptiveThreshold": lambda: pl.AdaptiveThreshold(pl.LIF(), tau=0.5),
    "AlphaConductance": lambda: pl.ConductanceSynapses(pl.AdEx(), (pl.AlphaConductance(tau=0.05),)),
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
