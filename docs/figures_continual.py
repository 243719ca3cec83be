"""The figure of the page on continual learning, drawn by ``python docs/figures.py docs/figures continual``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import plastica as pl

COLOURS = {"naive": "#777777", "ewc": "#0072B2", "replay": "#D55E00", "generative": "#009E73", "joint": "#222222"}
CONCEPTS, ROWS = 3, 600  # of the drifting table


def digits(scenario: str) -> pl.continual.ContinualStream:
    """Return five experiences of two digits each."""
    found = load_digits()
    return pl.continual.split_classes(found.data.astype(np.float32) / 16, found.target, scenario=scenario)


def continual() -> Figure:
    """Draw what is left of the first digits, an accuracy matrix, and an error with drift and relearning."""
    figure = Figure(figsize=(7.9, 2.7), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    model = pl.Sequential([pl.Dense(64, "relu"), pl.Dense(10, "softmax")])
    model.compile(pl.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    strategies = ["naive", "ewc", pl.continual.Replay(size=100), "generative", "joint"]
    found = pl.continual.compare(model, digits("class"), strategies, seeds=3, epochs=20, batch_size=16)
    for result, (name, colour) in zip(found, COLOURS.items(), strict=True):
        reached = [result.matrix[place, : place + 1].mean() for place in range(5)]
        left.plot(range(1, 6), reached, ".-", color=colour, label=name)
    left.set(xlabel="experiences learned", ylabel="accuracy on them", title="digits, two by two", ylim=(0, 1.02))
    left.legend(fontsize=7)
    matrix = found["naive"].matrix
    middle.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
    for row in range(5):
        for column in range(5):
            colour = "white" if matrix[row, column] > 0.6 else "#222222"
            middle.text(column, row, f"{matrix[row, column]:.2f}", ha="center", va="center", fontsize=6.5, color=colour)
    names = found["naive"].names
    middle.set_xticks(range(5), names, fontsize=7)
    middle.set_yticks(range(5), names, fontsize=7)
    middle.set(xlabel="tested on", ylabel="after learning", title="naive fine-tuning")
    x, y = pl.continual.drifting_table("sudden", experiences=CONCEPTS, rows=ROWS, features=5, seed=1).rows()
    for action, colour in (("flag", "#777777"), ("relearn", "#0072B2")):
        learner = pl.Sequential([pl.Dense(1, "sigmoid")])
        learner.compile(pl.optimizers.Adam(0.01), "binary_crossentropy")
        run = pl.continual.prequential(learner, x, y, detector=pl.continual.ADWIN(), on_drift=action, fading=0.98)
        right.plot(run.faded, color=colour, lw=1, label="learning on" if action == "flag" else "learning anew")
    for place in range(1, CONCEPTS):
        right.axvline(place * ROWS, color="#CCCCCC", zorder=0)
    right.set(xlabel="row", ylabel="error", title="a rule that changes")
    right.legend(fontsize=7)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"continual": continual}
