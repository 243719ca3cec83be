"""The figure of the page on cross-validation: ``python docs/figures.py docs/figures cross_validation``."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer

import plastica as pl
from plastica.evaluation.over_folds import over_folds

BLUE, ORANGE, SOFT = "#0072B2", "#D55E00", "#888888"


def cross_validation() -> Figure:
    """Draw the accuracy in each of 15 folds for two networks, with the usual and the corrected interval."""
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    layers = {
        "hidden layer of 16": [pl.Dense(16, activation="relu"), pl.Dense(1, activation="sigmoid")],
        "no hidden layer": [pl.Dense(1, activation="sigmoid")],
    }
    figure = Figure(figsize=(6.0, 2.4), layout="constrained", facecolor="white")
    axis = figure.subplots()
    for place, (name, given) in enumerate(layers.items()):
        model = pl.Sequential(given)
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        found = pl.cross_validate(model, x, y, folds=5, repeats=3, epochs=30)
        values = np.array(found.values("accuracy"))
        at, colour = 1.0 - place, (BLUE, ORANGE)[place]
        axis.plot(values, at + 0.16 + 0.012 * (np.arange(len(values)) % 5), "o", ms=4, color=colour, alpha=0.5, mew=0)
        usual, corrected = over_folds(values, 0.0), found.interval("accuracy")
        axis.plot([usual.low, usual.high], [at - 0.12] * 2, color=SOFT, lw=4, solid_capstyle="butt")
        axis.plot([corrected.low, corrected.high], [at] * 2, color=colour, lw=4, solid_capstyle="butt")
        axis.plot(corrected.value, at, "o", ms=7, color=colour, mec="white")
        axis.text(0.802, at, name, va="center", fontsize=9)
    axis.set(ylim=(-0.4, 1.5), xlim=(0.8, 1.005), xlabel="accuracy", yticks=[])
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    return figure


FIGURES = {"cross_validation": cross_validation}
