"""Cross-validation of a model for a table: each row is predicted by a model that was trained without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypedDict

import msgspec
import numpy as np

from ..checks.leaks import twins_across
from ..checks.prepared import Prepared
from ..data.inputs import truth_of
from ..errors import InvalidValue
from ..evaluation.cross_scores import CrossScores, FoldAnswers, pooled, values_of
from ..evaluation.decisions import Decision
from ..evaluation.judged import Judged
from ..evaluation.results import Results, judge_again, main_of
from ..evaluation.scores import main_figure
from ..evaluation.thresholds import choose_decision
from ..evaluation.verdicts import conclude
from ..notes import Note
from ..populations.together import TogetherOptions
from ..settings import Settings
from .cross_networks import train_fold_networks
from .cross_rows import CrossRows, cross_rows, prepared_for, scheme_of
from .evaluated import Made, Trained
from .facts import TableFacts, Training
from .preparation import rows_of
from .selection import Chosen, choose_model
from .training import FitOptions

BEST = "best"  # the model chosen in each fold, among the models
FOLDS, FINAL = "folds", "network"  # folders of checkpoints


class FoldOptions(TypedDict, total=False):
    """Where checkpoints of a part of the run are, and whether to resume from them."""

    checkpoint: str | Path | None
    resume: bool


class Crossed(NamedTuple):
    """A cross-validation of a table.

    Attributes:
        parts: The rows of each fold.
        tables: The table as encoded for it.
        trained: Its network, if one was trained.
        chosen: Its model.
        answers: The predictions of all models for its held-out rows.
        notes: Notes on the models.
    """

    parts: list[CrossRows]
    tables: list[Prepared]
    trained: list[Trained]
    chosen: list[Chosen]
    answers: list[FoldAnswers]
    notes: tuple[Note, ...]


def crossed(
    kind: type[Made],
    prepared: Prepared,
    settings: Settings,
    options: FitOptions,
    final: Callable[[Settings, FitOptions], Made],
) -> Made:
    """Evaluate a model by cross-validation, and return the saved one.

    Args:
        kind: The class of the result.
        prepared: The table, split and encoded.
        settings: The settings, with ``folds``.
        options: As for ``Sequential.fit``.
        final: Trains a model on all training rows with these settings and options.

    Raises:
        InvalidValue: If the folds do not fit the rows, or callbacks are given.
    """
    if options.get("callbacks"):
        raise InvalidValue(f"callbacks= are for one network; with folds={settings.folds}, leave them out.")
    parts = cross_rows(prepared, settings)
    began = time.perf_counter()
    found = _cross(prepared, settings, parts, options)
    scores, judged = _scored(prepared, settings, found)
    if settings.keep_folds:
        made = _kept(kind, prepared, settings, found, scores, judged)
    else:
        made = final(_alone(settings, len(parts), time.perf_counter() - began), _inside(options, FINAL))
    own = made.facts.model
    scores = _named(scores, own)
    facts = msgspec.structs.replace(
        made.facts, settings=settings, cross_validation=scores, notes=(*made.facts.notes, *found.notes)
    )
    if facts.results is None:
        judged = _named_judged(judged, own)
        facts = msgspec.structs.replace(facts, results=_results(prepared, scores, judged, parts))
        made = replace(made, judged=judged)
    return replace(made, facts=facts, out_of_fold=tuple(zip(found.parts, _own_answers(found, own), strict=True)))


def _cross(prepared: Prepared, settings: Settings, parts: list[CrossRows], options: FitOptions) -> Crossed:
    tables = [prepared_for(prepared, settings, part) for part in parts]
    trained = [Trained()] * len(parts)
    if settings.model in ("network", BEST):
        shown = options.get("verbose", 0)
        together = TogetherOptions(
            settings.epochs,
            settings.batch_size,
            1 if shown == "live" else shown,
            _limit(settings, len(parts)),
            cluster=options.get("cluster"),
            **_checkpoint(options, FOLDS if options.get("cluster") is None else f"{FOLDS}-parts"),
        )
        trained = train_fold_networks(parts, tables, settings, together)
    chosen, said = [], list[Note]()
    for table, own in zip(tables, trained, strict=True):
        notes: list[Note] = []
        chosen.append(choose_model(table, settings, own.network, own.shift, notes, own.folds))
        said += [each for each in notes if each.key != "deciding.chosen" and each not in said]
    answers = [_answers(part, each, settings) for part, each in zip(parts, chosen, strict=True)]
    return Crossed(parts, tables, trained, chosen, answers, tuple(said))


def _answers(part: CrossRows, chosen: Chosen, settings: Settings) -> FoldAnswers:
    answers, decisions = dict(chosen.answers), dict(chosen.decisions)
    if settings.model == BEST:
        answers[BEST] = answers[chosen.own]
        decisions |= {BEST: decisions[chosen.own]} if chosen.own in decisions else {}
    return FoldAnswers(part.held_out, answers, decisions)


def _scored(prepared: Prepared, settings: Settings, found: Crossed) -> tuple[CrossScores, Judged]:
    """Return the metrics of each fold, and the out-of-fold predictions of the first repeat."""
    target, y, own = prepared.target, truth_of(prepared.target, prepared.y), settings.model
    values = values_of(target.task, y, found.answers, target.names)
    main = main_of(prepared, settings.costs is not None)
    if None in values[own].get(main, (None,)):  # a fold has only one class
        main = main_figure(target.task, target.outputs)
    first = [each for part, each in zip(found.parts, found.answers, strict=True) if part.repeat == 0]
    how = scheme_of(prepared, settings)
    scores = CrossScores(
        folds=len(first),
        repeats=settings.repeats,
        split=how,
        by=prepared.scheme.by if how != "random" else "",
        stratified=how == "random" and target.task != "regression",
        rows=sum(len(each.rows) for each in first),
        ratio=float(np.mean([len(part.held_out) / len(part.train) for part in found.parts])),
        own=own,
        main=main,
        values={own: values[own], **values},
        chosen=tuple(each.own for each in found.chosen) if own == BEST else (),
        epochs=tuple(each.training.epochs for each in found.trained if each.network is not None),
    )
    return scores, pooled(target.task, y, first, own)


def _results(prepared: Prepared, scores: CrossScores, judged: Judged, parts: Sequence[CrossRows]) -> Results:
    """Return the results of the folds in the place of those on a test set."""
    fold_of = np.zeros(prepared.table.height, np.int64)
    for part in parts[: scores.folds]:
        fold_of[part.held_out] = part.fold
    numbers = fold_of[judged.rows]
    figures = scores.scores()
    twins = twins_across(prepared, judged.rows, numbers)
    verdict = conclude(prepared, judged, figures, scores.main, scores.difference, tuple(twins))
    return Results(scores.rows, figures, verdict.difference, scores.main, verdict.rival, verdict)


def _kept(
    kind: type[Made], prepared: Prepared, settings: Settings, found: Crossed, scores: CrossScores, judged: Judged
) -> Made:
    """Return the models of all folds as one, whose predictions are averaged."""
    members = tuple(
        kind(chosen.model, table.encoder, table.target, _facts(table, settings, chosen, own))
        for table, chosen, own in zip(found.tables, found.chosen, found.trained, strict=True)
    )
    decision = _decision(prepared, settings, found, judged)
    facts = msgspec.structs.replace(
        members[0].facts,
        columns=prepared.columns,
        rows=rows_of(prepared),
        training=Training(0, None, ""),
        notes=prepared.notes,
        decision=decision,
        shift=(),
        cross_validation=_named(scores, members[0].facts.model),
    )
    made = kind(members[0].model, members[0].encoder, prepared.target, facts, members=members)
    test = prepared.split.test
    if not len(test):
        return made
    answers = made.answers_on(prepared.table.take(test), [])
    results, judged_on_test = judge_again(prepared, settings, facts.model, answers, decision)
    return replace(made, facts=msgspec.structs.replace(facts, results=results), judged=judged_on_test)


def _decision(prepared: Prepared, settings: Settings, found: Crossed, judged: Judged) -> Decision | None:
    """Return the decision of the mean of the folds, chosen on out-of-fold predictions."""
    if prepared.target.task == "regression":
        return None
    shifts = [each.shift for each in found.chosen if each.shift]
    shift = tuple(np.mean(shifts, axis=0).tolist()) if len(shifts) == len(found.chosen) else ()
    rows = judged.rows
    return choose_decision(
        settings, prepared.target, prepared.rare, shift, prepared.y[rows], judged.answers[judged.own]
    )


def _facts(table: Prepared, settings: Settings, chosen: Chosen, trained: Trained) -> TableFacts:
    return TableFacts(
        source=table.table.source,
        settings=settings,
        columns=table.columns,
        rows=rows_of(table),
        training=trained.training if chosen.own == "network" else Training(0, None, ""),
        decision=chosen.decisions.get(chosen.own),
        shift=chosen.shift,
        model=chosen.own,
    )


def _named(scores: CrossScores, own: str) -> CrossScores:
    """Return the metrics with those of the model chosen in each fold under the name of the saved one."""
    if scores.own != BEST:
        return scores
    values = {
        own: scores.values[BEST],
        **{name: each for name, each in scores.values.items() if name not in (own, BEST)},
    }
    return msgspec.structs.replace(scores, own=own, values=values)


def _named_judged(judged: Judged, own: str) -> Judged:
    if judged.own != BEST:
        return judged

    def named(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {own: found[BEST], **{name: each for name, each in found.items() if name not in (own, BEST)}}

    decisions = {own: judged.decisions[BEST], **judged.decisions} if judged.decisions else {}
    decisions.pop(BEST, None)
    decided = None if judged.decided is None else named(dict(judged.decided))
    return replace(judged, own=own, answers=named(dict(judged.answers)), decisions=decisions, decided=decided)


def _own_answers(found: Crossed, own: str) -> Sequence[FoldAnswers]:
    """Return the predictions of the evaluated model alone."""
    made = []
    for each in found.answers:
        name = BEST if BEST in each.answers else own
        decisions = {own: each.decisions[name]} if name in each.decisions else {}
        made.append(FoldAnswers(each.rows, {own: each.answers[name]}, decisions))
    return made


def _limit(settings: Settings, folds: int) -> float | None:
    """Return the part of the time limit that the folds have; the final network has as much as each of them."""
    if settings.time_limit is None or settings.keep_folds:
        return settings.time_limit
    return settings.time_limit * folds / (folds + 1)


def _alone(settings: Settings, folds: int, seconds: float) -> Settings:
    """Return the settings of the final model."""
    limit = settings.time_limit
    if limit is not None:
        limit = max(limit - seconds, limit / (folds + 1))
    return msgspec.structs.replace(settings, folds=None, repeats=1, keep_folds=False, time_limit=limit)


def _checkpoint(options: FitOptions, part: str) -> FoldOptions:
    folder = options.get("checkpoint")
    if folder is None:
        return {}
    path = Path(folder) / part
    return {"checkpoint": path, "resume": bool(options.get("resume")) and path.exists()}


def _inside(options: FitOptions, part: str) -> FitOptions:
    made: FitOptions = {**options, "cluster": None}  # one small network trains faster here
    found = _checkpoint(options, part)
    if "checkpoint" in found and "resume" in found:
        made["checkpoint"], made["resume"] = found["checkpoint"], found["resume"]
    return made
