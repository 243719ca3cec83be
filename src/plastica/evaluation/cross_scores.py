"""The metrics of each fold of a cross-validation, their means and intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from .decisions import Decision
from .intervals import Figure
from .judged import Judged
from .over_folds import over_folds, spread_of
from .scores import score

NON_NEGATIVE = ("log_loss", "brier", "hamming_loss", "coverage_error", "ranking_loss", "mae", "rmse")
UNBOUNDED = (*NON_NEGATIVE, "mean_cost", "r2", "mcc")  # of the others, both ends are 0 and 1
AT_MOST_1 = ("r2", "mcc", "brier", "hamming_loss", "ranking_loss")


class CrossScores(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The results of a cross-validation.

    Args:
        folds: The number of folds.
        repeats: How often rows were dealt to folds.
        split: How they were dealt: "random", "group", "time", or "order" for the order of the rows.
        by: The column for "group" and "time".
        stratified: Whether each fold has its share of every class.
        rows: The number of rows that were predicted in each repeat.
        ratio: The number of held-out rows divided by that of training rows, on average over folds.
        own: The name of the evaluated model.
        main: The metric that decides which model is better.
        values: The value in each fold of each metric of each model, repeat by repeat; None where it is undefined.
        chosen: The model chosen in each fold, if it was chosen; otherwise empty.
        epochs: The number of epochs of each fold's network; empty without networks.
    """

    folds: int
    repeats: int
    split: str
    rows: int
    ratio: float
    own: str
    main: str
    values: dict[str, dict[str, tuple[float | None, ...]]]
    by: str = ""
    stratified: bool = False
    chosen: tuple[str, ...] = ()
    epochs: tuple[int, ...] = ()

    @property
    def how(self) -> str:
        """How rows were dealt: "stratified", "random", "group", "time" or "order"."""
        return "stratified" if self.stratified else self.split

    def figure(self, model: str, metric: str) -> Figure:
        """Return the mean of a metric over folds with its corrected 95 % interval; see :func:`over_folds`."""
        found = over_folds(self._numbers(model, metric), self.ratio)
        if found.low is None or found.high is None:
            return found
        base = metric.partition(" of ")[0]
        low = max(found.low, 0.0) if base not in UNBOUNDED or base in NON_NEGATIVE else found.low
        high = min(found.high, 1.0) if base not in UNBOUNDED or base in AT_MOST_1 else found.high
        return Figure(found.value, min(low, found.value), max(high, found.value))

    def spread(self, model: str, metric: str) -> float:
        """Return the standard deviation of a metric over folds."""
        return spread_of(self._numbers(model, metric))

    def scores(self) -> dict[str, dict[str, Figure]]:
        """Return the mean and interval of each metric of each model."""
        return {model: {name: self.figure(model, name) for name in found} for model, found in self.values.items()}

    def difference(self, other: str, metric: str) -> Figure:
        """Return the mean difference of a metric between the evaluated model and another, paired by folds."""
        gaps = self._numbers(self.own, metric) - self._numbers(other, metric)
        return over_folds(gaps, self.ratio)

    def _numbers(self, model: str, metric: str) -> np.ndarray:
        return np.array([math.nan if value is None else value for value in self.values[model][metric]])


class FoldAnswers(NamedTuple):
    """What the models of one fold predict for its held-out rows.

    Attributes:
        rows: The numbers of the rows.
        answers: The predictions of each model: probabilities of classes or labels, or numbers.
        decisions: The decision from probabilities to predictions of each model; empty for regression.
    """

    rows: np.ndarray
    answers: Mapping[str, np.ndarray]
    decisions: Mapping[str, Decision]

    def decided(self) -> dict[str, np.ndarray]:
        """Return the predictions of each model: class indices, labels of 0 and 1, or numbers."""
        return {
            name: self.decisions[name].decide(found) if name in self.decisions else found
            for name, found in self.answers.items()
        }


def values_of(
    task: str, y: np.ndarray, found: Sequence[FoldAnswers], names: tuple[str, ...]
) -> dict[str, dict[str, tuple[float | None, ...]]]:
    """Return the value in each fold of each metric of each model that all folds have.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: The true values of all rows of the table.
        found: The predictions of each fold.
        names: The names of several numbers.
    """
    by_fold = [
        {
            name: score(task, y[each.rows], answers, each.decisions.get(name), names)
            for name, answers in each.answers.items()
        }
        for each in found
    ]
    models = [name for name in by_fold[0] if all(name in each for each in by_fold)]
    return {
        model: {
            metric: tuple(each[model][metric].value if metric in each[model] else None for each in by_fold)
            for metric in dict.fromkeys(metric for each in by_fold for metric in each[model])
        }
        for model in models
    }


def pooled(task: str, y: np.ndarray, found: Sequence[FoldAnswers], own: str) -> Judged:
    """Return the out-of-fold predictions of one repeat as those for a test set.

    Args:
        task: As for :func:`values_of`.
        y: The true values of all rows of the table.
        found: The predictions of the folds of one repeat.
        own: The name of the evaluated model.
    """
    models = [name for name in found[0].answers if all(name in each.answers for each in found)]
    rows = np.concatenate([each.rows for each in found])
    order = np.argsort(rows, kind="stable")

    def joined(parts: Iterator[np.ndarray]) -> np.ndarray:
        return np.concatenate(list(parts))[order]

    decided = [each.decided() for each in found]
    return Judged(
        task,
        rows[order],
        y[rows[order]],
        {name: joined(each.answers[name] for each in found) for name in models},
        {name: found[0].decisions[name] for name in models if name in found[0].decisions},
        own,
        {name: joined(each[name] for each in decided) for name in models},
    )
