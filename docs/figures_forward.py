"""The figures of two pages: ``python docs/figures.py docs/figures forward_forward competitive``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import plastica as pl
from plastica.rules import Competitive, ForwardForward, KrotovHopfield
from plastica.rules.chain import chain
from plastica.rules.forward_forward import goodness, normalised

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"  # as in figures.py


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the small digits, ``(1797, 64)`` from 0 to 1, and their labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y


def goodness_by_label(model: pl.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the goodness of each hidden layer under each label, ``(layers, labels, rows)``."""
    network, learned = model.network, model.learner
    first, *later = chain(network, learned.params).links[:-1]
    heard, _ = first.synapse(learned.params[:1], x, learned.state[:1], pl.layers.Context())
    found = []
    for label in np.asarray(learned.memory["label"]):
        activity = first.activate(heard + label)
        layers = [goodness(activity)]
        for place, link in enumerate(later, 1):
            activity, _ = link.apply(learned.params[place : place + 1], normalised(activity), learned.state[place:])
            layers.append(goodness(activity))
        found.append(np.stack([np.asarray(each) for each in layers]))
    return np.stack(found, 1)


def forward_forward() -> Figure:
    """Draw goodness for true and wrong labels before and after training, and for every label of some digits."""
    x, y = digits()
    model = pl.Sequential([*(pl.Dense(100, activation="relu") for _ in range(2)), pl.Dense(10, activation="softmax")])
    model.compile(pl.optimizers.Adam(0.003), "sparse_categorical_crossentropy", rule=ForwardForward())
    model.fit(x[:1300], y[:1300], epochs=30, batch_size=32, verbose=0)
    found = goodness_by_label(model, x[1300:])
    true = np.arange(10)[:, None] == y[1300:]
    figure = Figure(figsize=(7.9, 2.6), layout="constrained", facecolor="white")
    axes: list[Any] = list(np.ravel(figure.subplots(1, 3, width_ratios=(1, 1, 1.25))))
    for place, title in enumerate(("first hidden layer", "second hidden layer")):
        top = found[place].max()
        for which, name, colour in ((true, "true label", BLUE), (~true, "wrong labels", ORANGE)):
            axes[place].hist(
                found[place][which], bins=40, range=(0, top), density=True, alpha=0.7, color=colour, label=name
            )
        axes[place].set(title=title, xlabel="goodness", yticks=[])
    axes[1].legend(fontsize=8, loc="upper right")
    some = np.argsort(y[1300:], kind="stable")[20::49][:10]
    axes[2].imshow(found.sum(0)[:, some], cmap="Blues", aspect="auto")
    axes[2].set(title="both layers together", xlabel="ten digits, each a column", ylabel="label", yticks=range(10))
    axes[2].set_xticks(range(len(some)), [str(label) for label in y[1300:][some]])
    return figure


def competitive() -> Figure:
    """Draw the features of 40 units trained on small digits with two rules, and the accuracy of read-outs."""
    x, _ = digits()
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    figure = Figure(figsize=(7.9, 2.2), layout="constrained", facecolor="white")
    axes: list[Any] = list(np.ravel(figure.subplots(1, 2)))
    rules = {
        "winner takes all:\nmeans of what a unit wins": (Competitive(), "glorot_uniform"),
        "Krotov and Hopfield:\nwhat drives it, and what must not": (
            KrotovHopfield(k=3),
            pl.initializers.RandomNormal(stddev=1.0),
        ),
    }
    for axis, (title, (rule, start)) in zip(axes, rules.items(), strict=True):
        model = pl.Sequential([pl.Dense(40, kernel_initializer=start)])
        model.compile(rule=rule)
        model.fit(x, epochs=80, batch_size=20, verbose=0)
        fields = model.get_weights()[0].T.reshape(4, 10, 8, 8)
        tiles = np.pad(fields, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
        edge = np.quantile(np.abs(fields), 0.995)
        axis.imshow(tiles.transpose(0, 2, 1, 3).reshape(36, 90), cmap="RdBu_r", vmin=-edge, vmax=edge)
        axis.set_title(title)
        axis.axis("off")
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"forward_forward": forward_forward, "competitive": competitive}
