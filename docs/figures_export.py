"""The figure of the page on exports: ``python docs/figures.py docs/figures export``."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import plastica as pl
from plastica.export import ArrayProgram, program_of
from plastica.export.calls import equations

BLUE, SOFT, INK = "#0072B2", "#BBBBBB", "#222222"  # as in figures.py
NETWORKS = {
    "Dense": ([pl.Dense(8, "relu"), pl.Dense(3, "softmax")], (16,)),
    "BatchNormalization": ([pl.Dense(8), pl.BatchNormalization(), pl.Dense(1)], (16,)),
    "CategoryEmbedding": ([pl.CategoryEmbedding(((0, 20),), units=4), pl.Dense(1)], (6,)),
    "Conv2D, MaxPooling2D": ([pl.Conv2D(8, 3, activation="relu"), pl.MaxPooling2D(2), pl.Flatten()], (12, 12, 1)),
    "LSTM": ([pl.LSTM(8), pl.Dense(1)], (24, 3)),
    "transformer_block": ([pl.transformer_block(8, num_heads=2, units=16)], (12, 8)),
    "LIF": ([pl.Dense(8), pl.LIF(5.0)], (24, 3)),
}


def counted(layers: list[pl.layers.Layer], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the number of equations that JAX traces, and of operations in the program."""
    model = pl.Sequential(layers)
    model.build((None, *shape))
    rng = np.random.default_rng(0)  # zeros and ones of initial weights would be left out
    model.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
    traced = jax.make_jaxpr(lambda x: model.network.apply(model.params, x, model.state)[0])(jnp.zeros((1, *shape)))
    return sum(1 for _ in equations(traced.jaxpr)), _operations(program_of(model))


def _operations(program: ArrayProgram) -> int:
    return sum(len(each.operations) for each in program.walk())


def simplified(axis: Axes) -> None:
    """Draw how many operations are left of what JAX traces."""
    for place, (layers, shape) in enumerate(NETWORKS.values()):
        before, after = counted(layers, shape)
        axis.barh(place, before, color=SOFT, height=0.7)
        axis.barh(place, after, color=BLUE, height=0.7)
        axis.text(before + 2, place, f"{before} to {after}", va="center", color=INK)
    axis.set(yticks=range(len(NETWORKS)), yticklabels=list(NETWORKS), xlabel="operations")
    axis.invert_yaxis()
    axis.margins(x=0.2)


def export() -> Figure:
    """Draw what is left of networks as programs."""
    figure = Figure(figsize=(6.5, 2.8), layout="constrained", facecolor="white")
    simplified(figure.subplots())
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"export": export}
