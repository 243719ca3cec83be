"""The figures of the page on self-organizing maps, drawn by ``python docs/figures.py docs/figures map_unfolds``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, FAINT = "#0072B2", "#D55E00", "#BBBBBB"  # as in figures.py


def map_unfolds() -> Figure:
    """Draw a map of 10 x 10 units that unfolds over a square, and a line of units that fills a triangle."""
    rng = np.random.default_rng(0)
    square = rng.random((2000, 2))
    triangle = square[square[:, 1] < 1 - 2 * abs(square[:, 0] - 0.5)]
    figure = Figure(figsize=(7.9, 2.2), layout="constrained", facecolor="white")
    axes = list(np.ravel(figure.subplots(1, 4)))
    for place, steps in enumerate((200, 3_000, 10_000)):
        model = pl.Sequential([pl.Grid(10, 10, kernel_initializer=pl.initializers.RandomUniform(0.4, 0.6))], seed=1)
        model.compile(rule="kohonen")
        # Always the same run of 10,000 steps, drawn after different numbers of steps.
        model.fit(square, batch_size=1, epochs=5, max_steps=steps, verbose=0)
        axes[place].set_title(f"after {steps:,} rows")
        _net(axes[place], model, square)
    line = pl.Sequential([pl.Grid(1, 100, kernel_initializer=pl.initializers.RandomUniform(0.4, 0.6))])
    line.compile(rule=pl.rules.Kohonen(radius_end=0.7))
    line.fit(triangle, batch_size=1, epochs=20, verbose=0)
    axes[3].set_title("a line of 100 units")
    _net(axes[3], line, triangle)
    return figure


def map_penguins() -> Figure:
    """Draw the map of four measurements of penguins, as on the page."""
    import polars

    columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    table = polars.read_csv(pl.datasets.path_of("penguins"), null_values=["NA", ""]).drop_nulls(columns)
    x = table.select(columns).to_numpy().astype(float)
    model = pl.Sequential([pl.Grid(8, 11, "hexagonal")])
    model.compile(rule="kohonen")
    scaled = (x - x.mean(0)) / x.std(0)
    pl.maps.start_from(model, scaled)
    model.fit(scaled, epochs=40, verbose=0)
    names = ["bill length", "bill depth", "flipper length", "body mass"]
    return pl.maps.draw(model, scaled, table["species"].to_list(), names)


def map_digits() -> Figure:
    """Draw the weights of each unit of a map of digits, and its most frequent digit."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    model = pl.Sequential([pl.Grid(10, 14)])
    model.compile(rule="kohonen")
    model.fit(x / 16, epochs=40, verbose=0)
    figure = Figure(figsize=(7.9, 3), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2)
    tiles = pl.maps.component_planes(model).reshape(8, 8, 10, 14).transpose(2, 0, 3, 1).reshape(80, 112)
    left.imshow(tiles, cmap="gray_r")
    left.set(title="the points of 10 x 14 units", xticks=np.arange(7.5, 111, 8), yticks=np.arange(7.5, 79, 8))
    left.grid(color="#DDDDDD", linewidth=0.5)
    left.tick_params(length=0, labelbottom=False, labelleft=False)
    labels = pl.maps.label_map(model, x / 16, y)
    apart = pl.maps.u_matrix(model)
    right.imshow(apart, cmap="bone_r", vmin=apart.min(), vmax=2 * apart.max())  # light enough for text on it
    right.set(title="most frequent digit, on the U-matrix", xticks=[], yticks=[])
    for (row, column), label in np.ndenumerate(labels):
        if label is not None:
            right.text(column, row, label, ha="center", va="center", color=ORANGE, fontsize=7.5, fontweight="bold")
    return figure


def _net(axes: Axes, model: pl.Sequential, x: np.ndarray) -> None:
    across, down = pl.maps.component_planes(model)
    points = np.stack([across, down], -1)
    axes.plot(*x[:400].T, ".", ms=1.2, color=FAINT)
    lines = [*points, *points.transpose(1, 0, 2)] if len(points) > 1 else [*points]
    axes.add_collection(LineCollection(lines, colors=BLUE, linewidths=0.9))
    axes.plot(*points.reshape(-1, 2).T, "o", ms=2, color=BLUE)
    axes.set(aspect="equal", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xticks=[], yticks=[])


FIGURES: dict[str, Callable[[], Figure]] = {each.__name__: each for each in (map_digits, map_penguins, map_unfolds)}
