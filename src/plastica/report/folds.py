"""The section on cross-validation: each metric's mean, spread and interval, and the main metric in each fold."""

from __future__ import annotations

from dataclasses import dataclass

from ..evaluation.cross_scores import CrossScores
from ..evaluation.intervals import Figure
from . import formats
from .dots import ScalePoint, dots, place, scale_of

MOST_ROWS = 50  # of the table of folds


@dataclass(frozen=True)
class MeanCell:
    """The mean of a metric with its standard deviation over folds and its interval, as text; empty if undefined."""

    value: str
    spread: str
    interval: str


@dataclass(frozen=True)
class FoldStrip:
    """A model on the scale of the main metric: its mean with the interval, and a point for each fold."""

    mean: ScalePoint
    points: tuple[float, ...]


@dataclass(frozen=True)
class FoldSection:
    """The results of a cross-validation for the page.

    Args:
        scores: The results.
        models: The models, the evaluated one first.
        metrics: Each metric with a cell for each model.
        strips: The main metric of each model.
        folds: Each fold, with its numbers and the main metric of each model.
        hidden: The number of further folds.
    """

    scores: CrossScores
    models: tuple[str, ...]
    metrics: tuple[tuple[str, tuple[MeanCell, ...]], ...]
    strips: tuple[FoldStrip, ...]
    folds: tuple[tuple[str, tuple[str, ...]], ...]
    hidden: int


def describe(scores: CrossScores) -> FoldSection:
    """Return the section of a cross-validation."""
    models = (scores.own, *(name for name in scores.values if name != scores.own))
    names = list(scores.values[scores.own])
    metrics = tuple((name, tuple(_cell(scores, model, name) for model in models)) for name in names)
    count = scores.folds * scores.repeats
    return FoldSection(
        scores=scores,
        models=models,
        metrics=metrics,
        strips=_strips(scores, models),
        folds=tuple(_fold(scores, models, place) for place in range(min(count, MOST_ROWS))),
        hidden=max(count - MOST_ROWS, 0),
    )


def _cell(scores: CrossScores, model: str, name: str) -> MeanCell:
    if name not in scores.values[model]:
        return MeanCell("", "", "")
    figure = scores.figure(model, name)
    return MeanCell(
        formats.figure(name, figure.value),
        formats.figure(name, scores.spread(model, name)),
        formats.interval(name, figure),
    )


def _strips(scores: CrossScores, models: tuple[str, ...]) -> tuple[FoldStrip, ...]:
    """Return the models on one scale, which has room for the folds of each."""
    main = scores.main
    figures = {name: scores.figure(name, main) for name in models if main in scores.values[name]}
    each = {name: [value for value in scores.values[name][main] if value is not None] for name in figures}
    low, high = scale_of({name: _widened(figure, each[name]) for name, figure in figures.items()})
    return tuple(
        FoldStrip(point, tuple(place(value, low, high) for value in each[point.name]))
        for point in dots(main, figures, scores.own, (low, high))
    )


def _widened(figure: Figure, values: list[float]) -> Figure:
    ends = [value for value in (figure.low, figure.high, *values) if value is not None]
    return Figure(figure.value, min(ends), max(ends))


def _fold(scores: CrossScores, models: tuple[str, ...], place: int) -> tuple[str, tuple[str, ...]]:
    fold, repeat = place % scores.folds + 1, place // scores.folds + 1
    name = f"{repeat}.{fold}" if scores.repeats > 1 else str(fold)
    values = (scores.values[model].get(scores.main, ()) for model in models)
    cells = (found[place] if found else None for found in values)
    return name, tuple("" if value is None else formats.figure(scores.main, value) for value in cells)
