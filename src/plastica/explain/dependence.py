"""Answers for rows in which a feature has other values: partial dependence and accumulated local effects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..typing import Float, Int, Shaped
from .explained import Explained
from .feature_effects import FeatureEffect

AT_ONCE = 8_000_000  # values of rows that a function is called with


class FeatureValues(NamedTuple):
    """Values that a feature is set to. A category may be several columns of the rows, which are set together.

    Attributes:
        name: The feature, as the person wrote it.
        places: Its columns in the rows.
        values: What they are set to, ``(points, places)``.
        grid: The values as numbers, ``(points,)``; of a category their number.
        labels: The values as they are written, for dates and categories.
        own: For numbers and dates, the first point that is not below the value of a row; for categories the point of
            its value; -1 if the row has none of them, ``(rows,)``.
        is_category: Whether they have no order.
    """

    name: str
    places: Int[np.ndarray, "places"]
    values: Shaped[np.ndarray, "points places"]
    grid: Float[np.ndarray, "points"]
    labels: tuple[str, ...]
    own: Int[np.ndarray, "rows"]
    is_category: bool = False


def dependence(asked: Explained, feature: FeatureValues) -> FeatureEffect:
    """Return the answers if all rows have each of the values, and their mean."""
    points, rows = len(feature.values), len(asked.x)
    at_once = max(1, AT_ONCE // max(asked.x.size, 1))
    parts: list[np.ndarray] = []
    for start in range(0, points, at_once):
        values = feature.values[start : start + at_once]
        made = np.repeat(asked.x[None], len(values), axis=0)
        made[:, :, feature.places] = values[:, None]
        answers = asked.function(made.reshape(-1, asked.x.shape[1]))[:, asked.outputs]
        parts.append(answers.reshape(len(values), rows, -1))
    curves = np.concatenate(parts).swapaxes(0, 1)
    error = curves.std(0, ddof=1) / np.sqrt(rows) if rows > 1 else np.zeros(curves.shape[1:])
    return FeatureEffect(
        feature.name, feature.grid, curves.mean(0), error, curves, asked.output_names, "partial dependence",
        feature.labels, feature.is_category,
    )  # fmt: skip


def accumulated(asked: Explained, feature: FeatureValues) -> FeatureEffect:
    """Return the mean change between neighbouring values, of rows that have one of them, added up.

    Numbers are moved to both ends of their own interval. Rows of a category are moved between its own value and the
    next one in the order of the points.
    """
    steps = len(feature.values) - 1
    means, errors, weights = [], [], []
    for step in range(steps):
        near = (step, step + 1) if feature.is_category else (step + 1,)
        chosen = np.flatnonzero(np.isin(feature.own, near))
        change = _with(asked, chosen, feature, step + 1) - _with(asked, chosen, feature, step)
        means.append(change.mean(0) if len(chosen) else np.zeros(len(asked.outputs)))
        errors.append(change.var(0) / max(1, len(chosen) - 1) if len(chosen) else np.zeros(len(asked.outputs)))
        weights.append(len(chosen))
    effect = np.concatenate([np.zeros((1, len(asked.outputs))), np.cumsum(means, 0)])
    error = np.sqrt(np.concatenate([np.zeros((1, len(asked.outputs))), np.cumsum(errors, 0)]))
    if feature.is_category:
        centre = np.average(effect, 0, np.bincount(feature.own[feature.own >= 0], minlength=steps + 1))
    else:  # each interval counts by its rows, with the mean of its two ends
        centre = np.average((effect[1:] + effect[:-1]) / 2, 0, weights)
    return FeatureEffect(
        feature.name, feature.grid, effect - centre, error, None, asked.output_names, "accumulated local effects",
        feature.labels, feature.is_category,
    )  # fmt: skip


def _with(
    asked: Explained, rows: Int[np.ndarray, "rows"], feature: FeatureValues, point: int
) -> Float[np.ndarray, "rows outputs"]:
    """Return the answers for some rows if the feature has the value of a point."""
    if not len(rows):
        return np.zeros((0, len(asked.outputs)))
    made = asked.x[rows].copy()
    made[:, feature.places] = feature.values[point]
    return asked.function(made)[:, asked.outputs]
