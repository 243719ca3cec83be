"""The figure of the page on associative memories, drawn by ``python docs/figures.py docs/figures memory``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import plastica as pl

BLUE, ORANGE, GREEN, INK = "#0072B2", "#D55E00", "#009E73", "#222222"
COLOURS = {"hebbian": BLUE, "storkey": ORANGE, "pseudo_inverse": GREEN}
LOADS = (0.05, 0.1, 0.12, 0.138, 0.15, 0.18, 0.22, 0.3, 0.4, 0.5, 0.6)
CRITICAL = 0.138  # Amit, Gutfreund, Sompolinsky 1985


def digits(count: int) -> np.ndarray:
    """Return digits of two values, ``(count, 8, 8)``."""
    return (load_digits().images[:count] > 7).astype(int)


def memory() -> Figure:
    """Draw errors by load for three storage rules, a probe on its way, and a bump of a neural field."""
    figure = Figure(figsize=(7.9, 2.7), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.2, 1, 1.1))
    table = pl.memory.capacity(units=300, loads=LOADS, seeds=4)
    for name, colour in COLOURS.items():
        own = table.filter(storage=name)
        left.plot(own["load"], own["bit_error"], ".-", color=colour, label=name.replace("_", "-"))
    left.axvline(CRITICAL, color="#CCCCCC", zorder=0)
    left.set(xlabel="patterns per unit", ylabel="wrong units", title="capacity, 300 units")
    left.legend(fontsize=7.5)
    patterns = digits(5)
    probes = patterns.copy()
    probes[:, 4:] = 0
    recall = pl.memory.HopfieldNetwork("pseudo_inverse").store(patterns).recall(probes)
    tiles = np.ones((3 * 9 - 1, 5 * 9 - 1)) * 0.5
    for row, images in enumerate((patterns, probes, recall.states)):
        for column, image in enumerate(images):
            tiles[row * 9 : row * 9 + 8, column * 9 : column * 9 + 8] = image
    middle.imshow(tiles, cmap="gray_r", interpolation="nearest")
    middle.set(title="stored, probe, recalled", xticks=[], yticks=[])
    field = pl.memory.NeuralField()
    run = field.run(250, lambda time, places: 1.0 * (np.abs(places - 3) < 1) * (time < 50))
    shown = right.imshow(
        run.potentials.T, aspect="auto", origin="lower", cmap="RdBu_r", vmin=-1.5, vmax=1.5,
        extent=(0, 250, field.places[0], field.places[-1]),
    )  # fmt: skip
    right.plot([0, 50], [-9, -9], color=INK, lw=2, solid_capstyle="butt")
    right.text(54, -9, "stimulus", fontsize=7.5, va="center", color=INK)
    right.set(xlabel="milliseconds", ylabel="place", title="a bump that stays")
    figure.colorbar(shown, ax=right, label="potential")
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"memory": memory}
