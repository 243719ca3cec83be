"""The plan for a table larger than memory: inferred from a survey of its rows, with counts over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from ..checks.partition import without_groups
from ..data.columns import Column, infer_columns
from ..data.encoding import TableEncoder
from ..data.streaming_files import Files
from ..data.streaming_survey import Survey, survey
from ..data.table import Table, show
from ..data.target import Target, choose_target, target_names
from ..data.values import missing
from ..errors import DataError, InvalidValue
from ..evaluation.imbalance import check_fits
from ..notes import Note, note
from ..settings import Settings
from .streamed_split import Splitter, splitter_for

MOST_HELD_OUT = 100_000


@dataclass(frozen=True, eq=False)
class StreamPlan:
    """The decisions made from the survey.

    Args:
        files: The files to read.
        found: The survey.
        target: The target.
        encoder: The encoder, fitted to the training rows of the sample.
        columns: The descriptions of the columns, inferred from the survey.
        splitter: Assigns each row to training, validation or test set.
        notes: Assumptions.
    """

    files: Files
    found: Survey
    target: Target
    encoder: TableEncoder
    columns: tuple[Column, ...]
    splitter: Splitter
    notes: tuple[Note, ...]

    @property
    def outputs(self) -> int:
        """The number of targets per row on disk."""
        return self.target.outputs if self.target.task == "multilabel" else len(self.target.names)

    @property
    def bytes(self) -> int:
        """The size on disk of all rows, encoded."""
        return 4 * (self.encoder.layout.width + self.outputs) * self.found.rows


@dataclass(frozen=True)
class Whole:
    """Counts of all rows, in memory or not.

    Args:
        train, validation, test: The number of rows in each set.
        columns: The descriptions of the columns, with the number of missing values in all rows.
    """

    train: int
    validation: int
    test: int
    columns: tuple[Column, ...]


def make_plan(files: Files, target: str | Sequence[str], settings: Settings) -> StreamPlan:
    """Survey the rows and infer the kind of each column.

    Raises:
        FileError, DataError: If something cannot be read or used; with file, row and column.
        InvalidValue: If a setting does not fit.
    """
    first = next(files.tables())
    names = target_names(first, target)
    for name in names:
        if name in settings.dropped:
            raise InvalidValue(f"{show(name)} is the target and cannot be dropped too.")
    found = survey(files, names, settings.seed)
    evidence = found.evidence.without(settings.dropped)
    chosen, evidence, said = choose_target(evidence, names, settings.task, settings.declared)
    check_fits(settings, chosen)
    columns = infer_columns(evidence, skip=chosen.names, declared=settings.declared)
    shares = _shares(settings, found.rows)
    dropped = infer_columns(found.evidence.without(name for name in first.names if name not in settings.dropped))
    splitter, how = splitter_for(found, (*columns, *dropped), chosen, settings, shares)
    columns = tuple(without_groups(column, splitter.scheme) for column in columns)
    parts = splitter.parts(found.sample, found.sample.positions - 1)
    sample = found.sample.without(settings.dropped)
    train = sample.take(np.flatnonzero(~chosen.missing(sample) & (parts == 0)))
    if not train.height:
        raise DataError(f"{files.name}: no rows with a target are left to train on.")
    read = note("reading.chunks", files=note("words.files", count=len(files.paths)), all=found.rows, rows=train.height)
    encoder = TableEncoder.fit(train, columns, ignored=(*chosen.names, *settings.dropped))
    notes = (*found.notes, *said, *how, read)
    return StreamPlan(files, found, chosen.fitted(train), encoder, encoder.described(columns), splitter, notes)


def _shares(settings: Settings, rows: int) -> tuple[float, float]:
    """Return the shares of test and validation set, so that each has a bounded number of rows."""
    wanted = [share if share < 1 else share / rows for share in (settings.test_share, settings.validation)]
    bounded = [min(share, MOST_HELD_OUT / rows) for share in wanted]
    if sum(bounded) >= 1:
        raise InvalidValue(
            f"test={settings.test} and validation={settings.validation} leave none of the {rows} rows for training."
        )
    return bounded[0], bounded[1]


def count_missing(table: Table, columns: Sequence[Column]) -> np.ndarray:
    """Return the number of missing values in each column of a table."""
    return np.array([_missing(table, column) for column in columns], np.int64)


def with_missing(columns: Sequence[Column], counts: np.ndarray) -> tuple[Column, ...]:
    """Return the columns with their numbers of missing values."""
    pairs = zip(columns, counts.tolist(), strict=True)
    return tuple(msgspec.structs.replace(column, missing=count) for column, count in pairs)


def _missing(table: Table, column: Column) -> int:
    try:
        return int(missing(table, column).sum())
    except DataError:  # only for columns that are left out; the encoder raises an error for the others
        return table.column(column.name).null_count()
