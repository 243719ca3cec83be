"""The figure of a self-organizing map: hits, distances between neighbours, and one plane per feature."""

from __future__ import annotations

import math
import os
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..drawing import COLOURS, INK, MORE_COLOURS, PAPER, SOFT, ArtistOption, checked_ending, own_style
from ..layers import Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

MOST_LETTERS = 3  # labels up to this length are written in their units
WRITTEN_UP_TO = 24  # units along the longer side; with more, labels would be illegible
PANELS_IN_ROW = 4  # maximum; rows of panels have about equal lengths
PANEL = 2.7  # inches
EMPTY = "#F4F4F4"


@dataclass(frozen=True)
class MapSheet:
    """The contents of the figure; arrays are ``(rows, columns)``.

    Attributes:
        grid: The layer of the map.
        hits: The number of rows assigned to each unit.
        u_matrix: The mean distance of each unit from its neighbours.
        labels: The most frequent label of each unit, None without rows; None if there are no labels.
        planes: The value of a feature at each unit, by the name of the feature.
    """

    grid: Grid
    hits: np.ndarray
    u_matrix: np.ndarray
    labels: np.ndarray | None = None
    planes: Mapping[str, np.ndarray] = field(default_factory=dict)


def draw_map(sheet: MapSheet, path: str | os.PathLike[str] | None = None) -> Drawing:
    """Draw a map, and write the figure to ``path`` if given.

    Raises:
        InvalidValue: If the suffix is not that of an image format.
        FileError: If the file cannot be written.
    """
    if path is not None:
        checked_ending(path)
    with own_style():
        figure, axes = _panels(sheet.grid, 2 + len(sheet.planes))
        _draw_hits(axes[0], sheet)
        _draw_values(figure, axes[1], sheet.grid, sheet.u_matrix, "distance to neighbours (U-matrix)", "bone_r")
        for own, (name, values) in zip(axes[2:], sheet.planes.items(), strict=True):
            _draw_values(figure, own, sheet.grid, values, name, "viridis")
        # The layout is fixed now, so that the user's settings of matplotlib have no effect when it is saved later.
        figure.draw_without_rendering()
    return figure.save(path)


def outlines(grid: Grid, size: ArrayLike = 1.0) -> np.ndarray:
    """Return the corners of the square or hexagon of each unit, ``(units, corners, 2)``.

    Args:
        grid: The layer of the map.
        size: The size relative to the full one, a number or ``(units,)``.
    """
    corners = 4 if grid.topology == "rectangular" else 6
    reach = math.sqrt(0.5) if corners == 4 else 1 / math.sqrt(3.0)
    turn = np.pi / 4 if corners == 4 else np.pi / 6
    angles = turn + 2 * np.pi * np.arange(corners) / corners
    shape = reach * np.stack([np.cos(angles), np.sin(angles)], 1)
    return grid.places[:, None, :] + np.broadcast_to(size, grid.units)[:, None, None] * shape


def _panels(grid: Grid, number: int) -> tuple[Drawing, list[Axes]]:

    from ..drawing.figure import Drawing

    rows = -(-number // PANELS_IN_ROW)
    columns = -(-number // rows)
    width, height = np.ptp(grid.places, axis=0) + 1
    tall = 0.82 * PANEL * min(max(height / width, 0.3), 2.0) + 0.45
    figure = Drawing(PANEL * columns, tall * rows, layout="constrained")
    axes = list(np.ravel(figure.subplots(rows, columns, squeeze=False)))
    for spare in axes[number:]:
        spare.remove()
    for own in axes[:number]:
        low, high = grid.places.min(0) - 0.65, grid.places.max(0) + 0.65
        own.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")  # row 0 at the top
        own.axis("off")
    return figure, axes[:number]


def _draw_values(figure: Drawing, axes: Axes, grid: Grid, values: np.ndarray, title: str, colours: str) -> None:
    from matplotlib.collections import PolyCollection

    shapes = list(outlines(grid))
    units = PolyCollection(shapes, array=values.ravel(), cmap=colours, edgecolors="face", linewidths=0.3)
    axes.add_collection(units, autolim=False)
    bar = figure.colorbar(units, ax=axes, shrink=0.7, aspect=18, pad=0.02)
    bar.ax.tick_params(labelsize=6.5, length=2, color=SOFT)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    axes.set_title(title, fontsize=8.5, color=INK, parse_math=False)


def _draw_hits(axes: Axes, sheet: MapSheet) -> None:
    from matplotlib.collections import PolyCollection

    grid, hits = sheet.grid, sheet.hits.ravel()
    share = np.sqrt(hits / max(hits.max(), 1))  # the area is proportional to the number of rows
    every = list(outlines(grid))
    axes.add_collection(PolyCollection(every, facecolors=EMPTY, edgecolors=PAPER, linewidths=0.6), autolim=False)
    colours = _colours(sheet.labels)
    own = None if sheet.labels is None else sheet.labels.ravel()
    fill = [COLOURS[0] if own is None else colours.get(label, EMPTY) for label in (hits if own is None else own)]
    least = 0.6 if _is_written(grid, colours) else 0.35
    filled = list(outlines(grid, 0.94 * np.where(hits > 0, least + (1 - least) * share, 0.0)))
    axes.add_collection(PolyCollection(filled, facecolors=fill, linewidths=0), autolim=False)
    axes.set_title(f"{hits.sum():,} rows on {grid.rows} x {grid.columns} units", fontsize=8.5, color=INK)
    if own is not None:
        _name_labels(axes, grid, own, colours)


def _colours(labels: np.ndarray | None) -> dict[Hashable, str]:
    if labels is None:
        return {}
    known = sorted({label for label in labels.ravel() if label is not None})
    cycle = COLOURS + MORE_COLOURS
    return {label: cycle[place % len(cycle)] for place, label in enumerate(known)}


def _is_written(grid: Grid, colours: dict[Hashable, str]) -> bool:
    short = bool(colours) and all(len(str(label)) <= MOST_LETTERS for label in colours)
    return short and max(grid.rows, grid.columns) <= WRITTEN_UP_TO


def _ink_on(colour: str) -> str:
    from matplotlib.colors import to_rgb

    light = float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))  # Rec. 709
    return INK if light > 0.6 else PAPER


def _name_labels(axes: Axes, grid: Grid, labels: np.ndarray, colours: dict[Hashable, str]) -> None:
    from matplotlib.patches import Patch

    if _is_written(grid, colours):
        size = min(8.0, 90.0 / max(grid.rows, grid.columns))
        for (x, y), label in zip(grid.places.tolist(), labels, strict=True):
            if label is not None:
                ink = _ink_on(colours[label])
                axes.text(x, y, str(label), ha="center", va="center", color=ink, fontsize=size, parse_math=False)
        return
    shown = [Patch(color=colour, label=str(label)) for label, colour in colours.items()]
    below: dict[str, ArtistOption] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": min(len(shown), 3)}
    axes.legend(handles=shown, fontsize=7, frameon=False, handlelength=1, columnspacing=1, **below)
