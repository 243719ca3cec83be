"""The figure of the page on feedback, drawn by ``python docs/figures.py docs/figures feedback``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl

RULES = {  # as in figures.py
    "backprop": ("backprop", "#222222"),
    "feedback_alignment": ("feedback alignment", "#0072B2"),
    "direct_feedback_alignment": ("direct feedback alignment", "#56B4E9"),
    "sign_symmetry": ("sign symmetry", "#009E73"),
    "target_propagation": ("target propagation", "#D55E00"),
}


def feedback() -> Figure:
    """Draw the angle to the gradient in two hidden layers, and the loss, during training on small digits."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = x / 16
    figure = Figure(figsize=(7.9, 3), layout="constrained", facecolor="white")
    axes = list(np.ravel(figure.subplots(1, 3)))
    for rule, (name, colour) in RULES.items():
        hidden = [pl.Dense(64, activation="tanh") for _ in range(2)]
        model = pl.Sequential([*hidden, pl.Dense(10, activation="softmax")])
        model.compile(pl.optimizers.Adam(0.002), "sparse_categorical_crossentropy", rule=rule)
        before = [layer.angle for layer in model.alignment(x[:500], y[:500])]
        watch = pl.GradientAlignment(x[:500], y[:500])
        found = model.fit(x, y, epochs=40, verbose=0, callbacks=[watch]).history
        for place in range(2):
            angles = [before[place], *found[f"angle_layer_{place}"]]
            axes[place].plot(angles, color=colour, label=name)
        axes[2].semilogy(range(1, 41), found["loss"], color=colour, label=name)
    for place, title in enumerate(("first hidden layer", "second hidden layer")):
        axes[place].axhline(90, color="#DDDDDD", lw=0.8, zorder=0)
        axes[place].set(title=title, xlabel="epoch", ylabel="degrees from the gradient", ylim=(-4, 104))
        axes[place].set_yticks(range(0, 91, 30))
    axes[2].set(title="loss", xlabel="epoch")
    axes[2].legend(fontsize=8)
    axes[2].set_ylim(top=12)  # space for the legend
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"feedback": feedback}
