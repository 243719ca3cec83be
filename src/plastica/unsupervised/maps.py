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
from typing import TYPE_CHECKING, NamedTuple, cast

import jax
import numpy as np
from numpy.typing import ArrayLike

from ..data.native import column_names
from ..errors import InvalidValue, NotFitted, ShapeError
from ..layers import Grid
from ..layers import Sequential as Network
from ..layers.grid import NEIGHBOURS_WITHIN
from ..model import Sequential
from ..model.inputs import as_inputs
from ..model.weights import named_weights
from ..typing import Params, State

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STARTS = ("pca", "sample")
ROWS_AT_ONCE = 4096

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


class _Map(NamedTuple):
    place: int
    grid: Grid
    points: np.ndarray  # (units, features), in double precision


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
    _grid_place(model)
    if not model.built:
        model.build(as_inputs(x, None).shape[1:])
    found = _map_of(model)
    rows = _inputs(model, found, x)
    if how == "pca":
        points = _plane(rows, found.grid)
    else:
        rng = np.random.default_rng(model.seed if seed is None else seed)
        points = rows[rng.choice(len(rows), found.grid.units, replace=len(rows) < found.grid.units)]
    _set_points(model, found, points)


def winners(model: Sequential, x: object) -> np.ndarray:
    """Return the position on the map (row, column) of the best matching unit of each data row, int ``(rows, 2)``."""
    found = _map_of(model)
    best = _best_two(found, _inputs(model, found, x))[:, 0]
    return np.stack(np.divmod(best, found.grid.columns), 1)


def hits(model: Sequential, x: object) -> np.ndarray:
    """Return how many data rows have each unit as their best matching unit, int ``(map rows, map columns)``."""
    found = _map_of(model)
    return _hits(found, _best_two(found, _inputs(model, found, x)))


def quantization_error(model: Sequential, x: object) -> float:
    """Return the quantization error: the mean Euclidean distance of data rows from their best matching units."""
    found = _map_of(model)
    rows = _inputs(model, found, x)
    return float(np.linalg.norm(rows - found.points[_best_two(found, rows)[:, 0]], axis=1).mean())


def topographic_error(model: Sequential, x: object) -> float:
    """Return the topographic error: the fraction of data rows whose two nearest units are not neighbours on the map.

    A unit has 8 neighbours on a rectangular map and 6 on a hexagonal one.

    Reference:
        Kiviluoto (1996), Topology preservation in self-organizing maps.
    """
    found = _map_of(model)
    first, second = _best_two(found, _inputs(model, found, x)).T
    return float(1.0 - _neighbours(found.grid)[first, second].mean())


def u_matrix(model: Sequential) -> np.ndarray:
    """Return the U-matrix: the mean distance of each unit's weights from its neighbours', ``(map rows, map columns)``.

    It is low where data are dense and high along the borders of clusters.

    Reference:
        Ultsch, Siemon (1990), Kohonen's self-organizing feature maps for exploratory data analysis.
    """
    found = _map_of(model)
    apart = np.sqrt(np.maximum(_apart(found.points, found.points), 0.0))
    near = _neighbours(found.grid)
    return _on_map(found, np.sum(apart * near, 1) / near.sum(1))


def component_planes(model: Sequential) -> np.ndarray:
    """Return the component planes: the weight of each feature at each unit, ``(features, map rows, map columns)``."""
    found = _map_of(model)
    return found.points.T.reshape(-1, found.grid.rows, found.grid.columns).copy()


def label_map(model: Sequential, x: object, labels: ArrayLike) -> np.ndarray:
    """Return the most frequent label of each unit's data rows, objects ``(map rows, map columns)``.

    Ties are resolved in favour of the label that sorts first. Units without data rows have None.

    Raises:
        ShapeError: If there is not one label per row.
    """
    found = _map_of(model)
    rows = _inputs(model, found, x)
    return _labels(found, _best_two(found, rows), labels)


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

    found = _map_of(model)
    rows = _inputs(model, found, x)
    best = _best_two(found, rows)
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


def _grid_place(model: Sequential) -> int:
    if not isinstance(model, Sequential):
        raise InvalidValue(
            f"expected a model with a grid, such as Sequential([Grid(10, 10)]); got {type(model).__name__}."
        )
    places = [place for place, layer in enumerate(model.layers) if isinstance(layer, Grid)]
    if len(places) != 1:
        raise InvalidValue(
            f"this model has {len(places) or 'no'} Grid among its layers ({model!r}); a map needs exactly one, such as "
            "Sequential([Grid(10, 10)])."
        )
    return places[0]


def _map_of(model: Sequential) -> _Map:
    place = _grid_place(model)
    if not model.built:
        raise NotFitted("this map has no weights yet; call fit(), build() or pl.maps.start_from(model, x) first.")
    kernel = np.asarray(model.params[place]["kernel"], np.float64)
    return _Map(place, model.layers[place], kernel.T)  # pyright: ignore[reportArgumentType]


def _inputs(model: Sequential, found: _Map, x: object) -> np.ndarray:
    rows = cast(np.ndarray, as_inputs(x, model.declared_shape))  # a grid takes one array
    if found.place:
        below = Network(model.network.layers[: found.place])
        parts = (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
        state = model.state[: found.place]
        rows = np.concatenate([_activity(below, model.params[: found.place], state, part) for part in parts])
    return np.asarray(rows, np.float64)


@jax.jit
def _activity(network: Network, params: Params, state: State, x: jax.Array) -> jax.Array:
    return network.apply(params, x, state)[0]


def _set_points(model: Sequential, found: _Map, points: np.ndarray) -> None:
    arrays = model.get_weights()
    paths = [path for path, _, _ in named_weights(model.network, model.params, model.state)]
    own = paths.index(f"layer {found.place}, {type(found.grid).__name__}")
    arrays[own] = points.T.astype(arrays[own].dtype)
    model.set_weights(arrays)


def _apart(rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    centre = points.mean(0)  # centred and in double precision, to avoid cancellation
    rows, points = rows - centre, points - centre
    return np.sum(rows * rows, 1)[:, None] + np.sum(points * points, 1) - 2 * rows @ points.T


def _best_two(found: _Map, rows: np.ndarray) -> np.ndarray:
    best = np.empty((len(rows), 2), np.int64)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        apart = _apart(rows[part], found.points)
        here = np.arange(len(apart))
        best[part, 0] = apart.argmin(1)
        apart[here, best[part, 0]] = np.inf
        best[part, 1] = apart.argmin(1)
    return best


def _neighbours(grid: Grid) -> np.ndarray:
    near = np.asarray(grid.map_distances(np.arange(grid.units))) < NEIGHBOURS_WITHIN
    np.fill_diagonal(near, False)
    return near


def _on_map(found: _Map, values: np.ndarray) -> np.ndarray:
    return values.reshape(found.grid.rows, found.grid.columns)


def _hits(found: _Map, best: np.ndarray) -> np.ndarray:
    return _on_map(found, np.bincount(best[:, 0], minlength=found.grid.units))


def _labels(found: _Map, best: np.ndarray, labels: ArrayLike) -> np.ndarray:
    given = np.asarray(labels)
    if given.shape != (len(best),):
        raise ShapeError(f"labels has shape {given.shape}; expected one label per row, ({len(best)},).")
    names, numbers = np.unique(given, return_inverse=True)
    counts = np.zeros((found.grid.units, len(names)), np.int64)
    np.add.at(counts, (best[:, 0], numbers), 1)
    most = np.array([*names.tolist(), None], object)[np.where(counts.any(1), counts.argmax(1), len(names))]
    return _on_map(found, most)


def _plane(rows: np.ndarray, grid: Grid) -> np.ndarray:
    """Return a grid of points on the plane of the first two principal components, ``(units, features)``."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(rows, rowvar=False, bias=True)))
    axes = (vectors * np.sqrt(3 * np.maximum(values, 0.0)))[:, ::-1][:, :2].T
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])  # the sign of a principal axis is arbitrary
    axes = axes * np.where(signs == 0, 1.0, signs)[:, None]
    middle, span = (grid.places.max(0) + grid.places.min(0)) / 2, np.ptp(grid.places, 0)
    spread = 2 * (grid.places - middle) / np.where(span > 0, span, 1.0)
    longest_first = spread[:, np.argsort(-span, kind="stable")][:, : len(axes)]
    return rows.mean(0) + longest_first @ axes
