"""The figure of the page on Boltzmann machines, drawn by ``python docs/figures.py docs/figures boltzmann``."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"  # as in figures.py


def bars_and_stripes() -> np.ndarray:
    """Return the 14 images of bars and stripes with 3 x 3 pixels."""
    bars = [np.tile(np.array(bar)[:, None], (1, 3)) for bar in product((0, 1), repeat=3)]
    return np.unique([np.ravel(each) for bar in bars for each in (bar, bar.T)], axis=0).astype(np.float32)


def likelihoods(axis: Any) -> None:
    """Draw the exact log-likelihood of a small machine during training, for two kinds of samples."""
    pictures = bars_and_stripes()
    x = np.tile(pictures, (40, 1))
    one = pl.rules.ContrastiveDivergence()
    chains = pl.rules.ContrastiveDivergence(persistent=True, learning_rate=0.3)
    for rule, name, colour in ((one, "CD-1", BLUE), (chains, "PCD", ORANGE)):
        model = pl.Sequential([pl.RestrictedBoltzmann(12)], seed=1)
        model.compile(rule=rule)
        found: list[float] = []

        def judge(model: Any = model, found: list[float] = found) -> None:
            found.append(float(pl.boltzmann.log_likelihood(model, pictures).mean()))

        model.build((None, 9))
        judge()
        watch = pl.LambdaCallback(on_epoch_end=lambda epoch, logs, judge=judge: None if epoch % 4 else judge())
        model.fit(x, epochs=160, batch_size=20, verbose=0, callbacks=[watch])
        axis.plot([0, *range(1, 161, 4)], found, color=colour, label=name)
    axis.axhline(-np.log(len(pictures)), color=INK, ls="--", lw=1, label="the best: $-\\log 14$")
    axis.set(xlabel="epoch", title="exact mean $\\log p(v)$,\nbars and stripes")
    axis.legend(loc="lower right")


def boltzmann() -> Figure:
    """Draw features of hidden units, samples of the model, and the likelihood of a small machine during training."""
    from sklearn.datasets import load_digits

    x = load_digits(return_X_y=True)[0] / 16
    model = pl.Sequential([pl.RestrictedBoltzmann(64)], seed=1)
    model.compile(rule=pl.rules.ContrastiveDivergence(persistent=True, learning_rate=0.1))
    model.fit(x, epochs=150, batch_size=20, verbose=0)
    kernel = np.asarray(model.params[0]["kernel"])
    kernel = kernel[:, np.argsort(-np.linalg.norm(kernel, axis=0))]
    dreams = pl.boltzmann.reconstruct(model, pl.boltzmann.sample(model, 36, steps=1000))
    figure = Figure(figsize=(7.9, 2.9), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    looked_for = (left, kernel.T[:36], "what 36 of 64\nhidden units look for")
    for axis, rows, title in (looked_for, (middle, dreams, "36 samples")):
        wide = np.pad(rows.reshape(6, 6, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=np.nan)
        scale = {"cmap": "PuOr", "vmin": -3, "vmax": 3} if axis is left else {"cmap": "gray_r", "vmin": 0, "vmax": 1}
        axis.imshow(wide.transpose(0, 2, 1, 3).reshape(60, 60), **scale)
        axis.set(title=title, xticks=[], yticks=[])
        axis.axis("off")
    likelihoods(right)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"boltzmann": boltzmann}
