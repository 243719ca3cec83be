"""Metrics and predictions for a table larger than memory, computed in parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..data.inputs import renamed, truth_of
from ..data.streaming_files import Files, open_files
from ..data.streaming_survey import PRIORITY, chances
from ..data.table import show
from ..errors import DataError
from ..evaluation.scores import Scores, score
from ..notes import Note, note
from .answers import Answers
from .base import BaseTableNetwork

MOST_JUDGED = 1_000_000  # maximum number of rows whose predictions are in memory at the same time


def predict_chunks(network: BaseTableNetwork, source: str | Path | Files) -> Iterator[Answers]:
    """Yield predictions for the rows of a file or folder in order, a few thousand rows at a time."""
    files = source if isinstance(source, Files) else open_files(source)
    for table in files.tables():
        yield network.predict(table)


def evaluate_chunks(
    network: BaseTableNetwork, source: str | Path | Files, target: str | None = None
) -> tuple[Scores, int, tuple[Note, ...]]:
    """Return the metrics on the rows of a file or folder, the number of rows, and notes.

    If there are more than ``MOST_JUDGED`` rows, metrics and intervals are computed on a uniform sample of this size.

    Args:
        network: The network.
        source: As for :func:`predict_chunks`, with a target.
        target: The name of the target column, if it differs from training; only for a single target.

    Raises:
        DataError: If the target or another column is missing, or a label is not one of the classes; with the row.
        InvalidValue: If a name is given for several targets.
    """
    files = source if isinstance(source, Files) else open_files(source)
    aim, notes = network.target, dict[Note, None]()
    parts: list[tuple[np.ndarray, ...]] = []
    rows, judged, limit = 0, 0, 1.0
    for whole in files.tables():
        table = renamed(whole, aim, target)
        present = np.flatnonzero(~aim.missing(table))
        found = chances(rows + present, 0, PRIORITY)
        rows, judged = rows + table.height, judged + len(present)
        kept = found < limit
        if kept.any():
            said: list[Note] = []
            taken = table.take(present[kept])
            parts.append((found[kept], truth_of(aim, aim.encode(taken)), network.answers_on(taken, said)))
            notes |= dict.fromkeys(said[: max(0, 10 - len(notes))])
        if sum(len(part[0]) for part in parts) > 2 * MOST_JUDGED:
            parts, limit = _fewer(parts)
    if not parts:
        raise DataError(f"the target {show(aim.name)} of {files.name} has no values.")
    parts, _ = _fewer(parts)
    _, y, answers = parts[0]
    if judged < rows:
        notes[note("target.without_target", rows=note("words.rows", count=rows - judged))] = None
    if len(y) < judged:
        notes[note("deciding.evaluated_sample", rows=len(y), all=judged)] = None
    scores = score(network.task, y, answers, network.facts.decision, aim.names)
    return scores, len(y), tuple(notes)


def _fewer(parts: list[tuple[np.ndarray, ...]]) -> tuple[list[tuple[np.ndarray, ...]], float]:
    """Return at most ``MOST_JUDGED`` rows with the smallest random numbers, and the upper bound of these numbers."""
    found, y, answers = (np.concatenate(each) for each in zip(*parts, strict=True))
    if len(found) <= MOST_JUDGED:
        return [(found, y, answers)], 1.0
    limit = float(np.partition(found, MOST_JUDGED)[MOST_JUDGED])
    kept = found < limit
    return [(found[kept], y[kept], answers[kept])], limit
