"""The units of a self-organizing map in a model, and their distances from rows."""

from __future__ import annotations

from typing import NamedTuple, cast

import jax
import numpy as np

from ..errors import InvalidValue, NotFitted
from ..layers import Grid
from ..layers import Sequential as Network
from ..layers.grid import NEIGHBOURS_WITHIN
from ..model import Sequential
from ..model.inputs import as_inputs
from ..model.weights import named_weights
from ..typing import Params, State

ROWS_AT_ONCE = 4096


class TrainedMap(NamedTuple):
    """A grid with its weights.

    Attributes:
        place: The place of the grid among the layers.
        grid: The layer.
        points: The weights of each unit, ``(units, features)``, in double precision.
    """

    place: int
    grid: Grid
    points: np.ndarray  # (units, features), in double precision


def grid_place(model: Sequential) -> int:
    """Return the place of the only grid among the layers of a model.

    Raises:
        InvalidValue: If there is none, or more than one.
    """
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


def map_of(model: Sequential) -> TrainedMap:
    """Return the map of a model.

    Raises:
        InvalidValue: If there is no grid, or more than one.
        NotFitted: If it has no weights yet.
    """
    place = grid_place(model)
    if not model.built:
        raise NotFitted("this map has no weights yet; call fit(), build() or pl.maps.start_from(model, x) first.")
    kernel = np.asarray(model.params[place]["kernel"], np.float64)
    return TrainedMap(place, model.layers[place], kernel.T)  # pyright: ignore[reportArgumentType]


def inputs_of(model: Sequential, found: TrainedMap, x: object) -> np.ndarray:
    """Return rows as they reach the grid, ``(rows, features)``."""
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


def set_points(model: Sequential, found: TrainedMap, points: np.ndarray) -> None:
    """Set the weights of the units."""
    arrays = model.get_weights()
    paths = [path for path, _, _ in named_weights(model.network, model.params, model.state)]
    own = paths.index(f"layer {found.place}, {type(found.grid).__name__}")
    arrays[own] = points.T.astype(arrays[own].dtype)
    model.set_weights(arrays)


def squared_distances(rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the squared Euclidean distance of each row from each point, ``(rows, points)``."""
    centre = points.mean(0)  # centred and in double precision, to avoid cancellation
    rows, points = rows - centre, points - centre
    return np.sum(rows * rows, 1)[:, None] + np.sum(points * points, 1) - 2 * rows @ points.T


def best_two(found: TrainedMap, rows: np.ndarray) -> np.ndarray:
    """Return the nearest and the second nearest unit of each row, ``(rows, 2)``."""
    best = np.empty((len(rows), 2), np.int64)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        apart = squared_distances(rows[part], found.points)
        here = np.arange(len(apart))
        best[part, 0] = apart.argmin(1)
        apart[here, best[part, 0]] = np.inf
        best[part, 1] = apart.argmin(1)
    return best


def neighbours(grid: Grid) -> np.ndarray:
    """Return which units are neighbours on the map, ``(units, units)``."""
    near = np.asarray(grid.map_distances(np.arange(grid.units))) < NEIGHBOURS_WITHIN
    np.fill_diagonal(near, False)
    return near


def on_map(found: TrainedMap, values: np.ndarray) -> np.ndarray:
    """Return a value for each unit by row and column of the map."""
    return values.reshape(found.grid.rows, found.grid.columns)
