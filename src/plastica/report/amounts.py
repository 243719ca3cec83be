"""The errors of a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..evaluation.scores import Scores, score
from . import charts
from .judged import HeldOutAnswers
from .wording import plain

if TYPE_CHECKING:
    from ..tables import TableNetwork

MOST_OUTPUTS, MOST_POINTS = 6, 800
QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Amount:
    """The errors of one target.

    Args:
        name: The column.
        charts: Predicted over true values, residuals over predicted values, the histogram of residuals.
        quantiles: Quantiles of the absolute error.
        bias: The mean residual, predicted minus true.
        figures: The metrics of this target.
        points: The number of rows in the charts.
    """

    name: str
    charts: tuple[Markup, ...]
    quantiles: tuple[tuple[float, float], ...]
    bias: float
    figures: Scores
    points: int


def describe(network: TableNetwork, judged: HeldOutAnswers) -> tuple[Amount, ...]:
    """Return the errors of each target, for at most six."""
    truth, answers = judged.y.reshape(len(judged.y), -1), judged.network.reshape(len(judged.y), -1)
    names = network.target.names[:MOST_OUTPUTS]
    return tuple(_amount(name, truth[:, at], answers[:, at], f"amount{at}") for at, name in enumerate(names))


def _amount(name: str, truth: np.ndarray, predicted: np.ndarray, key: str) -> Amount:
    errors = predicted - truth
    kept = np.unique(np.linspace(0, len(truth) - 1, MOST_POINTS).astype(np.int64))
    drawn = (
        charts.against(truth[kept], predicted[kept], f"{key}-true"),
        charts.residuals(predicted[kept], errors[kept], f"{key}-residuals"),
        charts.histogram(errors, f"{key}-histogram"),
    )
    quantiles = np.quantile(np.abs(errors), QUANTILES).tolist()
    return Amount(
        plain(name, 80),
        drawn,
        tuple(zip(QUANTILES, quantiles, strict=True)),
        float(errors.mean()),
        score("regression", truth, predicted),
        len(kept),
    )
