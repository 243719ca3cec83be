"""The figures of the page on looks inside a network: ``python docs/figures.py docs/figures inside_units``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import plastica as pl


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the digits, as numbers from 0 to 1, and their classes."""
    data: Any = load_digits()
    return (data.data / 16).astype(np.float32), data.target


@cache
def network(seed: int) -> pl.Sequential:
    """Return a network for digits, trained on the first 1,300."""
    x, y = digits()
    model = pl.Sequential([pl.Dense(32, "relu"), pl.Dense(32, "relu"), pl.Dense(10, "softmax")], seed=seed)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:1300], y[:1300], epochs=20, verbose=0)
    return model


def inside_units() -> Figure:
    """Draw the digits to which filters of a convolution respond most."""
    x, y = digits()
    images = x.reshape(-1, 8, 8, 1)
    layers = [pl.Conv2D(6, 3, activation="relu"), pl.MaxPooling2D(2), pl.Flatten(), pl.Dense(10, "softmax")]
    model = pl.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images, y, epochs=10, verbose=0)
    return pl.inside.unit_detectors(model, images, y, layer=0, top=8).plot()


def inside_boundary() -> Figure:
    """Draw the decision boundary of a network for penguins in two of its columns."""
    from plastica.tables import Settings, TableNetwork

    made = TableNetwork.fit("penguins", "species", Settings(epochs=30, baselines=()))
    return pl.inside.table_decision_boundary(made, "penguins", ("bill_length_mm", "flipper_length_mm")).plot()


def inside_landscape() -> Figure:
    """Draw the loss on a plane through the weights."""
    return pl.inside.loss_landscape(network(0), *digits()).plot()


def inside_paths() -> Figure:
    """Draw the loss on paths between two networks."""
    return pl.inside.mode_connectivity(network(0), network(1), *digits()).plot()


def inside_pruning() -> Figure:
    """Draw pruning curves, with fine-tuning."""
    x, y = digits()
    train = (x[:1300], y[:1300])
    return pl.inside.pruning_curves(network(0), x[1300:], y[1300:], fine_tune=10, train=train).plot()


def inside_intrinsic() -> Figure:
    """Draw the accuracy by the dimension of random subspaces."""
    x, y = digits()
    held_out = x[1300:], y[1300:]
    return pl.inside.intrinsic_dimension(
        network(0), x[:1300], y[:1300], validation_data=held_out, epochs=40, seeds=2, batch_size=32
    ).plot()


def inside_tickets() -> Figure:
    """Draw lottery tickets beside other sparse networks."""
    x, y = digits()
    held_out = (x[1300:], y[1300:])
    return pl.inside.lottery_tickets(
        network(0), x[:1300], y[:1300], validation_data=held_out, epochs=20, seeds=5
    ).plot()


FIGURES: dict[str, Callable[[], Figure]] = {
    each.__name__: each
    for each in (
        inside_units,
        inside_boundary,
        inside_landscape,
        inside_paths,
        inside_pruning,
        inside_intrinsic,
        inside_tickets,
    )
}
