"""The figures of the page on laws of learning: ``python docs/figures.py docs/figures sweep_rates sweep_rows``."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl
from plastica.drawing.figure import Drawing


def rates() -> Drawing:
    """Draw the validation loss over the learning rate, and the bound of gradient descent."""
    x, y = load_digits(return_X_y=True)
    model = pl.Sequential([pl.Dense(16, activation="relu"), pl.Dense(10, activation="softmax")])
    model.compile(pl.optimizers.SGD(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return pl.sweep(model, x / 16, y, seeds=3, epochs=3, verbose=0).plot()


def rows() -> Drawing:
    """Draw a learning curve and its power law."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(2500, 8))
    targets = np.sin(inputs[:, 0]) * inputs[:, 1] + inputs[:, 2] + 0.3 * rng.normal(size=2500)
    network = pl.Sequential([pl.Dense(32, activation="tanh"), pl.Dense(1)])
    network.compile("adam", "mse")
    return pl.learning_curve(network, inputs, targets, [60, 125, 250, 500, 1000, 2000], epochs=30, verbose=0).plot()


FIGURES = {"sweep_rates": rates, "sweep_rows": rows}
