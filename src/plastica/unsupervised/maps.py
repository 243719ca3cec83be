"""Self-organizing maps: initialization from data, quality measures and figures.

All functions take a model with one :class:`~plastica.layers.Grid`, and rows as for ``fit``. Layers below the grid are
applied first, so that maps of a network's features work like maps of the data.

Example:
    >>> import numpy as np, plastica as pl
    >>> x = np.random.default_rng(0).random((200, 2))
    >>> model = pl.Sequential([pl.Grid(4, 4)])
    >>> model.compile(rule="kohonen")
    >>> pl.maps.start_from(model, x)
    >>> _ = model.fit(x, batch_size=1, epochs=5, verbose=0)
    >>> pl.maps.quantization_error(model, x) < 0.2
    True
    >>> int(pl.maps.hits(model, x).sum())
    200
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.native import column_names
from ..errors import InvalidValue, ShapeError
from ..layers import Grid
from ..model import Sequential
from ..model.inputs import as_inputs
from .map_units import (
    TrainedMap,
    best_two,
    grid_place,
    inputs_of,
    map_of,
    neighbours,
    on_map,
    set_points,
    squared_distances,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STARTS = ("pca", "sample")

__all__ = [
    "component_planes",
    "draw",
    "hits",
    "label_map",
    "quantization_error",
    "start_from",
    "topographic_error",
    "u_matrix",
    "winners",
]


def start_from(model: Sequential, x: object, how: str = "pca", *, seed: int | None = None) -> None:
    """Initialize the weights of a map from data; builds the model if necessary.

    Args:
        model: A model with a grid.
        x: Rows, as for ``fit``.
        how: ``"pca"`` spreads the grid over the plane of the first two principal components, so wide that a uniform
            distribution over it has their variances. The map is then ordered from the start, and training can begin
            with a small radius. ``"sample"`` sets each unit to a random row, drawn without replacement if there are
            enough rows.
        seed: The random seed for ``"sample"``. Default: the seed of the model.

    Raises:
        InvalidValue: If ``how`` is unknown, or the model does not have exactly one grid.
        DataError, ShapeError: If the rows are not valid inputs of the model.
    """
    if how not in STARTS:
        raise InvalidValue(f"start_from(how={how!r}): expected one of {', '.join(STARTS)}.")
    grid_place(model)
    if not model.built:
        model.build(as_inputs(x, None).shape[1:])
    found = map_of(model)
    rows = inputs_of(model, found, x)
    if how == "pca":
        points = _plane(rows, found.grid)
    else:
        rng = np.random.default_rng(model.seed if seed is None else seed)
        points = rows[rng.choice(len(rows), found.grid.units, replace=len(rows) < found.grid.units)]
    set_points(model, found, points)


def winners(model: Sequential, x: object) -> np.ndarray:
    """Return the position on the map (row, column) of the best matching unit of each data row, int ``(rows, 2)``."""
    found = map_of(model)
    best = best_two(found, inputs_of(model, found, x))[:, 0]
    return np.stack(np.divmod(best, found.grid.columns), 1)


def hits(model: Sequential, x: object) -> np.ndarray:
    """Return how many data rows have each unit as their best matching unit, int ``(map rows, map columns)``."""
    found = map_of(model)
    return _hits(found, best_two(found, inputs_of(model, found, x)))


def quantization_error(model: Sequential, x: object) -> float:
    """Return the quantization error: the mean Euclidean distance of data rows from their best matching units."""
    found = map_of(model)
    rows = inputs_of(model, found, x)
    return float(np.linalg.norm(rows - found.points[best_two(found, rows)[:, 0]], axis=1).mean())


def topographic_error(model: Sequential, x: object) -> float:
    """Return the topographic error: the fraction of data rows whose two nearest units are not neighbours on the map.

    A unit has 8 neighbours on a rectangular map and 6 on a hexagonal one.

    Reference:
        Kiviluoto (1996), Topology preservation in self-organizing maps.
    """
    found = map_of(model)
    first, second = best_two(found, inputs_of(model, found, x)).T
    return float(1.0 - neighbours(found.grid)[first, second].mean())


def u_matrix(model: Sequential) -> np.ndarray:
    """Return the U-matrix: the mean distance of each unit's weights from its neighbours', ``(map rows, map columns)``.

    It is low where data are dense and high along the borders of clusters.

    Reference:
        Ultsch, Siemon (1990), Kohonen's self-organizing feature maps for exploratory data analysis.
    """
    found = map_of(model)
    apart = np.sqrt(np.maximum(squared_distances(found.points, found.points), 0.0))
    near = neighbours(found.grid)
    return on_map(found, np.sum(apart * near, 1) / near.sum(1))


def component_planes(model: Sequential) -> np.ndarray:
    """Return the component planes: the weight of each feature at each unit, ``(features, map rows, map columns)``."""
    found = map_of(model)
    return found.points.T.reshape(-1, found.grid.rows, found.grid.columns).copy()


def label_map(model: Sequential, x: object, labels: ArrayLike) -> np.ndarray:
    """Return the most frequent label of each unit's data rows, objects ``(map rows, map columns)``.

    Ties are resolved in favour of the label that sorts first. Units without data rows have None.

    Raises:
        ShapeError: If there is not one label per row.
    """
    found = map_of(model)
    rows = inputs_of(model, found, x)
    return _labels(found, best_two(found, rows), labels)


def draw(
    model: Sequential,
    x: object,
    labels: ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    *,
    planes: int = 8,
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Draw a map: the number of data rows per unit, the U-matrix and component planes.

    Args:
        model: A trained model with a grid.
        x: Rows, as for ``fit``.
        labels: One label per row; units are then coloured by their most frequent label.
        feature_names: The names of the features. Default: the columns of a data frame, otherwise "feature 0" etc.
        planes: The maximum number of component planes; features that vary most over the map are chosen.
        path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``). None only
            returns it.

    Returns:
        A matplotlib figure, displayed in notebooks.

    Raises:
        ShapeError: If there is not one label per row or not one name per feature.
    """
    from ..views.map import MapSheet, draw_map

    found = map_of(model)
    rows = inputs_of(model, found, x)
    best = best_two(found, rows)
    names = _names(x, rows.shape[1], found.place) if feature_names is None else list(feature_names)
    if len(names) != rows.shape[1]:
        raise ShapeError(f"draw: got {len(names)} feature_names; the map has {rows.shape[1]} features.")
    values = component_planes(model)
    order = np.argsort(-values.std((1, 2)), kind="stable")[: max(planes, 0)]
    sheet = MapSheet(
        found.grid,
        _hits(found, best),
        u_matrix(model),
        None if labels is None else _labels(found, best, labels),
        {names[place]: values[place] for place in sorted(order)},
    )
    return draw_map(sheet, path)


def _names(x: object, features: int, place: int) -> list[str]:
    """Return the column names of a data frame, if the grid is the first layer."""
    columns = [] if place else column_names(x)
    return columns if len(columns) == features else [f"feature {number}" for number in range(features)]


def _hits(found: TrainedMap, best: np.ndarray) -> np.ndarray:
    return on_map(found, np.bincount(best[:, 0], minlength=found.grid.units))


def _labels(found: TrainedMap, best: np.ndarray, labels: ArrayLike) -> np.ndarray:
    given = np.asarray(labels)
    if given.shape != (len(best),):
        raise ShapeError(f"labels has shape {given.shape}; expected one label per row, ({len(best)},).")
    names, numbers = np.unique(given, return_inverse=True)
    counts = np.zeros((found.grid.units, len(names)), np.int64)
    np.add.at(counts, (best[:, 0], numbers), 1)
    most = np.array([*names.tolist(), None], object)[np.where(counts.any(1), counts.argmax(1), len(names))]
    return on_map(found, most)


def _plane(rows: np.ndarray, grid: Grid) -> np.ndarray:
    """Return a grid of points on the plane of the first two principal components, ``(units, features)``."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(rows, rowvar=False, bias=True)))
    # A uniform distribution from -w to w has the variance w^2 / 3.
    axes = (vectors * np.sqrt(3 * np.maximum(values, 0.0)))[:, ::-1][:, :2].T
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])  # the sign of a principal axis is arbitrary
    axes = axes * np.where(signs == 0, 1.0, signs)[:, None]
    middle, span = (grid.places.max(0) + grid.places.min(0)) / 2, np.ptp(grid.places, 0)
    spread = 2 * (grid.places - middle) / np.where(span > 0, span, 1.0)
    longest_first = spread[:, np.argsort(-span, kind="stable")][:, : len(axes)]
    return rows.mean(0) + longest_first @ axes
