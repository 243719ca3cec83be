"""The figure of the page on spikes, drawn by ``python docs/figures.py docs/figures spikes``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl
from plastica.spikes import SparseNetwork, firing_curve

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


FIGURES: dict[str, Callable[[], Figure]] = {"spikes": spikes}
