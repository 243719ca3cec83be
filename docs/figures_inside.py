"""The figure of a trace, drawn by ``python docs/figures.py docs/figures trace``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl


def trace() -> Figure:
    """Draw what the network of the page on backpropagation does with its first row."""
    x = np.array([[0.0, 1.0], [1.0, 1.0]], np.float32)
    y = np.array([[1.0], [0.0]], np.float32)
    model = pl.Sequential([pl.Dense(3, activation="tanh", input_dim=2), pl.Dense(1, activation="sigmoid")])
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    return model.trace(x, y).draw(row=0, features=["x1", "x2"])


FIGURES: dict[str, Callable[[], Figure]] = {"trace": trace}
