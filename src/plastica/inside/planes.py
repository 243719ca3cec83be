"""Planes through the inputs of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..notes import note
from ..typing import Float
from .look import SAY
from .rows_of_tables import RowsOfTable


class InputPlane(NamedTuple):
    """A plane through inputs.

    Attributes:
        axes: The names of its axes.
        places: The coordinates of the rows, ``(rows, 2)``; NaN where a value is missing.
        rows_at: Returns rows, ``(n, features)``, for coordinates ``(n, 2)``.
    """

    axes: tuple[str, str]
    places: Float[np.ndarray, "rows 2"]
    rows_at: Callable[[np.ndarray], np.ndarray]


def principal_plane(rows: Float[np.ndarray, "rows features"]) -> InputPlane:
    """Return the plane of the two principal axes of standardized rows, through their mean."""
    mean, deviation = rows.mean(0), rows.std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    scaled = (rows - mean) / scale
    _, lengths, axes = np.linalg.svd(scaled, full_matrices=False)
    if lengths[0] <= 1e-12 or len(lengths) < 2:
        raise InvalidValue(note("looks.all_equal"))
    axes = axes[:2] * np.where(axes[:2].sum(1) < 0, -1, 1)[:, None]  # the sign of an axis is arbitrary
    shares = lengths**2 / (lengths**2).sum()
    names = tuple(SAY("principal_axis", number=place + 1, share=f"{100 * shares[place]:.0f}") for place in (0, 1))
    return InputPlane((names[0], names[1]), scaled @ axes.T, lambda at: mean + (at @ axes) * scale)


def plane_of_inputs(
    rows: Float[np.ndarray, "rows features"], pair: tuple[int, int], names: tuple[str, ...]
) -> InputPlane:
    """Return the plane of two inputs, the others at their medians."""
    if pair[0] == pair[1]:
        raise InvalidValue(f"decision_boundary: both axes are {names[pair[0]]!r}; give two inputs.")
    for place in pair:
        if np.ptp(rows[:, place]) == 0:
            raise InvalidValue(
                f"decision_boundary: {names[place]!r} is {rows[0, place]:.4g} in all rows; give another."
            )
    middle = np.median(rows, 0)

    def rows_at(places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n features"]:
        made = np.repeat(middle[None], len(places), 0)
        made[:, pair] = places
        return made

    return InputPlane((names[pair[0]], names[pair[1]]), rows[:, pair], rows_at)


def plane_of_columns(found: RowsOfTable, columns: tuple[str, str]) -> tuple[InputPlane, str]:
    """Return the plane of two columns of a table in their units, and what the other columns are held at."""
    owner = "table_decision_boundary"
    if columns[0] == columns[1]:
        raise InvalidValue(note("looks.same_columns", owner=owner, column=repr(columns[0])))
    (one, first, x), (other, second, y) = (found.number_column(owner, name) for name in columns)
    places = np.stack([x.values, y.values], 1)
    known = np.flatnonzero(np.isfinite(places).all(1))
    if not len(known) or (np.ptp(places[known], 0) == 0).any():
        raise InvalidValue(note("looks.one_value", owner=owner, one=repr(columns[0]), other=repr(columns[1])))
    rows = found.x[known].astype(np.float64)
    deviation = rows.std(0)
    away = (rows - np.median(rows, 0)) / np.where(deviation > 0, deviation, 1.0)
    middle = known[int((away**2).sum(1).argmin())]
    base = found.x[middle].astype(np.float64)

    def rows_at(at: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n features"]:
        made = np.repeat(base[None], len(at), 0)
        made[:, first], made[:, second] = one.scaling(at[:, 0]), other.scaling(at[:, 1])
        return made

    held = ", ".join(f"{each.name} {each.written(int(middle))}" for each in found.columns if each.name not in columns)
    return InputPlane((columns[0], columns[1]), places, rows_at), held
