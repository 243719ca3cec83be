"""Traces of single neurons beside their equations, and what their pictures show."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue
from plastica.spikes import draw_connectivity, firing_curve, layer_traces, neuron_traces

RNG = np.random.default_rng(0)


def test_traces_are_the_equations_of_an_adapting_neuron():
    x = RNG.random((40, 3)) * 0.8
    found = neuron_traces(pl.AdaptiveThreshold(pl.LIF(10.0), 0.5, 30.0), x, neurons=[2, 0])
    u, a, expected = 0.0, 0.0, []
    for now in x[:, 2]:
        u = np.exp(-0.1) * u + now
        spike = u > 1 + 0.5 * a
        u, a = u - spike, np.exp(-1 / 30) * a + spike
        expected.append((u, 1 + 0.5 * a, spike))
    own = np.stack([found.membrane[:, 0], found.threshold[:, 0], found.spikes[:, 0]], 1)
    np.testing.assert_allclose(own, expected, atol=1e-5)
    assert found.spikes.any() and found.neurons == (2, 0) and set(found.others) == {"adaptation"}
    np.testing.assert_allclose(found.currents["input"][:, 1], x[:, 0], rtol=1e-6)
    panels = found.draw().axes
    assert len(panels) == 6 and panels[0].get_title() == "neuron 2"
    assert len(panels[0].collections[0].get_segments()) == own[:, 2].sum(), "a line for each spike"


def test_currents_through_conductances_are_conductance_times_distance():
    neuron = pl.ConductanceLIF(dt=0.5)
    x = np.where(RNG.random(100) < 0.2, 8.0, -2.0)
    found, whole = neuron_traces(neuron, x), neuron.trajectory({}, np.float32(x)[None, :, None])
    away = 0.0 - found.membrane[:, 0]
    np.testing.assert_allclose(found.currents["excitation"][:, 0], whole["excitation"][0, :, 0] * away, rtol=1e-5)
    assert set(found.currents) == {"excitation", "inhibition"} and not found.others


def test_neurons_of_a_network_are_chosen_by_layer():
    model = pl.Sequential([pl.Dense(4), pl.LIF(10.0), pl.Spiking(3, pl.LIF(5.0))])
    x = RNG.random((2, 15, 2), np.float32)
    found = layer_traces(model, x, layer=2, neurons=[1], row=1)
    np.testing.assert_array_equal(found.spikes[:, 0], model.predict(x)[1, :, 1])
    assert layer_traces(model, x).membrane.shape == (15, 3)
    with pytest.raises(InvalidValue, match=r"layer_traces\(layer=0\): this layer does not spike; layers that do: 1, 2"):
        layer_traces(model, x, layer=0)
    with pytest.raises(InvalidValue, match="there are 3 neurons and 2 rows, counted from 0"):
        layer_traces(model, x, layer=2, neurons=[3])


def test_axes_of_pictures_have_the_units_of_the_neuron():
    by_neuron = {
        pl.AdEx(): ["membrane potential, mV", "input, pA", ""],
        pl.LIF(learn_tau=True): ["membrane potential", "input"],
        pl.LIF(threshold=-50.0, rest=-65.0): ["membrane potential, mV", "input, mV"],
        pl.ConductanceSynapses(pl.AdEx()): ["membrane potential, mV", "current, pA", ""],
    }
    for neuron, labels in by_neuron.items():
        panels = neuron_traces(neuron, np.full(20, 0.1)).draw().axes
        assert [panel.get_ylabel() for panel in panels] == labels
    assert panels[2].get_legend().get_texts()[0].get_text() == "adaptation current, pA"


def test_what_a_layer_with_weights_reads_is_no_input_of_its_neurons():
    model = pl.Sequential([pl.Input((15, 3)), pl.Spiking(3, pl.LIF(5.0))])  # as many features as neurons
    assert not layer_traces(model, RNG.random((1, 15, 3), np.float32)).currents


def test_potentials_beyond_all_numbers_are_told():
    words = r"HodgkinHuxley\(dt=0.025\): the potential grows beyond all numbers after .* inputs, which are in μA/cm²"
    with pytest.raises(InvalidValue, match=words):
        neuron_traces(pl.HodgkinHuxley(), np.full(400, -800.0))  # meant as picoamperes
    with pytest.raises(InvalidValue, match=r"FitzHughNagumo.*Give weaker inputs, or take a shorter step"):
        firing_curve(pl.FitzHughNagumo(), [100.0], 20.0, 0.0)


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(DataError, match="got inputs of shape \\(0,\\); expected finite numbers"):
        neuron_traces(pl.LIF(), [])
    with pytest.raises(DataError, match=r"got weights of shape \(3,\); expected finite numbers, \(from, to\)"):
        draw_connectivity(np.ones(3))
    left, right, _ = draw_connectivity(np.eye(4)).axes
    assert left.images[0].get_array().shape == (4, 4) and right.get_title() == "25% of all pairs are connected"


def test_few_weights_of_many_neurons_are_dots_at_their_places():
    weights = np.zeros((200, 150))
    weights[3, 140], weights[180, 7] = 1.0, -0.5
    left = draw_connectivity(weights).axes[0]
    (dots,) = left.collections
    assert dots.get_offsets().tolist() == [[140, 3], [7, 180]] and dots.get_array().tolist() == [1.0, -0.5]
    assert left.get_ylim() == (199.5, -0.5) and not left.images
