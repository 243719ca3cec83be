"""The direction of each column's effect on predictions: partial dependence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns import Column
from ..data.ranks import ranks
from ..errors import DataError, InvalidValue
from ..explain.feature_effects import FeatureEffect
from ..explain.table_effects import table_effect
from . import formats
from .importance import MOST_WORK, some
from .judged import HeldOutAnswers
from .minis import MOST_LINES, Mini, end_of, scaled
from .wording import plain

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_COLUMNS, MOST_ROWS, POINTS, MOST_CATEGORIES = 10, 200, 12, 6
EDGES = (0.02, 0.98)  # quantiles; extreme values are not representative
CLEAR, SMALL = 0.9, 0.02  # a rank correlation, a share of the scale


@dataclass(frozen=True)
class Effects:
    """A chart for each column on a common scale from ``low`` to ``high``; ``labels`` are the names of several lines."""

    charts: dict[str, Mini]
    low: str
    high: str
    labels: tuple[str, ...]


def describe(network: TableNetwork, prepared: Prepared, judged: HeldOutAnswers, names: Sequence[str]) -> Effects:
    """Set each column to up to twelve of its values in up to 200 test rows, and return the mean predictions.

    Args:
        network, prepared, judged: The network, the table and the predictions.
        names: The columns, the most important first; the first ten are used.

    Reference:
        Friedman (2001), Greedy function approximation, section 8.2.
    """
    # A large network takes fewer rows, so that the report takes seconds.
    most = MOST_WORK // (network.model.count_params() * POINTS * MOST_COLUMNS + 1)
    rows = judged.rows[some(len(judged.rows), max(20, min(MOST_ROWS, most)))]
    columns = {column.name: column for column in prepared.encoder.columns}
    lines = _lines(judged, prepared)
    found = {name: _effect(network, prepared, rows, name) for name in names[:MOST_COLUMNS]}
    curves = {
        name: (effect, _means(network, prepared, effect, lines)) for name, effect in found.items() if effect is not None
    }
    if not curves:
        return Effects({}, "", "", ())
    ends = np.concatenate([means.ravel() for _, means in curves.values()])
    low, high = float(ends.min()), float(ends.max())
    charts = {name: _mini(columns[name], effect, means, low, high) for name, (effect, means) in curves.items()}
    return Effects(charts, _end(judged, low), _end(judged, high), _labels(network, lines) if len(lines) > 1 else ())


def _end(judged: HeldOutAnswers, value: float) -> str:
    """Return the text for an end of the scale; probabilities have at most one decimal of a per cent."""
    return formats.number(value) if judged.task == "regression" else formats.share(round(value, 3))


def _lines(judged: HeldOutAnswers, prepared: Prepared) -> list[int]:
    """Return the outputs to draw: the positive one of two classes, the most frequent of more."""
    if judged.task == "binary":
        return [judged.decisions[judged.own].positive]
    answers = prepared.target.outputs if judged.task == "regression" else len(prepared.target.classes)
    if judged.task == "regression":
        return list(range(min(answers, MOST_LINES)))
    rows = prepared.y.sum(0) if judged.task == "multilabel" else np.bincount(prepared.y, minlength=answers)
    return np.argsort(-rows, kind="stable")[:MOST_LINES].tolist()


def _labels(network: TableNetwork, lines: list[int]) -> tuple[str, ...]:
    names = network.target.names if network.task == "regression" else network.target.classes
    return tuple(plain(names[place], 24) for place in lines)


def _effect(network: TableNetwork, prepared: Prepared, rows: np.ndarray, column: str) -> FeatureEffect | None:
    """Return the effect of a column; None for free text and for a single value."""
    limits = {"points": POINTS, "categories": MOST_CATEGORIES, "edges": EDGES}
    try:
        return table_effect(network, prepared.table, column, rows=rows, **limits)
    except (DataError, InvalidValue):
        return None


def _means(network: TableNetwork, prepared: Prepared, effect: FeatureEffect, lines: list[int]) -> np.ndarray:
    """Return the lines that are drawn; several targets on a common scale."""
    means = effect.mean
    if network.task == "regression" and len(lines) > 1:
        means = means / np.array(prepared.target.scales)
    return means[:, lines]


def _mini(column: Column, effect: FeatureEffect, means: np.ndarray, low: float, high: float) -> Mini:
    places = scaled(means, low, high)
    name = plain(column.name, 60)
    if effect.is_category:
        labels = [plain(each, 24) for each in effect.labels]
        return Mini(name, marks=tuple((each, tuple(row)) for each, row in zip(labels, places.tolist(), strict=True)))
    at = effect.grid
    x = scaled(at, at[0], at[-1]).tolist()
    lines = tuple(tuple(zip(x, line, strict=True)) for line in places.T.tolist())
    ends = end_of(column, float(at[0])), end_of(column, float(at[-1]))
    return Mini(name, lines, *ends, trend=_trend(places) if places.shape[1] == 1 else "")


def _trend(places: np.ndarray) -> str:
    line = places[:, 0]
    if np.ptp(line) < SMALL:
        return ""
    rho = float(np.corrcoef(np.arange(len(line)), ranks(line))[0, 1])
    return "up" if rho >= CLEAR else "down" if rho <= -CLEAR else "mixed"
