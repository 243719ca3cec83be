"""The figure of the page on populations: ``python docs/figures.py docs/figures populations``."""

from __future__ import annotations

from sklearn.datasets import load_digits

import plastica as pl
from plastica.drawing.figure import Drawing


def populations() -> Drawing:
    """Draw the validation loss of four seeds at 13 learning rates."""
    x, y = load_digits(return_X_y=True)
    layers = [pl.Dense(16, activation="relu"), pl.Dropout(0.1), pl.Dense(10, activation="softmax")]
    model = pl.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return pl.sweep(model, x / 16, y, epochs=5, seeds=4, verbose=0).plot()


FIGURES = {"populations": populations}
