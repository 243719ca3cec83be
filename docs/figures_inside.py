"""The figures of trained models: ``python docs/figures.py docs/figures penguins trace``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl


def penguins() -> Figure:
    """Draw the species predicted from two columns, as on the page on scikit-learn."""
    import pandas as pd

    pair = pd.read_csv(pl.datasets.path_of("penguins"))[["bill_length_mm", "flipper_length_mm", "species"]].dropna()
    sizes, species = pair[["bill_length_mm", "flipper_length_mm"]], pair["species"]
    return pl.draw.boundary(pl.NetworkClassifier("mlp", random_state=0).fit(sizes, species), sizes, species)


def trace() -> Figure:
    """Draw the trace of the network on the page on backpropagation for its first row."""
    x = np.array([[0.0, 1.0], [1.0, 1.0]], np.float32)
    y = np.array([[1.0], [0.0]], np.float32)
    model = pl.Sequential([pl.Dense(3, activation="tanh", input_dim=2), pl.Dense(1, activation="sigmoid")])
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    return model.trace(x, y).draw(row=0, features=["x1", "x2"])


FIGURES: dict[str, Callable[[], Figure]] = {"penguins": penguins, "trace": trace}
