"""Selection of the saved model: the one requested by the user, or the best on the validation set."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from ..checks.prepared import Prepared
from ..data.inputs import truth_of
from ..data.target import Target
from ..evaluation.baselines import Baseline
from ..evaluation.decisions import Decision
from ..evaluation.imbalance import corrected
from ..evaluation.naive import naive_answers
from ..evaluation.results import beside, decision_of, fit_beside, main_of
from ..evaluation.scores import LOWER_IS_BETTER, figure_named, main_figure, score
from ..model import Sequential
from ..notes import Note, note
from ..settings import Settings
from .facts import ModelKind
from .folds import Folds
from .linear import linear_network
from .networks import answers_from
from .trees import BoostedTrees

TableModel = Sequential | BoostedTrees
SIMPLEST_FIRST = ("linear", "trees", "network")


class Chosen(NamedTuple):
    """The selected model, and the predictions of all models.

    Attributes:
        own: The kind of the selected model.
        model: The selected model.
        shift: The factor by which each class was overrepresented in its training.
        answers: The predictions of each model for the test rows.
        decisions: The decision from probabilities to predictions of each model; empty for regression.
    """

    own: ModelKind
    model: TableModel
    shift: tuple[float, ...]
    answers: dict[str, np.ndarray]
    decisions: dict[str, Decision]


def answers_of(
    model: TableModel, x: np.ndarray, target: Target, shift: tuple[float, ...] = (), chosen: np.ndarray | None = None
) -> np.ndarray:
    """Return probabilities of classes or labels ``(rows, classes)``, or numbers in the units of the targets.

    Args:
        model: The model.
        x: Features.
        target: The target.
        shift: The factor by which each class was overrepresented in training.
        chosen: Which members of an ensemble to average for each row, ``(rows, members)``; None for all.
    """
    if isinstance(model, BoostedTrees):
        return model.answers(x)
    answers = answers_from(model, x, target.task, chosen)
    if target.task != "regression":
        return corrected(answers, shift)
    return target.decode(answers[:, 0] if target.outputs == 1 else answers)


def choose_model(
    prepared: Prepared,
    settings: Settings,
    network: Sequential | None,
    shift: tuple[float, ...],
    notes: list[Note],
    folds: Folds | None = None,
) -> Chosen:
    """Fit the models other than the network, and select the one to save.

    Args:
        prepared: The table, split and encoded.
        settings: The settings, with the model and the baselines requested by the user.
        network: The trained network, or None.
        shift: The factor by which each class was overrepresented in its training.
        notes: A list that receives notes.
        folds: The folds of the members of the network. Its predictions for the validation rows are then those of the
            members not trained on them. The other models are fitted to the training rows to predict the validation
            rows, and fitted again to both to predict the test rows, like the network.
    """
    _, held, test, _ = prepared.split
    rows = np.concatenate([held, test])
    wanted = settings.model if network is None else ""
    names = beside(settings, wanted) if len(test) else ("linear", "trees") if settings.model == "best" else ()
    fitted = fit_beside(prepared, notes, (wanted, *names) if wanted else names, wanted)
    answers = {name: model.answers(prepared.x[rows]) for name, model in fitted.items()}
    if folds is not None and len(test):
        fitted = fit_beside(prepared, [], tuple(fitted), wanted, folds.rows)
        answers = {
            name: _again(model, prepared, found, test)
            for (name, model), found in zip(fitted.items(), answers.values(), strict=True)
        }
    answers |= naive_answers(prepared, rows) if names and settings.baselines else {}
    if network is not None:
        answers["network"] = _answers(network, prepared, rows, shift)
        if folds is not None:
            left_out = folds.left_out[np.searchsorted(folds.rows, held)]
            answers["network"][: len(held)] = answers_of(network, prepared.x[held], prepared.target, shift, left_out)
    own = cast(ModelKind, settings.model)
    if settings.model == "best":
        own = _best(prepared, settings, {name: found[: len(held)] for name, found in answers.items()}, shift, notes)
    if own == "network":
        assert network is not None
        model: TableModel = network
    else:
        model = _kept(fitted[own], prepared, settings)
        answers[own] = _answers(model, prepared, rows, ())
    decisions = {}
    for name, found in answers.items():
        chosen = decision_of(name, prepared, settings, found[: len(held)], shift if name == "network" else ())
        decisions |= {} if chosen is None else {name: chosen}
    held_out = {name: found[len(held) :] for name, found in answers.items()}
    return Chosen(own, model, shift if own == "network" else (), held_out, decisions)


def _answers(model: TableModel, prepared: Prepared, rows: np.ndarray, shift: tuple[float, ...]) -> np.ndarray:
    target = prepared.target
    if not len(rows):
        return np.zeros((0, len(target.classes) or target.outputs))
    return answers_of(model, prepared.x[rows], target, shift)


def _again(model: Baseline, prepared: Prepared, answers: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the predictions of a model with those for the test rows replaced by its current ones."""
    return np.concatenate([answers[: len(answers) - len(test)], model.answers(prepared.x[test])])


def _kept(fitted: Baseline, prepared: Prepared, settings: Settings) -> TableModel:
    """Return a fitted model in the form that is saved in a file."""
    width = prepared.x.shape[1]
    if fitted.name == "trees":
        return BoostedTrees.of(fitted, width)
    return linear_network(fitted, prepared.target, width, settings.seed)


def _best(
    prepared: Prepared, settings: Settings, answers: dict[str, np.ndarray], shift: tuple[float, ...], notes: list[Note]
) -> ModelKind:
    """Return the model with the best main metric on the validation set; the simplest one of equal models."""
    target, held = prepared.target, prepared.split.validation
    y = truth_of(target, prepared.y)[held]
    figures = {}
    for name in (name for name in SIMPLEST_FIRST if name in answers):
        decision = decision_of(name, prepared, settings, answers[name], shift if name == "network" else ())
        figures[name] = score(target.task, y, answers[name], decision, target.names)
    main = main_of(prepared, settings.costs is not None)
    if any(main not in found for found in figures.values()):  # only one class in these rows
        main = main_figure(target.task)
    sign = 1 if main in LOWER_IS_BETTER else -1
    own = min(figures, key=lambda name: sign * figures[name][main].value)
    each: list[str | Note] = [
        note("deciding.model_value", model=note(f"rival_{name}"), value=f"{found[main].value:.4g}")
        for name, found in figures.items()
    ]
    told = {"model": note(f"rival_{own}"), "figure": figure_named(main), "rows": len(held)}
    notes.append(note("deciding.chosen", **told, all=each))
    return cast(ModelKind, own)
