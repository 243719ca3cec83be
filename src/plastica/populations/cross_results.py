"""The result of a cross-validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import numpy as np

from ..errors import InvalidValue
from ..evaluation.intervals import Figure
from ..evaluation.over_folds import over_folds, spread_of
from ..model import Model
from ..training.monitor import require_figure
from ..typing import PyTree
from .cross_parts import CrossFold
from .results import PopulationHistory

if TYPE_CHECKING:
    import polars


class CrossValidation:
    """The metrics of each fold, and the prediction of each row by a network that was not trained on it.

    Attributes:
        folds: The rows of each fold.
        figures: The loss and the metrics of each fold on its held-out rows.
        models: The network of each fold; ``pl.ModelEnsemble(found.models)`` predicts with all of them.
        chosen: For nested cross-validation the settings chosen in each fold.
        history: The loss and metrics of each fold in each epoch.

    Args:
        folds: The rows of each fold.
        figures: The metrics of each fold.
        answers: The predictions for its held-out rows.
        models: The networks.
        chosen: The settings chosen in each fold.
        history: The history of training.
        rows: The number of rows.
    """

    def __init__(
        self,
        folds: list[CrossFold],
        figures: Sequence[Mapping[str, float]],
        answers: Sequence[PyTree],
        models: list[Model],
        chosen: list[dict[str, object]],
        history: PopulationHistory,
        rows: int,
    ) -> None:
        self.folds, self.models, self.chosen, self.history = folds, models, chosen, history
        self.figures = [{name: float(value) for name, value in each.items()} for each in figures]
        self._answers, self._rows = list(answers), rows

    def __len__(self) -> int:
        """Return the number of folds of all repeats."""
        return len(self.folds)

    def __repr__(self) -> str:
        """Show the mean and the interval of the loss and the metrics."""
        found = [f"{name} {_written(figure)}" for name, figure in self.intervals().items()]
        repeats = len({fold.repeat for fold in self.folds})
        times = f" x {repeats} repeats" if repeats > 1 else ""
        return f"<CrossValidation: {len(self) // repeats} folds{times}; {', '.join(found)}>"

    @property
    def ratio(self) -> float:
        """The number of held-out rows divided by that of training rows, on average over folds."""
        return float(np.mean([len(fold.held_out) / len(fold.train) for fold in self.folds]))

    def values(self, metric: str = "loss") -> list[float]:
        """Return the value of a metric in each fold.

        Raises:
            UnknownName: If there is no such metric.
        """
        require_figure("CrossValidation", metric, list(self.figures[0]))
        return [each.get(metric, math.nan) for each in self.figures]

    def interval(self, metric: str = "loss") -> Figure:
        """Return the mean of a metric over folds (``value``) with its 95 % interval (``low``, ``high``).

        The interval allows for training sets that overlap, see :func:`~plastica.evaluation.over_folds.over_folds`
        (Nadeau and Bengio 2003).
        """
        return over_folds(self.values(metric), self.ratio)

    def intervals(self) -> dict[str, Figure]:
        """Return :meth:`interval` of the loss and each metric."""
        return {name: self.interval(name) for name in self.figures[0]}

    def difference(self, other: CrossValidation, metric: str = "loss") -> Figure:
        """Return the mean difference of a metric to another result on the same folds, with its 95 % interval.

        The difference is significant if the interval excludes 0 (``sure``): the corrected resampled t test.

        Raises:
            InvalidValue: If the other result has other folds.
        """
        pairs = zip(self.folds, other.folds, strict=False)
        if len(self) != len(other) or not all(np.array_equal(one.held_out, two.held_out) for one, two in pairs):
            raise InvalidValue("difference(): the results have different folds; use the same folds, repeats and seed.")
        gaps = np.subtract(self.values(metric), other.values(metric))
        return over_folds(gaps, self.ratio)

    @property
    def predictions(self) -> PyTree:
        """The out-of-fold predictions, ``(rows, ...)``: the mean over repeats, NaN for rows never held out."""
        sums = jax.tree.map(lambda part: np.zeros((self._rows, *part.shape[1:])), self._answers[0])
        counts = np.zeros(self._rows)
        for fold, answers in zip(self.folds, self._answers, strict=True):
            counts[fold.held_out] += 1
            for whole, part in zip(jax.tree.leaves(sums), jax.tree.leaves(answers), strict=True):
                whole[fold.held_out] += part
        with np.errstate(invalid="ignore"):
            return jax.tree.map(lambda whole: whole / counts.reshape(-1, *[1] * (whole.ndim - 1)), sums)

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each fold: its numbers, its sizes and its metrics."""
        import polars

        rows = [
            {
                "repeat": fold.repeat,
                "fold": fold.fold,
                "training_rows": len(fold.train),
                "held_out_rows": len(fold.held_out),
                **chosen,
                **figures,
            }
            for fold, chosen, figures in zip(self.folds, self.chosen, self.figures, strict=True)
        ]
        return polars.DataFrame(rows, infer_schema_length=None)

    def summary(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each metric: mean, standard deviation over folds, interval."""
        import polars

        rows = []
        for name, figure in self.intervals().items():
            spread = spread_of(self.values(name))
            rows.append(
                {"metric": name, "mean": figure.value, "spread": spread, "low": figure.low, "high": figure.high}
            )
        return polars.DataFrame(rows, infer_schema_length=None)


def _written(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.4g}"
    return f"{figure.value:.4g} ({figure.low:.4g} to {figure.high:.4g})"
