"""Results of a model and the baselines on the same test set."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from msgspec.structs import replace

from ..checks.prepared import Prepared
from ..data.inputs import truth_of
from ..notes import Note
from ..settings import Settings
from ..typing import Float, Int
from .baselines import Baseline, fit_baselines
from .decisions import Decision, usual_decision
from .judged import Judged
from .naive import naive_answers
from .scores import Figure, Scores, main_figure, score
from .thresholds import choose_decision
from .verdicts import Verdict, conclude, verdict_from


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The results on the test set.

    Args:
        rows: The number of test rows.
        scores: The metrics by name of the saved model ("network", "linear" or "trees") and of each other model.
        difference: The difference in the verdict; None without another model.
        main: The metric that decides which model is better.
        beside: The best of the other models.
        verdict: The verdict; None in older files, for which :meth:`concluded` computes it.
    """

    rows: int
    scores: dict[str, Scores]
    difference: Figure | None
    main: str
    beside: str = "linear"
    verdict: Verdict | None = None

    def concluded(self) -> Verdict:
        """Return the verdict, computed from the metrics for older files."""
        return self.verdict or verdict_from(self.scores, self.main, self.difference, self.beside, self.rows)


def judge(
    prepared: Prepared,
    answers: Mapping[str, np.ndarray],
    decisions: Mapping[str, Decision],
    own: str = "network",
) -> tuple[Results, Judged] | tuple[None, None]:
    """Evaluate the saved model and the others on the test set.

    Args:
        prepared: The table, split and encoded.
        answers: The predictions of each model for the test rows.
        decisions: The decision from probabilities to predictions for each model; empty for regression.
        own: The name of the saved model.
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
    rows: Int[np.ndarray, "rows"] | None = None,
) -> dict[str, Baseline]:
    """Fit other models to the training set of the network.

    Args:
        prepared: The table, split and encoded.
        notes: A list that receives notes.
        names: The models: "linear", "trees", "dummy".
        wanted: The model requested by the user.
        rows: The rows to fit; None for the training set.
    """
    target, train = prepared.target, prepared.split.train if rows is None else rows
    y = truth_of(target, prepared.y)
    return fit_baselines(
        target.task, prepared.x[train], y[train], len(target.classes), prepared.layout, names, notes, wanted
    )


def decision_of(
    name: str,
    prepared: Prepared,
    settings: Settings,
    answers: Float[np.ndarray, "rows *classes"],
    shift: tuple[float, ...] = (),
) -> Decision | None:
    """Return the decision of a model, chosen by the same rule and rows for all models; None for regression.

    Args:
        name: The model.
        prepared: The table, split and encoded.
        settings: The settings.
        answers: The predictions of the model for the validation rows.
        shift: The factor by which each class was overrepresented in training.
    """
    target, held = prepared.target, prepared.split.validation
    if target.task == "regression":
        return None
    chosen = choose_decision(settings, target, prepared.rare, shift, prepared.y[held], answers)
    if name == "dummy" and chosen.aim:  # the guess is the most frequent class, not the one with the best score
        usual = usual_decision(target.task, target.outputs)
        return replace(usual, positive=chosen.positive, costs=chosen.costs)
    return chosen


def judge_again(
    prepared: Prepared, settings: Settings, own: str, answers: np.ndarray, decision: Decision | None
) -> tuple[Results, Judged] | tuple[None, None]:
    """Evaluate a loaded model, with the other models fitted again; see :func:`judge`.

    Args:
        prepared: The rows, split as in training.
        settings: The settings of training.
        own: The kind of the model.
        answers: Its predictions for the test rows.
        decision: Its decision from probabilities to predictions.
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
    """Return the models to compare with the saved one."""
    names = settings.baselines if settings.model != "best" else ("linear", "trees", *settings.baselines)
    return tuple(name for name in dict.fromkeys(names) if name != own)


def _results(prepared: Prepared, judged: Judged) -> Results:
    target, decisions = prepared.target, judged.decisions
    main = main_of(prepared, bool(decisions) and bool(decisions[judged.own].costs))
    scores = {
        name: score(target.task, judged.y, found, decisions.get(name), target.names)
        for name, found in judged.answers.items()
    }
    if main not in scores[judged.own]:  # only one class in the test set
        main = main_figure(target.task)
    verdict = conclude(prepared, judged, scores, main)
    return Results(len(judged.y), scores, verdict.difference, main, verdict.rival, verdict)


def main_of(prepared: Prepared, costs: bool) -> str:
    """Return the metric that decides which model is better."""
    return main_figure(prepared.target.task, prepared.target.outputs, bool(prepared.rare), costs)
