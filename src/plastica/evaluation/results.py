"""A model beside the baselines on the same held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from msgspec.structs import replace

from ..checks.prepared import Prepared
from ..data.inputs import truth_of
from ..notes import Note
from ..settings import Settings
from .baselines import Baseline, fit_baselines
from .decisions import Decision, usual_decision
from .naive import naive_answers
from .scores import Figure, Scores, main_figure, score
from .thresholds import choose_decision
from .verdicts import Verdict, conclude, verdict_from


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures on held-out rows.

    Args:
        rows: How many rows those were.
        scores: For the model that was kept ("network", "linear" or "trees") and each beside it the figures by name.
        difference: That of the verdict; None without another model.
        main: The figure that decides which model is better.
        beside: The best of the other models.
        verdict: What may be concluded; None in files of a plastica that kept none: :meth:`concluded` says it.
    """

    rows: int
    scores: dict[str, Scores]
    difference: Figure | None
    main: str
    beside: str = "linear"
    verdict: Verdict | None = None

    def concluded(self) -> Verdict:
        """Return the verdict, or of an older file what its figures tell."""
        return self.verdict or verdict_from(self.scores, self.main, self.difference, self.beside, self.rows)


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
    prepared: Prepared,
    answers: Mapping[str, np.ndarray],
    decisions: Mapping[str, Decision],
    own: str = "network",
) -> tuple[Results, Judged] | tuple[None, None]:
    """Score the run's own model and those beside it on the held-out rows.

    Args:
        prepared: The table, dealt and encoded.
        answers: Every model's for the held-out rows.
        decisions: How each one's shares become answers; empty for numbers.
        own: The model that the run keeps.
    """
    test = prepared.split.test
    if not len(test):
        return None, None
    target, y = prepared.target, truth_of(prepared.target, prepared.y)
    order = [own, *(name for name in answers if name != own)]
    made = Judged(
        target.task,
        test,
        y[test],
        {name: answers[name] for name in order},
        {name: decisions[name] for name in order if name in decisions},
        own,
    )
    return _results(prepared, made), made


def fit_beside(
    prepared: Prepared,
    notes: list[Note],
    names: tuple[str, ...],
    wanted: str = "",
    rows: np.ndarray | None = None,
) -> dict[str, Baseline]:
    """Fit other models on the rows that the network learned from.

    Args:
        prepared: The table, dealt and encoded.
        notes: A list that takes what is to be said.
        names: Which: "linear", "trees", "dummy".
        wanted: The one that a person asked for.
        rows: The rows to learn from; None for the training rows.
    """
    target, train = prepared.target, prepared.split.train if rows is None else rows
    y = truth_of(target, prepared.y)
    return fit_baselines(
        target.task, prepared.x[train], y[train], len(target.classes), prepared.layout, names, notes, wanted
    )


def decision_of(
    name: str, prepared: Prepared, settings: Settings, answers: np.ndarray, shift: tuple[float, ...] = ()
) -> Decision | None:
    """Choose how a model's shares become answers, all by the same rule on the same rows; None for numbers.

    Args:
        name: The model.
        prepared: The table, dealt and encoded.
        settings: What a person asks for.
        answers: The model's for the validation rows.
        shift: How many times more than in the table each class counted in its training.
    """
    target, held = prepared.target, prepared.split.validation
    if target.task == "regression":
        return None
    chosen = choose_decision(settings, target, prepared.rare, shift, prepared.y[held], answers)
    if name == "dummy" and chosen.aim:  # a guess is the commonest class, not what scores best
        usual = usual_decision(target.task, target.outputs)
        return replace(usual, positive=chosen.positive, costs=chosen.costs)
    return chosen


def judge_again(
    prepared: Prepared, settings: Settings, own: str, answers: np.ndarray, decision: Decision | None
) -> tuple[Results, Judged] | tuple[None, None]:
    """Judge a model that was loaded, beside others fitted anew; as :func:`judge`.

    Args:
        prepared: The rows it came from, dealt as then.
        settings: How it was made.
        own: Which kind of model it is.
        answers: Its own for the held-out rows.
        decision: How its shares become answers.
    """
    held = len(prepared.split.validation)
    rows = np.concatenate([prepared.split.validation, prepared.split.test])
    fitted = fit_beside(prepared, [], beside(settings, own))
    others = {name: model.answers(prepared.x[rows]) for name, model in fitted.items()}
    others |= naive_answers(prepared, rows) if settings.baselines else {}
    decisions = {} if decision is None else {own: decision}
    for name, found in others.items():
        chosen = decision_of(name, prepared, settings, found[:held])
        decisions |= {} if chosen is None else {name: chosen}
    return judge(prepared, {own: answers, **{name: found[held:] for name, found in others.items()}}, decisions, own)


def beside(settings: Settings, own: str) -> tuple[str, ...]:
    """Return which models stand beside the one that is kept."""
    names = settings.baselines if settings.model != "best" else ("linear", "trees", *settings.baselines)
    return tuple(name for name in dict.fromkeys(names) if name != own)


def _results(prepared: Prepared, judged: Judged) -> Results:
    target, decisions = prepared.target, judged.decisions
    main = main_of(prepared, bool(decisions) and bool(decisions[judged.own].costs))
    scores = {
        name: score(target.task, judged.y, found, decisions.get(name), target.names)
        for name, found in judged.answers.items()
    }
    if main not in scores[judged.own]:  # one class only among the held-out rows
        main = main_figure(target.task)
    verdict = conclude(prepared, judged, scores, main)
    return Results(len(judged.y), scores, verdict.difference, main, verdict.rival, verdict)


def main_of(prepared: Prepared, costs: bool) -> str:
    """Return the figure that decides which model is better."""
    return main_figure(prepared.target.task, prepared.target.outputs, bool(prepared.rare), costs)
