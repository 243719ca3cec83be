"""The direction of each column's effect on predictions: partial dependence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..checks.leaks import features_by_column
from ..data.columns import Column
from ..data.ranks import ranks
from ..errors import DataError
from . import formats
from .importance import MOST_WORK, some
from .judged import HeldOutAnswers
from .minis import MOST_LINES, Mini, end_of, scaled
from .relations import NAMED, ORDERED, codes_of, numbers_of
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


@dataclass(frozen=True, eq=False)
class Curve:
    """The mean prediction if all rows have the same value of a column, ``(points, outputs)``, for several values."""

    column: Column
    at: np.ndarray
    names: tuple[str, ...]
    means: np.ndarray


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
    found = [_curve(network, prepared, rows, columns[name], lines) for name in names[:MOST_COLUMNS]]
    curves = [curve for curve in found if curve is not None]
    if not curves:
        return Effects({}, "", "", ())
    ends = np.concatenate([curve.means.ravel() for curve in curves])
    low, high = float(ends.min()), float(ends.max())
    charts = {curve.column.name: _mini(curve, low, high) for curve in curves}
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


def _curve(
    network: TableNetwork, prepared: Prepared, rows: np.ndarray, column: Column, lines: list[int]
) -> Curve | None:
    try:
        at, sources, names = _values(prepared, column)
    except DataError:
        return None
    if len(sources) < 2:
        return None
    features = features_by_column(prepared)[column.name]
    x = np.repeat(prepared.x[rows][None], len(sources), axis=0)
    x[:, :, features] = prepared.x[sources, features][:, None]  # encoded values, from rows that have them
    answers = network.answers(x.reshape(-1, x.shape[-1])).reshape(len(sources), len(rows), -1)
    if network.task == "regression" and len(lines) > 1:
        answers = answers / np.array(prepared.target.scales)
    return Curve(column, at, names, answers.mean(1)[:, lines])


def _values(prepared: Prepared, column: Column) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return values of a column, a row with each of them, and their names for categories."""
    if column.kind in ORDERED:
        numbers = numbers_of(prepared.table, column)
        order = np.argsort(numbers, kind="stable")[: int(np.isfinite(numbers).sum())]
        places = np.quantile(np.arange(len(order)), np.linspace(*EDGES, POINTS)) if len(order) else np.empty(0)
        at, first = np.unique(numbers[order[np.round(places).astype(np.int64)]], return_index=True)
        return at, order[np.round(places).astype(np.int64)][first], ()
    if column.kind not in NAMED:
        return np.empty(0), np.empty(0, np.int64), ()
    codes, names = codes_of(prepared.table, column)
    found, first = np.unique(codes, return_index=True)
    kept = (found >= 0) & (found < min(len(names), MOST_CATEGORIES))
    return found[kept], first[kept], tuple(plain(names[code], 24) for code in found[kept])


def _mini(curve: Curve, low: float, high: float) -> Mini:
    places = scaled(curve.means, low, high)
    name, column = plain(curve.column.name, 60), curve.column
    if curve.names:
        return Mini(
            name, marks=tuple((each, tuple(row)) for each, row in zip(curve.names, places.tolist(), strict=True))
        )
    x = scaled(curve.at, curve.at[0], curve.at[-1]).tolist()
    lines = tuple(tuple(zip(x, line, strict=True)) for line in places.T.tolist())
    ends = end_of(column, float(curve.at[0])), end_of(column, float(curve.at[-1]))
    return Mini(name, lines, *ends, trend=_trend(places) if places.shape[1] == 1 else "")


def _trend(places: np.ndarray) -> str:
    line = places[:, 0]
    if np.ptp(line) < SMALL:
        return ""
    rho = float(np.corrcoef(np.arange(len(line)), ranks(line))[0, 1])
    return "up" if rho >= CLEAR else "down" if rho <= -CLEAR else "mixed"
