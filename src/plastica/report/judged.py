"""The test rows with targets, predictions of each model, and losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..evaluation.decisions import Decision
from ..evaluation.intervals import around, wilson
from ..evaluation.results import judge_again
from ..evaluation.scores import Figure, Scores, score

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..evaluation.verdicts import Verdict
    from ..tables import TableNetwork

SIMPLE = {"binary": "accuracy", "multiclass": "accuracy", "multilabel": "hamming_loss", "regression": "mae"}


@dataclass(frozen=True, eq=False)
class HeldOutAnswers:
    """Predictions for the test set.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        main: The name of the main metric.
        scores: The metrics of the model and of each baseline.
        rows: The numbers of the test rows in the prepared table.
        y: Class indices ``(rows,)``, labels of 0 and 1 ``(rows, labels)``, or numbers in the units of the targets.
        answers: For the model and each baseline: probabilities of classes or labels, or numbers with the shape of
            ``y``.
        decisions: The decision from probabilities to predictions of each model; empty for regression.
        decided: The predictions of the model: class indices, labels of 0 and 1, or numbers.
        losses: The loss of each row: 1 for a wrong class, the share of wrong labels, the absolute error (for several
            targets, the mean in units of their standard deviations).
        scales: The standard deviations of several regression targets; 1 for a single one.
        own: The name of the saved model.
        verdict: The verdict.
    """

    task: str
    main: str
    scores: dict[str, Scores]
    rows: np.ndarray
    y: np.ndarray
    answers: Mapping[str, np.ndarray]
    decisions: Mapping[str, Decision]
    decided: np.ndarray
    losses: np.ndarray
    scales: np.ndarray
    own: str = "network"
    verdict: Verdict | None = None

    @property
    def network(self) -> np.ndarray:
        """The predictions of the saved model."""
        return self.answers[self.own]

    @property
    def simple(self) -> str:
        """The name of the metric that is a mean over rows and is therefore defined for any group of rows."""
        return SIMPLE[self.task]

    def main_on(self, kept: np.ndarray) -> Figure | None:
        """Return the main metric of the model on some of the rows; None if it is undefined for them."""
        found = score(self.task, self.y[kept], self.network[kept], self.decisions.get(self.own))
        return found.get(self.main)

    def simple_on(self, kept: np.ndarray) -> Figure:
        """Return accuracy, Hamming loss or mean error on some of the rows."""
        losses = self.losses[kept]
        if self.simple == "accuracy":
            return wilson(int((1 - losses).sum()), len(losses))
        return around(float(losses.mean()), losses, lowest=0.0)


def judge(network: TableNetwork, prepared: Prepared) -> HeldOutAnswers | None:
    """Return the predictions for the test set; None without one."""
    judged, results, facts, target = network.judged, network.facts.results, network.facts, prepared.target
    rows = prepared.split.test
    if not len(rows) and (judged is None or judged.decided is None):  # neither a test set nor out-of-fold predictions
        return None
    if judged is None or results is None:  # a loaded network
        answers = network.answers(prepared.x[rows])
        results, judged = judge_again(prepared, facts.settings, facts.model, answers, facts.decision)
    if judged is None or results is None:
        return None
    scales = np.array(target.scales if len(target.scales) > 1 else [1.0])
    own = judged.answers[judged.own]
    decided = decide(network, own) if judged.decided is None else judged.labels()
    losses = row_losses(target.task, judged.y, decided, scales)
    return HeldOutAnswers(
        task=target.task,
        main=results.main,
        scores=results.scores,
        rows=judged.rows,
        y=judged.y,
        answers=judged.answers,
        decisions=judged.decisions,
        decided=decided,
        losses=losses,
        scales=scales,
        own=judged.own,
        verdict=results.concluded(),
    )


def decide(network: TableNetwork, answers: np.ndarray) -> np.ndarray:
    """Return the predicted classes or labels; numbers are unchanged."""
    return answers if network.facts.decision is None else network.facts.decision.decide(answers)


def row_losses(task: str, y: np.ndarray, decided: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return the loss of each row, ``(rows,)``."""
    if task in ("binary", "multiclass"):
        return (decided != y).astype(np.float64)
    wrong = (decided != y).astype(np.float64) if task == "multilabel" else np.abs(decided - y) / scales
    return wrong.reshape(len(y), -1).mean(1)
