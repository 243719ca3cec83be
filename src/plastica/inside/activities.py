"""What the layers of a network compute for rows, unit by unit."""

from __future__ import annotations

import numpy as np

from ..data.spacing import spaced
from ..errors import InvalidValue, NotFitted, UnknownName
from ..explain.hidden_layers import opened
from ..layers.walk import walk
from ..model import Model
from ..notes import note
from ..typing import Float

MOST_ROWS = 2_000
INPUT = "input"


def spaced_rows(x: object, most: int) -> np.ndarray:
    """Return at most so many rows, spaced evenly."""
    rows = np.asarray(x)
    return rows[spaced(len(rows), most)] if rows.ndim and len(rows) > most else rows


def activities_of(
    model: Model, x: np.ndarray, *, with_input: bool = False
) -> dict[str, Float[np.ndarray, "rows *shape"]]:
    """Return the activity of each layer for rows, by path; layers with several outputs are left out."""
    found: dict[str, np.ndarray] = {INPUT: np.asarray(x)} if with_input else {}
    for each in opened(model).trace(x):
        if isinstance(each.activity, np.ndarray):
            found[each.path] = each.activity
    return found


def units_of(activity: Float[np.ndarray, "rows *shape"]) -> Float[np.ndarray, "rows units"]:
    """Return one number for each unit: the mean over the steps of a sequence, the largest over the pixels of an image.

    Example:
        >>> units_of(np.arange(8.0).reshape(1, 2, 2, 2)).tolist(), units_of(np.arange(4.0).reshape(1, 2, 2)).tolist()
        ([[6.0, 7.0]], [[1.0, 2.0]])
    """
    if activity.ndim <= 2:
        return activity.reshape(len(activity), -1)
    inner = tuple(range(1, activity.ndim - 1))
    return activity.mean(inner) if activity.ndim == 3 else activity.max(inner)


def hidden_layer(owner: str, model: Model, found: dict[str, np.ndarray], layer: int | str | None) -> str:
    """Return the path of a layer: by its number or path; by default the last hidden one with a kernel.

    Raises:
        NotFitted: If the network has no layers yet.
        UnknownName: If there is no such layer.
    """
    paths = list(found)
    if not paths:
        raise NotFitted(note("looks.no_layers", owner=owner))
    if layer is None:
        return _last_hidden(model, found)
    if isinstance(layer, str):
        matching = [path for path in paths if layer in (path, path.partition(", ")[0])]
    else:
        matching = [path for path in paths if path.startswith(f"layer {layer},")]
        if -len(paths) <= layer < 0:
            matching = [paths[layer]]
    if not matching:
        raise UnknownName(note("looks.no_layer", owner=owner, layer=repr(layer), known=[*paths]))
    return matching[0]


def _last_hidden(model: Model, found: dict[str, np.ndarray]) -> str:
    """Return the layer that the output layer reads; before Flatten, where its units are whole."""
    opening = opened(model)
    kernels = [path for path, _, own in walk(opening.network, opening.params) if own and "kernel" in own]
    paths = list(found)
    place = max(paths.index(kernels[-1]) - 1, 0) if kernels and kernels[-1] in found else len(paths) - 1
    while place and _passes_on(found[paths[place - 1]], found[paths[place]]):
        place -= 1
    return paths[place]


def _passes_on(before: np.ndarray, after: np.ndarray) -> bool:
    """Return whether a layer only changes the shape, like Flatten, or nothing at all, like Dropout."""
    return before.size == after.size and np.array_equal(before.ravel(), after.ravel())


def require_rows(owner: str, x: np.ndarray) -> None:
    """Refuse inputs without rows."""
    if not x.ndim or not len(x):
        raise InvalidValue(note("looks.x_empty", owner=owner))
