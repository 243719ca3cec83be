"""The figure of the page on searches: ``python docs/figures.py docs/figures search``."""

from __future__ import annotations

from sklearn.datasets import load_digits

import plastica as pl
from plastica.drawing.figure import Drawing


def search() -> Drawing:
    """Draw 64 trials of four settings."""
    x, y = load_digits(return_X_y=True)
    layers = [pl.Dense(16, activation="relu"), pl.Dropout(0.1), pl.Dense(10, activation="softmax")]
    model = pl.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    space = {
        "learning_rate": pl.LogUniform(1e-4, 1.0),
        "dropout": pl.Uniform(0.0, 0.5),
        "layers.0.units": [16, 32],
        "batch_size": [32, 64],
    }
    found = pl.Search(model, space, trials=64)
    found.fit(x / 16, y, epochs=5, verbose=0)
    return found.draw()


FIGURES = {"search": search}
