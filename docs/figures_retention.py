"""The figures of the page on how long networks remember: ``python docs/figures.py docs/figures retention``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, GREEN, INK = "#0072B2", "#D55E00", "#009E73", "#222222"


def retention() -> Figure:
    """Draw what eleven kinds of memory keep of noise and of bits, and their sensitivity, by lag."""
    return pl.memory.compare_retention().plot()


def synaptic_memory() -> Figure:
    """Draw synapses under a train of spikes, an item that facilitation keeps, and the drift of bumps."""
    figure = Figure(figsize=(9.6, 2.7), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    kinds = {
        "depressing": (pl.memory.ShortTermPlasticity(use=0.5, facilitation=0, recovery=800), BLUE),
        "facilitating": (pl.memory.ShortTermPlasticity(use=0.1, facilitation=500, recovery=50), ORANGE),
    }
    times = np.r_[np.arange(10) * 50.0, 950.0]
    for name, (synapse, colour) in kinds.items():
        release = synapse.at_spikes(times).release
        left.vlines(times + (5 if colour == BLUE else -5), 0, release, color=colour, lw=2, label=name)
        left.axhline(synapse.steady_state(20).release, color=colour, lw=0.8, ls=":")
    left.set(xlabel="milliseconds", ylabel="release u x", title="ten spikes and a later one")
    left.legend(fontsize=7.5)
    inputs = np.zeros((600, 4))
    inputs[100:110, 2], inputs[500:510] = 100, 12
    run = pl.memory.SynapticWorkingMemory().run(inputs, step=4.0)
    middle.plot(run.times / 1000, run.use[:, 2], color=ORANGE, label="u, loaded item")
    middle.plot(run.times / 1000, run.use[:, 0], color=BLUE, label="u, another")
    middle.fill_between(run.times / 1000, run.rates[:, 2] / run.rates.max(), color="#BBBBBB", label="rate, loaded item")
    middle.set(xlabel="seconds", title="kept silently", ylim=(0, 1.35))
    middle.legend(fontsize=7.5, ncols=2)
    ring = pl.memory.RingAttractor(noise=0.0005)
    bumps = ring.run(40, trials=400)
    right.plot(bumps.times, bumps.variance * 1e3, color=GREEN, label="400 bumps")
    right.plot(bumps.times, ring.diffusion() * bumps.times * 1e3, color=INK, lw=0.9, ls="--", label="theory")
    right.set(xlabel="time constants", ylabel="variance (rad² / 1000)", title="a bump drifts")
    right.legend(fontsize=7.5)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"retention": retention, "synaptic_memory": synaptic_memory}
