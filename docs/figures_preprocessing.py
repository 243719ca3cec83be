"""The figure of the page on preprocessing: ``python docs/figures.py docs/figures augmentation``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl
from plastica import random
from plastica.layers import Context

BLUE, ORANGE = "#0072B2", "#D55E00"  # as in figures.py
CHANGES = (pl.RandomRotation(0.05, fill_mode="constant"), pl.RandomTranslation(0.1, 0.1, fill_mode="constant"))
ROWS, SEEDS, EPOCHS = 200, 3, 300


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the small digits as pictures, ``(1797, 8, 8, 1)`` from 0 to 1, and their labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x.reshape(-1, 8, 8, 1) / 16).astype(np.float32), y


def changed(x: np.ndarray, seed: int) -> np.ndarray:
    """Return pictures, each with a random change of its own."""
    for place, layer in enumerate(CHANGES):
        context = Context(training=True, key=random.fold(random.seed_key(seed), place))
        x = np.asarray(layer.apply({}, x, {}, context)[0])
    return x


def accuracies(changes: tuple[pl.Layer, ...]) -> np.ndarray:
    """Return the accuracy on the test set as it is and changed, for each seed, ``(seeds, 2)``."""
    x, y = digits()
    found = []
    for seed in range(SEEDS):
        layers = [*changes, pl.Conv2D(16, 3, activation="relu"), pl.Flatten(), pl.Dense(10, activation="softmax")]
        model = pl.Sequential(layers, seed=seed)
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
        model.fit(x[:ROWS], y[:ROWS], epochs=EPOCHS, verbose=0)
        tests = (x[ROWS:], changed(x[ROWS:], 1))
        found.append([model.evaluate(each, y[ROWS:], verbose=0)[1] for each in tests])
    return np.array(found)


def augmentation() -> Figure:
    """Draw digits as they are and changed at random, and what the changes do for a network with few rows."""
    x, _ = digits()
    figure = Figure(figsize=(7.9, 2.6), layout="constrained", facecolor="white")
    left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
    axes = left.subplots(3, 7)
    for row, digit in zip(axes, x[[2, 5, 7]], strict=True):
        many = [digit, *changed(np.repeat(digit[None], 6, axis=0), 4)]
        for axis, picture in zip(row, many, strict=True):
            axis.imshow(picture[..., 0], cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
            axis.set(xticks=(), yticks=())
            axis.spines[:].set_visible(True)
    axes[0, 0].set_title("given")
    # A title, or a text in the layout, that is wider than its picture would push the columns apart.
    wide = axes[0, 1].text(0, 1.14, "turned and shifted at random", transform=axes[0, 1].transAxes, fontsize="large")
    wide.set_in_layout(False)
    axis = right.subplots()
    kinds = ((CHANGES, "changed at random", BLUE), ((), "as they are", ORANGE))
    for place, (changes, name, colour) in enumerate(kinds):
        found = accuracies(changes)
        for group in range(2):
            height = 1 - group + 0.32 * (0.5 - place)
            mean = float(found[:, group].mean())
            axis.barh(height, mean, 0.28, color=colour, label=name if group == 0 else None)
            axis.plot(found[:, group], [height] * SEEDS, ".", color="white", ms=4)
            axis.text(mean + 0.02, height, f"{mean:.0%}", va="center")
    axis.set(yticks=(1, 0), yticklabels=("test digits\nas given", "turned and\nshifted"), xlim=(0, 1.1), xticks=())
    axis.set_title(f"accuracy, trained on {ROWS} digits", loc="right")
    axis.spines["bottom"].set_visible(False)
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, 0), ncols=2)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"augmentation": augmentation}
