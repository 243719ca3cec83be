"""Comparison of runs: their different settings, their metrics, and the significance of differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from ..data.labelling import Target
from ..data.table import Table, show
from ..errors import DataError, FileError, InvalidValue
from ..evaluation.decisions import Decision
from ..evaluation.scores import LOWER_IS_BETTER, Figure, Scores, difference, main_figure
from ..notes import Note, note
from ..storage import read_model
from .facts import TableFacts
from .held_out import HeldOut, read_held_out
from .serialization import upgraded

HELD_OUT = note("deciding.on_held_out")
PAIRED = {
    "binary": ("accuracy", "balanced_accuracy", "average_precision", "log_loss", "mean_cost"),
    "multiclass": ("accuracy", "balanced_accuracy", "log_loss", "mean_cost"),
    "multilabel": ("micro_f1",),
    "regression": ("mae", "r2"),
}


@dataclass(frozen=True)
class Compared:
    """One run in a comparison.

    Args:
        name: The name given by the user.
        facts: Its settings and data.
        rows: The number of rows on which it was evaluated.
        scores: Its metrics.
        differs: The settings and data in which the runs differ, as text.
        difference: The difference of its metric from the best run, paired by rows; None for the best run, for different
            rows, and for metrics without a paired form.
    """

    name: str
    facts: TableFacts
    rows: int
    scores: Scores
    differs: Mapping[str, str]
    difference: Figure | None = None


@dataclass(frozen=True)
class RunComparison:
    """A comparison of runs, best first.

    Args:
        target: The common target.
        on: The rows on which they were evaluated.
        by: The metric by which they are sorted.
        runs: The runs.
        notes: Notes.
    """

    target: Target
    on: Note
    by: str
    runs: tuple[Compared, ...]
    notes: tuple[Note, ...] = ()


def compare_held_out(paths: Mapping[str, Path], by: str | None = None) -> RunComparison:
    """Compare the stored results of runs on their test sets; the models are not loaded.

    Args:
        paths: The model file of each run.
        by: The metric to sort by. Default: the main metric of the task.

    Raises:
        InvalidValue: If there are fewer than two runs, or they do not have the metric.
        DataError: If they have different targets, or one has no test set.
    """
    targets, facts = _read(paths)
    target = _one_target(targets)
    rows: dict[str, HeldOut | None] = {}
    runs = []
    for name, path in paths.items():
        results = facts[name].results
        if results is None:
            raise DataError(f"{show(name)} has no held-out rows, so it has no results. Compare on a table: --on FILE.")
        runs.append(Compared(name, facts[name], results.rows, results.scores[facts[name].model], {}))
        rows[name] = read_held_out(path.parent, target)
    runs = _told_apart(runs)
    return _sorted(target, HELD_OUT, runs, rows, by)


def compare_on(paths: Mapping[str, Path], table: Table, by: str | None = None) -> RunComparison:
    """Compare models by evaluating each on one table.

    Args:
        paths: The model file of each run.
        table: Rows with the target.
        by: The metric to sort by. Default: the main metric of the task.

    Raises:
        InvalidValue: If there are fewer than two runs, or they do not have the metric.
        DataError: If they have different targets, or the table lacks a required column.
    """
    from .table import TableNetwork

    targets, facts = _read(paths)
    target = _one_target(targets)
    rows: dict[str, HeldOut | None] = {}
    runs, notes = [], []
    for name, path in paths.items():
        judged = TableNetwork.load(path).judge_on(table)
        notes += [note("deciding.of_run", run=name, note=each) for each in judged.notes]
        runs.append(Compared(name, facts[name], len(judged.y), judged.scores, {}))
        rows[name] = HeldOut(judged.places, judged.y, judged.answers)
    found = _sorted(
        target,
        note("deciding.on_table", rows=note("words.rows", count=runs[0].rows), source=table.source),
        _told_apart(runs),
        rows,
        by,
    )
    return replace(found, notes=(*notes, *found.notes))


def _read(paths: Mapping[str, Path]) -> tuple[dict[str, Target], dict[str, TableFacts]]:
    if len(paths) < 2:
        raise InvalidValue(f"compare: expected at least two runs, got {len(paths)}.")
    targets, facts = {}, {}
    for name, path in paths.items():
        _, document = read_model(path)
        kept = document.get("extra", {}).get("table")
        if not isinstance(kept, dict):
            raise FileError(f"{path} contains a network that was not trained on a table; there is nothing to compare.")
        try:
            kept = upgraded(kept)
            targets[name], facts[name] = Target.from_dict(kept.get("target")), TableFacts.from_dict(kept.get("facts"))
        except DataError as error:
            raise FileError(f"{path} is damaged, or from another version of plastica: {error}") from None
    return targets, facts


def _one_target(targets: Mapping[str, Target]) -> Target:
    (name, first), *others = targets.items()
    for other, target in others:
        if (target.names, target.task, target.classes) != (first.names, first.task, first.classes):
            raise DataError(
                f"{show(name)} predicts {_what(first)}, {show(other)} predicts {_what(target)}; only runs with the "
                "same target can be compared."
            )
    return first


def _what(target: Target) -> str:
    listed = ", ".join(map(str, target.classes[:5])) + (" ..." if len(target.classes) > 5 else "")
    return f"{show(target.name)} ({target.task}{': ' if listed else ''}{listed})"


def _told_apart(runs: list[Compared]) -> list[Compared]:
    """Add to each run the settings and data in which the runs differ."""
    made = [_circumstances(run.facts) for run in runs]
    names = [name for name in made[0] if len({each.get(name) for each in made}) > 1]
    return [
        replace(run, differs={name: each.get(name, "") for name in names}) for run, each in zip(runs, made, strict=True)
    ]


def _circumstances(facts: TableFacts) -> dict[str, str]:
    settings = {name: _written(value) for name, value in msgspec.structs.asdict(facts.settings).items()}
    used = sum(column.used for column in facts.columns)
    rows, training = facts.rows, facts.training
    return {
        "table": facts.source,
        **settings,
        "columns_used": str(used),
        "training_rows": str(rows.train),
        "model_kept": facts.model,
        "epochs_made": str(training.epochs),
        "best_epoch": _written(training.best_epoch),
    }


def _written(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return ",".join(map(_written, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sorted(
    target: Target, on: Note, runs: list[Compared], rows: Mapping[str, HeldOut | None], by: str | None
) -> RunComparison:
    known = [name for name in runs[0].scores if all(name in run.scores for run in runs)]
    results = runs[0].facts.results
    name = by or (results.main if results is not None else main_figure(target.task, target.outputs))
    name = name if by or name in known else known[0]
    if name not in known:
        raise InvalidValue(f"--by {name}: the runs do not have this metric. Available: {', '.join(known)}.")
    sign = 1 if name in LOWER_IS_BETTER else -1
    best, *others = sorted(runs, key=lambda run: sign * run.scores[name].value)
    paired = [replace(run, difference=_paired(target, name, rows, run, best)) for run in others]
    notes = []
    if any(not _same(rows, run, best) for run in others):
        notes.append(note("deciding.other_rows"))
    return RunComparison(target, on, name, (best, *paired), tuple(notes))


def _same(rows: Mapping[str, HeldOut | None], one: Compared, other: Compared) -> bool:
    first, second = rows[one.name], rows[other.name]
    return first is not None and second is not None and first.same_rows(second)


def _paired(
    target: Target, by: str, rows: Mapping[str, HeldOut | None], run: Compared, best: Compared
) -> Figure | None:
    first, second = rows[run.name], rows[best.name]
    if by not in PAIRED[target.task] or first is None or second is None or not _same(rows, run, best):
        return None
    decisions = (run.facts.decision, best.facts.decision)
    pair: tuple[Decision, Decision] | None = None
    if decisions[0] is not None and decisions[1] is not None:
        pair = (decisions[0], decisions[1])
        if by == "mean_cost" and pair[0].costs != pair[1].costs:
            return None  # each run has a cost matrix with its own unit
    return difference(target.task, np.asarray(first.y), first.answers, second.answers, by, pair)
