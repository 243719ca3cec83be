"""The room of spikes: sparse networks beside a dense loop, firing curves, phase planes, rates of layers, pictures."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, PlasticaWarning, ShapeError
from plastica.spikes import (
    SparseNetwork,
    SpikeTrains,
    energy_estimate,
    firing_curve,
    firing_rates,
    layer_traces,
    phase_plane,
    sparse_network_program,
)


def dense_run(network, steps, seed=1):
    """Return the spikes, ``(steps, neurons)``, by a plain loop over all weights in double precision."""
    neurons, neuron = len(network.targets), network.neuron
    weights = np.zeros((neurons, neurons))
    for source in range(neurons):
        np.add.at(weights[source], network.targets[source], network.weights[source])
    leak, fade = np.exp(-neuron.dt / neuron.tau), np.exp(-neuron.dt / network.synapse_tau)
    carried = (fade - leak) * network.synapse_tau / (network.synapse_tau - neuron.tau)
    v, i, held = network.initial(seed).astype(float), np.zeros(neurons), np.zeros(neurons)
    delay, found = round(network.delay / neuron.dt), []
    for step in range(steps):
        v = np.where(held > 0, v, leak * v + carried * i + (1 - leak) * network.drive)
        spikes = v > neuron.threshold
        v, held = (
            np.where(spikes, 0, v),
            np.where(spikes, round(network.refractory / neuron.dt), np.maximum(held - 1, 0)),
        )
        found.append(spikes)
        i = fade * i + (found[step - delay] @ weights if step >= delay else 0)
    return np.array(found)


@pytest.mark.parametrize("delay", [0.0, 1.5])
def test_a_sparse_network_spikes_as_a_loop_over_all_weights_does(delay):
    network = SparseNetwork.random(60, 10, excitation=2.0, delay=delay)
    trains, expected = network.run(40.0), dense_run(network, 400)
    times, neurons = np.nonzero(expected)
    assert len(times) > 30
    np.testing.assert_allclose(trains.times, times * 0.1)
    np.testing.assert_array_equal(trains.neurons, neurons)


def test_many_spikes_in_a_step_find_their_place():
    network = SparseNetwork.random(300, 1, excitation=0.0, inhibition=0.0)
    together = network._replace(neuron=pl.LIF(20.0, 10.0, reset="zero", dt=0.1), drive=1e4, refractory=5.0)
    trains = together.run(10.0)
    assert np.bincount(np.round(trains.times / 0.1).astype(int)).max() == 300
    np.testing.assert_array_equal(np.unique(trains.neurons), np.arange(300))


def test_spikes_are_taken_away_in_pieces_without_losing_any(monkeypatch):
    network = SparseNetwork.random(60, 10, drive=40.0)
    whole = network.run(40.0)
    monkeypatch.setattr(sparse_network_program, "ROOM", 0)
    pieces = network.run(40.0)
    assert len(whole.times) > 2 * 60 + 16  # more than there is room for
    np.testing.assert_array_equal(pieces.times, whole.times)
    np.testing.assert_array_equal(pieces.neurons, whole.neurons)


@pytest.mark.parametrize("neurons", [1, 64, 1000, 100_000])
def test_the_neurons_that_spike_are_found_by_their_rank(neurons):
    spikes = np.random.default_rng(0).random(neurons) < 0.3
    ranks = np.arange(0, neurons, max(1, neurons // 400))
    found = sparse_network_program._spiking(sparse_network_program._in_blocks(jnp.asarray(spikes)), ranks, neurons)
    np.testing.assert_array_equal(found, np.r_[np.flatnonzero(spikes), np.full(neurons, neurons)][ranks])


def test_rates_and_irregularity_of_known_trains():
    clock, poisson = np.arange(0, 1000, 20), np.cumsum(np.random.default_rng(0).exponential(20, 2000))
    trains = SpikeTrains(np.r_[clock, poisson], np.r_[np.zeros(50, int), np.ones(2000, int)], 3, 40_000.0)
    np.testing.assert_allclose(trains.rates, [1.25, 50, 0])
    assert trains.rate == pytest.approx(2050 / 3 / 40)
    assert trains.irregularity[0] == 0 and trains.irregularity[1] == pytest.approx(1, abs=0.08)
    assert np.isnan(trains.irregularity[2])


def test_trains_and_rasters_are_the_same_spikes():
    raster = (np.random.default_rng(0).random((1, 50, 4)) < 0.2).astype(int)
    for dt in (0.1, 1.0, 2.5):
        np.testing.assert_array_equal(SpikeTrains.of(raster, dt).raster(dt), raster[0])
    assert SpikeTrains(np.array([0.2, 0.7]), np.array([1, 1]), 2, 2.0).raster().tolist() == [[0, 2], [0, 0]]
    with pytest.raises(DataError, match="got spikes from 3 to 3 ms; expected times from 0 to below the duration, 3 ms"):
        SpikeTrains(np.array([3.0]), np.array([0]), 1, 3.0).raster()


def test_firing_curves_tell_type_one_from_type_two():
    axon = firing_curve(pl.HodgkinHuxley(dt=0.05), [4.0, 5.0, 7.0, 10.0], 300.0, 100.0)
    assert axon.rates[0] == axon.rates[1] == 0 and 50 < axon.rates[2] < axon.rates[3] < 72
    assert axon.rheobase == 7.0
    assert np.isnan(firing_curve(pl.LIF(), [0.0], 10.0, 0.0).rheobase)


def test_the_nullclines_cross_where_the_neuron_rests():
    plane = phase_plane(pl.FitzHughNagumo(), 0.0, (-2.5, 2.5), (-1.0, 2.0))
    column, row = np.abs(plane.x + 1.2).argmin(), np.abs(plane.y + 0.62).argmin()
    assert abs(plane.dx[row, column]) < 0.03 and abs(plane.dy[row, column]) < 0.01
    np.testing.assert_allclose(plane.dx, plane.x - plane.x**3 / 3 - plane.y[:, None], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(plane.orbit[-1], (-1.2, -0.62), atol=0.01)


def test_silent_and_exploding_layers_are_told_with_their_rates():
    x = np.ones((2, 50, 3), "float32")
    for scale, words in (
        (0.01, "layer 1, LIF: the layer is silent, with 0 spikes a second"),
        (9.0, "the layer explodes"),
    ):
        model = pl.Sequential([pl.Input((50, 3)), pl.LIF(10.0)])
        with pytest.warns(PlasticaWarning, match=words):
            found = firing_rates(model, scale * x)
        assert len(found) == 1
    assert found[0].per_step == pytest.approx(1.0) and found[0].rates[0] == pytest.approx(1000)


def test_pictures_show_what_they_are_asked_for(tmp_path):
    trains = SparseNetwork.random(100, 10).run(50.0)
    plane = phase_plane(pl.Izhikevich(), 10.0, (-80.0, 40.0), (-20.0, 10.0), 50.0)
    curve = firing_curve(pl.LIF(inputs="current"), [0.5, 2.0], 100.0, 0.0)
    for name, drawing in {"raster": trains.draw(), "plane": plane.draw(), "curve": curve.draw()}.items():
        drawing.savefig(tmp_path / f"{name}.png", dpi=50)
        assert (tmp_path / f"{name}.png").stat().st_size > 1000


def test_an_orbit_is_not_drawn_along_resets():
    plane = phase_plane(pl.Izhikevich(), 10.0, (-80.0, 40.0), (-20.0, 10.0), 100.0)
    jumps = np.flatnonzero(np.diff(plane.orbit[:, 0]) < -20) + 1  # millivolts in a quarter of a millisecond
    assert len(jumps) > 1 and np.array_equal(np.flatnonzero(plane.resets), jumps)
    drawn = plane.draw().axes[0].lines[-1].get_xdata()
    assert np.isnan(drawn).sum() == len(jumps) and np.nanmin(np.diff(drawn)) > -20
    assert not phase_plane(pl.FitzHughNagumo(), 0.5, (-2.5, 2.5), (-1.0, 2.0)).resets.any()


def test_a_raster_has_a_line_for_each_neuron_and_says_how_many_it_leaves_out():
    silent = SpikeTrains.of(np.zeros((1, 50, 20))).draw().axes
    assert silent[0].get_ylim() == (-0.5, 19.5) and silent[1].get_ylim() == (0, 1)
    many = SpikeTrains.of((np.random.default_rng(0).random((1, 20, 600)) < 0.1).astype(float)).draw().axes[0]
    assert many.get_ylabel() == "neuron (the first 500 of 600)" and many.get_ylim() == (-0.5, 499.5)


SMALL = SparseNetwork.random(5, 2)
FAULTS = {
    "SparseNetwork.random(neurons=0, synapses=80): expected at least 1.": lambda: SparseNetwork.random(0),
    "duration must be a whole number of steps of 0.1 ms": lambda: SMALL.run(1.23),
    "SparseNetwork.run(duration=0): expected at least one step.": lambda: SMALL.run(0.0),
    "got targets from 0 to 9 for 5 neurons; expected 0 to 4.": lambda: SMALL._replace(
        targets=np.array([[0, 9]] * 5)
    ).run(1.0),
    "and weights of shape (5, 1)": lambda: SMALL._replace(weights=SMALL.weights[:, :1]).run(1.0),
    "the step of 0.1 ms is longer; times are in milliseconds.": lambda: SMALL._replace(synapse_tau=0.005).run(1.0),
    "the network explodes, to 5000 spikes a second": lambda: SMALL._replace(drive=1e6, refractory=0.1).run(10.0),
    "firing_curve(Dense(units=3)): expected a spiking neuron": lambda: firing_curve(pl.Dense(3), [1.0]),
    "phase_plane(PoissonNeuron()): expected": lambda: phase_plane(pl.PoissonNeuron(), 1.0, (0, 1), (0, 1)),
    "SparseNetwork(neuron=AdEx()): expected LIF()": lambda: SMALL._replace(neuron=pl.AdEx()).run(1.0),
    "weights that are not finite": lambda: SMALL._replace(weights=np.nan * SMALL.weights).run(1.0),
    "SparseNetwork: got targets of type float64": lambda: SMALL._replace(targets=np.zeros((5, 2))).run(1.0),
    "SpikeTrains.of(row=4): there are 1 rows": lambda: SpikeTrains.of(np.zeros((1, 3, 2)), row=4),
    "bins must be a time above 0": lambda: SpikeTrains.of(np.zeros((1, 3, 2))).draw(0.0),
    "delay must be a whole number of steps of 0.1 ms": lambda: SMALL._replace(delay=0.25).run(1.0),
    "firing_curve(duration=10, skip=20): expected 0 <= skip < duration.": lambda: firing_curve(pl.LIF(), [1.0], 10, 20),
    "expected a list of finite numbers": lambda: firing_curve(pl.LIF(), [np.nan], 10, 0),
    "a plane has two quantities, and this neuron has membrane": lambda: phase_plane(pl.LIF(), 1.0, (0, 1), (0, 1)),
    "this neuron steps without differential equations": lambda: phase_plane(
        pl.AdaptiveThreshold(pl.LIF()), 1.0, (0, 1), (0, 1)
    ),
    "no layer of this network spikes": lambda: firing_rates(pl.Sequential([pl.Dense(2)]), np.ones((2, 3))),
}


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_in_the_room_of_spikes_are_told(words):
    with pytest.raises(InvalidValue) as told:
        FAULTS[words]()
    assert words in str(told.value)


def test_rows_of_another_shape_are_told_as_by_predict():
    model = pl.Sequential([pl.Input((10, 3)), pl.Dense(2), pl.LIF()])
    for look in (firing_rates, layer_traces, energy_estimate):
        with pytest.raises(ShapeError, match=r"x has rows of shape \(10, 4\); this network expects"):
            look(model, np.zeros((2, 10, 4)))


def test_trains_are_made_of_spikes_alone():
    with pytest.raises(DataError, match="got spikes of neurons 0 to 5; expected 0 to 1"):
        _ = SpikeTrains(np.array([1.0, 2.0]), np.array([0, 5]), 2, 10.0).rates
    with pytest.raises(
        DataError, match=r"got values of shape \(2, 2\); expected zeros and ones, \(batch, time, units\)"
    ):
        SpikeTrains.of(np.ones((2, 2)))
