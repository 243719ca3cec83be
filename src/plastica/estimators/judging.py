"""A model beside the baselines on the same held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from .asking import truth_of
from .baselines import baseline_answers
from .deciding import choose_decision
from .decisions import Decision, usual_decision
from .facts import Results
from .naive import naive_answers
from .preparing import Prepared
from .scores import main_figure, score
from .settings import Settings
from .verdicts import conclude


@dataclass(frozen=True, eq=False)
class Judged:
    """What each model answered for the held-out rows; not kept in the network's file.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        rows: The rows' numbers in ``prepared.table``.
        y: The truth: class numbers, labels, or numbers in the targets' units.
        answers: For "network", "linear", "trees" and "dummy" shares of classes or labels, or numbers.
        decisions: How each one's shares become answers; empty for numbers.
        own: Which of them is the run's own; the others stand beside it.
    """

    task: str
    rows: np.ndarray
    y: np.ndarray
    answers: Mapping[str, np.ndarray]
    decisions: Mapping[str, Decision]
    own: str = "network"

    def labels(self, model: str | None = None) -> np.ndarray:
        """Return what a model answers, by default the run's own: class numbers, 0 and 1 for each label, or numbers."""
        model = model or self.own
        found = self.answers[model]
        return self.decisions[model].decide(found) if model in self.decisions else found


def judge(
    prepared: Prepared, settings: Settings, answers: np.ndarray, decision: Decision | None, notes: list[str]
) -> tuple[Results, Judged] | tuple[None, None]:
    """Score the network and the baselines; each baseline's threshold is chosen on the same rows by the same rule.

    Args:
        prepared: The table, dealt and encoded.
        settings: With the baselines a person wants.
        answers: The network's for the held-out rows.
        decision: How its shares become answers; None for numbers.
        notes: A list that takes what is to be said.
    """
    train, held, test, _ = prepared.split
    if not len(test):
        return None, None
    target, y = prepared.target, truth_of(prepared.target, prepared.y)
    both = prepared.x[np.concatenate([held, test])]
    found = baseline_answers(
        target.task, prepared.x[train], y[train], both, len(target.classes), prepared.layout, settings.baselines, notes
    )
    found |= naive_answers(prepared, np.concatenate([held, test])) if settings.baselines else {}
    judged = {"network": answers} | {name: each[len(held) :] for name, each in found.items()}
    decisions = {}
    if decision is not None:
        chosen = {
            name: choose_decision(settings, target, prepared.rare, (), prepared.y[held], each[: len(held)])
            for name, each in found.items()
        }
        if "dummy" in chosen and chosen["dummy"].aim:  # a guess is the commonest class, not what scores best
            usual = usual_decision(target.task, target.outputs)
            kept = chosen["dummy"]
            chosen["dummy"] = replace(usual, positive=kept.positive, costs=kept.costs)
        decisions = {"network": decision} | chosen
    made = Judged(target.task, test, y[test], judged, decisions)
    return _results(prepared, made), made


def _results(prepared: Prepared, judged: Judged) -> Results:
    target, decisions = prepared.target, judged.decisions
    costs = bool(decisions) and bool(decisions["network"].costs)
    main = main_figure(target.task, target.outputs, bool(prepared.rare), costs)
    scores = {
        name: score(target.task, judged.y, found, decisions.get(name), target.names)
        for name, found in judged.answers.items()
    }
    if main not in scores[judged.own]:  # one class only among the held-out rows
        main = main_figure(target.task)
    verdict = conclude(prepared, judged, scores, main)
    return Results(len(judged.y), scores, verdict.difference, main, verdict.rival, verdict)
