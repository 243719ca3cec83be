"""The figure of the page on spikes, drawn by ``python docs/figures.py docs/figures spikes``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import plastica as pl
from plastica.rewards import GridWorld, train_policies, usual_policy
from plastica.spikes import SparseNetwork, draw_connectivity, firing_curve, neuron_traces

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"
PATTERNS = ("tonic spiking", "tonic bursting", "mixed mode", "spike latency", "resonator", "rebound burst")


def spikes() -> Figure:
    """Draw six firing patterns, the rate of two neurons by current, STDP's window, and a raster."""
    figure = Figure(figsize=(7.9, 5.4), layout="constrained", facecolor="white")
    above, below = figure.subfigures(2, 1, height_ratios=(1.0, 1.15))
    for axes, name in zip(above.subplots(2, 3).ravel(), PATTERNS, strict=True):
        pattern = pl.firing_pattern(name)
        found = pattern.neuron.trajectory({}, pattern.current[None, :, None])
        times = np.arange(len(pattern.current)) * pattern.neuron.dt
        spiked = np.asarray(found["post"])[0, :, 0] > 0
        axes.plot(times, np.where(spiked, 30, np.asarray(found["membrane"])[0, :, 0]), color=INK, lw=0.8)
        spread = max(float(np.ptp(pattern.current)), 1e-6)
        axes.plot(times, -95 + 12 * (pattern.current - pattern.current.min()) / spread, color=ORANGE, lw=1.0)
        axes.set_title(name, fontsize=8.5)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    left, middle, right = below.subplots(1, 3, width_ratios=(1, 1, 1.4))
    currents = np.linspace(0, 20, 21)
    axon = firing_curve(pl.HodgkinHuxley(dt=0.05), currents, 400, 100)
    smooth = firing_curve(pl.QIF(), currents, 2000, 400)
    left.plot(axon.currents, axon.rates, ".-", color=BLUE, label="Hodgkin-Huxley")
    left.plot(smooth.currents, smooth.rates, ".-", color=ORANGE, label="quadratic")
    left.set(xlabel="current", ylabel="spikes per second", title="firing curves")
    left.set_ylim(-4, 112)  # room for the legend
    left.legend(fontsize=7.5, loc="upper left")
    lags = np.linspace(-80, 80, 321)
    window = pl.rules.STDP(depression=0.6, tau_plus=15.0, tau_minus=30.0).window(lags)
    middle.plot(lags, np.where(lags == 0, np.nan, 100 * window), color=BLUE)
    middle.axhline(0, color="#CCCCCC", lw=0.8, zorder=0)
    middle.set(xlabel="unit after input, ms", ylabel="change of the weight, %", title="a window of STDP")
    trains = SparseNetwork.random().run(300.0)
    shown = trains.neurons % 10 == 0
    right.plot(trains.times[shown], trains.neurons[shown] // 10, ".", ms=1.2, color=INK)
    right.set(xlabel="milliseconds", ylabel="every tenth neuron", title="4,000 neurons, 320,000 synapses")
    return figure


def neurons() -> Figure:
    """Draw what two neurons with AMPA, NMDA and GABA receptors do; the second is inhibited after 200 ms."""
    rng = np.random.default_rng(0)
    inputs = np.where(rng.random((4000, 2)) < 0.02, 16.0, 0.0)
    inputs[2000:, 1] -= np.where(rng.random(2000) < 0.03, 8.0, 0.0)
    return neuron_traces(pl.ConductanceSynapses(pl.AdEx()), inputs).draw()


def connectivity() -> Figure:
    """Draw the weights of a sparse network in which four in five neurons excite."""
    network = SparseNetwork.random(neurons=60, synapses=8)
    weights = np.zeros((60, 60))
    np.add.at(weights, (np.arange(60)[:, None], network.targets), network.weights)
    return draw_connectivity(weights)


def cochlea() -> Figure:
    """Draw a sound that rises from 200 to 3,200 Hz with a click in it, the rates of a cochlea, and its spikes."""
    rate, seconds = 8000, 0.6
    t = np.arange(round(rate * seconds)) / rate
    octaves = 4 / seconds
    sound = 0.1 * np.sin(2 * np.pi * 200 * (2 ** (octaves * t) - 1) / (octaves * np.log(2)))
    sound[2400:2408] += 0.8
    layer = pl.Cochlea(40, rate, 100.0, 3600.0, dt=5.0)
    x = sound.astype("float32")[None]
    centres, rates = np.asarray(layer.centres), np.asarray(layer.rates(x))[0]
    spikes = np.asarray(layer.apply({}, x)[0])[0]
    figure = Figure(figsize=(7.9, 3.2), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2, sharex=True)
    shown = left.imshow(rates.T, origin="lower", aspect="auto", cmap="Greys", extent=(0, 1000 * seconds, -0.5, 39.5))
    figure.colorbar(shown, ax=left, label="spikes per second")
    steps, channels = np.nonzero(spikes)
    right.plot(5 * steps, channels, "|", ms=3, color=INK)
    marks = [5, 15, 25, 35]
    for axes, title in ((left, "rates of nerve fibres"), (right, "their spikes")):
        axes.set(title=title, xlabel="milliseconds")
        axes.set_yticks(marks, [f"{centres[mark]:.0f}" for mark in marks])
    left.set_ylabel("centre of the filter, Hz")
    return figure


def conversion() -> Figure:
    """Draw the accuracy of a network on handwritten digits, and of its spiking copy by the number of steps."""
    pictures, labels = load_digits(return_X_y=True)
    pictures = (pictures / 16).astype("float32")
    trained = pl.Sequential([pl.Input((64,)), pl.Dense(64, "relu"), pl.Dense(64, "relu"), pl.Dense(10)], seed=0)
    trained.compile(pl.optimizers.Adam(0.01), pl.losses.SparseCategoricalCrossentropy(from_logits=True))
    trained.fit(pictures[:1200], labels[:1200], epochs=20, verbose=0)
    converted = pl.spikes.convert(trained, pictures[:1200])
    return converted.loss_of_conversion(pictures[1200:], labels[1200:], (1, 2, 4, 8, 16, 32, 64, 128)).draw()


def returns() -> Figure:
    """Draw what policies of two learning rates and three seeds get in a grid world."""
    world = usual_policy(GridWorld(4, 4))
    return train_policies(world, number=1600, learning_rates=[0.1, 0.02], seeds=3).draw()


FIGURES: dict[str, Callable[[], Figure]] = {
    "spikes": spikes,
    "neurons": neurons,
    "connectivity": connectivity,
    "cochlea": cochlea,
    "conversion": conversion,
    "returns": returns,
}
