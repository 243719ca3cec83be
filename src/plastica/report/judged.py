"""The held-out rows with what was true, what each model answered and how wrong the model was."""

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
    """Answers on held-out rows.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        main: The name of the figure that counts first.
        scores: The figures of the model and of each baseline.
        rows: Where each held-out row stands in the prepared table.
        y: Class numbers ``(rows,)``, labels of 0 and 1 ``(rows, labels)``, or numbers in the targets' units.
        answers: Of "network" and each baseline: shares of classes or labels, or numbers shaped as ``y``.
        decisions: How each one's shares become answers; empty for numbers.
        decided: What the network decides on: class numbers, labels of 0 and 1, or numbers.
        losses: How wrong it is in each row: 1 for a wrong class, the share of labels that are wrong, the
            absolute error (of several targets the mean in units of their deviations).
        scales: Of several regression targets; 1 where there is one.
        own: Which model the run kept.
        verdict: What may be concluded.
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
        """What the run's own model answered."""
        return self.answers[self.own]

    @property
    def simple(self) -> str:
        """The name of the figure that single rows add up to, which any group of rows has."""
        return SIMPLE[self.task]

    def main_on(self, kept: np.ndarray) -> Figure | None:
        """Return the network's main figure on some of the rows; None where they do not tell it."""
        found = score(self.task, self.y[kept], self.network[kept], self.decisions.get(self.own))
        return found.get(self.main)

    def simple_on(self, kept: np.ndarray) -> Figure:
        """Return accuracy, the share of wrong labels or the mean error on some of the rows."""
        losses = self.losses[kept]
        if self.simple == "accuracy":
            return wilson(int((1 - losses).sum()), len(losses))
        return around(float(losses.mean()), losses, lowest=0.0)


def judge(network: TableNetwork, prepared: Prepared) -> HeldOutAnswers | None:
    """Return the answers on the held-out rows; None where no row was held out."""
    judged, results, facts, target = network.judged, network.facts.results, network.facts, prepared.target
    rows = prepared.split.test
    if not len(rows):
        return None
    if judged is None or results is None:  # a network that was loaded
        answers = network.answers(prepared.x[rows])
        results, judged = judge_again(prepared, facts.settings, facts.model, answers, facts.decision)
    if judged is None or results is None:
        return None
    scales = np.array(target.scales if len(target.scales) > 1 else [1.0])
    decided = decide(network, judged.answers[judged.own])
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
    """Return the classes or labels that the network decides on; numbers as they are."""
    return answers if network.facts.decision is None else network.facts.decision.decide(answers)


def row_losses(task: str, y: np.ndarray, decided: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return how wrong each row is, ``(rows,)``."""
    if task in ("binary", "multiclass"):
        return (decided != y).astype(np.float64)
    wrong = (decided != y).astype(np.float64) if task == "multilabel" else np.abs(decided - y) / scales
    return wrong.reshape(len(y), -1).mean(1)
