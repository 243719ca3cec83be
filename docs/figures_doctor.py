"""The figure of the page on the doctor, drawn by ``python docs/figures.py docs/figures doctor``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"  # as in figures.py
LIMIT = 1e-3


def rows() -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the page."""
    x = np.random.default_rng(0).normal(size=(512, 4)).astype(np.float32)
    return x, np.sin(x[:, 0]) + x[:, 1] * x[:, 2]


def trained(activation: str, start: str) -> tuple[pl.doctor.Doctor, pl.History]:
    """Return the doctor and the history of a network of eight layers."""
    x, y = rows()
    layers = [pl.Dense(16, activation, kernel_initializer=start) for _ in range(8)]
    model = pl.Sequential([*layers, pl.Dense(1)], seed=0)
    model.compile(pl.optimizers.Adam(0.001), "mse")
    doctor = pl.doctor.Doctor()
    return doctor, model.fit(x, y, epochs=30, verbose=0, validation_split=0.25, doctor=doctor)


def doctor() -> Figure:
    """Draw the error by layer and the learning curve of a network whose gradients vanish, and of the mended one."""
    figure = Figure(figsize=(7.9, 3.0), facecolor="white")
    errors, curves = figure.subplots(1, 2)
    runs = {
        ("sigmoid", ORANGE): trained("sigmoid", "glorot_uniform"),
        ("relu, he_normal", BLUE): trained("relu", "he_normal"),
    }
    for (name, colour), (doctor, history) in runs.items():
        learning = doctor.looks[0].learning
        ratios = [layer.error / learning[-1].error for layer in learning]
        errors.semilogy(range(len(ratios)), ratios, "o-", color=colour, ms=4, lw=1.4, label=name)
        curves.plot(range(1, 31), history.history["val_loss"], color=colour, lw=1.4)
    errors.axhline(LIMIT, color=INK, lw=0.8, ls=":")
    errors.text(7.9, LIMIT * 1.5, "threshold", ha="right", fontsize=8, color=INK)
    errors.set(xlabel="layer", ylabel="error, relative to the last layer")
    errors.legend(frameon=False, fontsize=8, loc="lower right")
    curves.set(xlabel="epoch", ylabel="validation loss", ylim=(0, None))
    for axis in (errors, curves):
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"doctor": doctor}
