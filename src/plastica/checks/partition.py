"""Splits into training, validation and test set: time series by time, others at random, or as requested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np

from ..data.clock import Clock, find_clocks, named_clock
from ..data.columns import Column
from ..data.labelling import read_target
from ..data.series import Series, codes_of, find_series, make_series
from ..data.splitting import Split, split, split_by_group, split_in_order
from ..data.table import Table, show
from ..data.target import Target
from ..errors import DataError, InvalidValue
from ..notes import Note, note
from ..settings import LAST, Settings
from ..typing import Float, Int

SplitKind = Literal["random", "time", "group", "order"]
UNKNOWN = 0.01  # of the last rows; if more have classes without training rows, a split by time is not possible


class RowCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sizes of the training, validation and test set.

    Args:
        train: The number of training rows, to which the weights and the encoding were fitted.
        validation: The number of validation rows.
        test: The number of test rows.
        stratified: Whether the split was stratified.
        digest: A digest that identifies these rows, without those of a test file.
        split: How they were split: "random", "time", "group", or "order" for the last rows of the table.
        by: The column for "time" and "group".
        first_test: The time stamp of the first test row for "time".
        test_file: The file of the test rows; empty if they are from the table.
    """

    train: int
    validation: int
    test: int
    stratified: bool
    digest: str
    split: Literal["random", "time", "group", "order"] = "random"
    by: str = ""
    first_test: str = ""
    test_file: str = ""


@dataclass(frozen=True, eq=False)
class Scheme:
    """The method of a split.

    Args:
        split: "random", "time", "group", or "order" for the last rows of the table.
        by: The column for "time" or "group".
        first_test: The time stamp of the first test row for "time".
        test_file: The file of the test rows; empty if they are from the table.
        series: The rows in the order of time for "time".
        stratified: Whether the split is stratified.
        groups: The group of each row for "group".
        searched: Whether the rows were searched for a series that random splits would flatter, and none was found.
    """

    split: SplitKind = "random"
    by: str = ""
    first_test: str = ""
    test_file: str = ""
    series: Series | None = None
    stratified: bool = False
    groups: np.ndarray | None = None
    searched: bool = False


def partition(
    table: Table, columns: Sequence[Column], target: Target, settings: Settings, labels: Int[np.ndarray, "rows"] | None
) -> tuple[Split, Scheme]:
    """Split the rows, with a note on how this was decided.

    Args:
        table: The rows with a target, including dropped columns.
        columns: The descriptions of the columns, including dropped ones.
        target: The target.
        settings: The settings.
        labels: The classes for a stratified random split; None for numbers.

    Raises:
        DataError: If there is no such column, or too few rows, time stamps or groups.
        InvalidValue: If a split by time is requested without time stamps, or the column is the target.
    """
    how, _, name = settings.split.partition(":")
    sizes = (settings.validation, settings.test_share)
    if name in target.names:
        raise InvalidValue(f"split={settings.split!r}: {show(name)} is the target.")
    if how == "group":
        groups = groups_of(table, name)
        made = split_by_group(groups, *sizes, settings.seed)
        notes = (*made.notes, note("splitting.groups", by=show(name)))
        return made._replace(notes=notes), Scheme("group", name, groups=groups)
    if how == "time" or settings.test == LAST:
        return _in_order(table, columns, target, settings, labels)
    series = find_series(table, columns, values_of(target, table)) if how == "auto" else None
    notes: tuple[Note, ...] = ()
    if series is not None:
        made = split_in_order(series.stamps, *sizes)
        if (why := unlearned(target, labels, made)) is None:
            return _said(made, _scheme(series, made))
        notes = (note("splitting.still_random", by=show(series.clock.name), why=why),)
    made = split(table.height, *sizes, labels, settings.seed)
    return made._replace(notes=(*notes, *made.notes)), Scheme(
        stratified=labels is not None, searched=how == "auto" and series is None
    )


def values_of(target: Target, table: Table) -> Float[np.ndarray, "rows columns"]:
    """Return a target as numbers, with a column for each label, number or class."""
    if target.task in ("binary", "multiclass"):
        return (target.encode(table)[:, None] == np.arange(len(target.classes))).astype(np.float64)
    return np.stack([read_target(table, column) for column in target.columns], axis=1)


def groups_of(table: Table, name: str) -> Int[np.ndarray, "rows"]:
    """Return the group of each row as a number.

    Raises:
        DataError: If there is no such column, or it has no groups.
    """
    found = codes_of(table.column(name))
    if found is None:
        raise DataError(
            f"column {show(name)} contains no groups: it has only one value, or values that are neither text nor "
            "numbers."
        )
    return found


def clock_for(table: Table, columns: Sequence[Column], settings: Settings) -> Clock | None:
    """Return the clock requested by the user, or the one with the finest resolution, or None.

    Raises:
        InvalidValue: If a split by time is requested, and no column gives the time of the rows.
    """
    how, _, name = settings.split.partition(":")
    if name:
        return named_clock(table, name, columns)
    found = find_clocks(table, columns)
    if not found and how == "time":
        raise InvalidValue(
            'split="time": no date column gives the time of each row. Name one with split="time:COLUMN" (numbers that '
            'increase with time will do), or use the last rows of the file with test="last".'
        )
    return found[0][0] if found else None


def unlearned(target: Target, labels: Int[np.ndarray, "rows"] | None, made: Split) -> Note | None:
    """Return why the last rows cannot serve as the test set of a classifier, or None if they can.

    Args:
        target: The target.
        labels: Class indices of all rows; None for several labels and numbers.
        made: The split.
    """
    if target.task not in ("binary", "multiclass") or labels is None:
        return None
    for rows in (made.test, made.validation):
        present: np.ndarray = np.unique(labels[rows])
        if len(rows) and len(present) == 1:
            return note("splitting.last_one_class", label=show(target.classes[int(present[0])]))
        unknown = ~np.isin(labels[rows], labels[made.train])
        if unknown.mean() > UNKNOWN if len(rows) else False:
            return note("splitting.last_new_class", label=show(target.classes[int(labels[rows][unknown][0])]))
    return None


def with_file(scheme: Scheme, file: str, joined: Table) -> Scheme:
    """Return the scheme for test rows from a file; a time series continues in it if it has time stamps."""
    made = replace(scheme, test_file=file, first_test="", searched=False)
    if scheme.series is None:
        return made
    try:
        stamps = scheme.series.clock.read(joined)
        keys = groups_of(joined, scheme.series.key) if scheme.series.key else np.zeros(joined.height, np.int64)
    except DataError:
        return replace(made, series=None)
    return replace(made, series=replace(scheme.series, stamps=stamps, keys=keys))


def without_groups(column: Column, scheme: Scheme) -> Column:
    """Leave out the column of the groups."""
    if scheme.split != "group" or column.name != scheme.by or not column.used:
        return column
    return msgspec.structs.replace(column, kind="identifier", notes=(*column.notes, note("columns.grouped")))


def say_scheme(scheme: Scheme | RowCounts) -> Note:
    """Return a short note on how rows were split.

    Example:
        >>> str(say_scheme(Scheme("time", "ts", "2024-05-01"))), str(say_scheme(Scheme(stratified=True)))
        ("by time ('ts'): test set from 2024-05-01 on", 'stratified')
    """
    if scheme.split == "random":
        own = note("splitting.scheme_stratified" if scheme.stratified else "splitting.scheme_random")
    elif scheme.split == "time" and scheme.first_test:
        own = note("splitting.scheme_time_from", by=show(scheme.by), first=scheme.first_test)
    elif scheme.split == "order":
        own = note("splitting.scheme_order")
    else:
        own = note(f"splitting.scheme_{scheme.split}", by=show(scheme.by))
    return note("splitting.scheme_file", scheme=own, file=scheme.test_file) if scheme.test_file else own


def _in_order(
    table: Table, columns: Sequence[Column], target: Target, settings: Settings, labels: Int[np.ndarray, "rows"] | None
) -> tuple[Split, Scheme]:
    """Split by time as requested; without time stamps, by the order of the rows."""
    clock = clock_for(table, columns, settings)
    stamps = np.arange(table.height, dtype=np.float64) if clock is None else clock.read(table)
    if settings.split == "random":  # with test="last"
        made = _random_before(split_in_order(stamps, 0, settings.test_share), labels, settings)
    else:
        made = split_in_order(stamps, settings.validation, settings.test_share)
    if clock is None:
        return made._replace(notes=(*made.notes, note("splitting.no_date_column"))), Scheme("order")
    series = make_series(table, columns, clock, stamps, values_of(target, table))
    return _said(made, _scheme(series, made), just_before=settings.split != "random")


def _random_before(made: Split, labels: np.ndarray | None, settings: Settings) -> Split:
    """Draw the validation rows at random from those before the test rows."""
    own = None if labels is None else labels[made.train]
    before = split(len(made.train), settings.validation, 0, own, settings.seed)
    return Split(made.train[before.train], made.train[before.validation], made.test, before.notes)


def _scheme(series: Series, made: Split) -> Scheme:
    first = series.clock.show(float(series.stamps[made.test].min())) if len(made.test) else ""
    return Scheme("time", series.clock.name, first, series=series)


def _said(made: Split, scheme: Scheme, just_before: bool = True) -> tuple[Split, Scheme]:
    series = scheme.series
    assert series is not None
    details: list[str | Note] = [*series.rhythm]
    if series.key:
        details.append(note("splitting.several_series", number=int(series.keys.max() + 1), key=show(series.key)))
    details.append(note("splitting.correlation", value=f"{series.correlation:.2f}"))
    notes = [note("splitting.split_by_time", by=show(scheme.by), details=details)]
    if scheme.first_test:
        which = "last" + "_before" * bool(len(made.validation) and just_before) + "_flatter" * series.is_dependent
        notes.append(note(f"splitting.test_{which}", first=scheme.first_test))
    if gone := int(np.isnan(series.stamps).sum()):
        notes.append(note("splitting.no_stamp", rows=note("words.rows", count=gone)))
    return made._replace(notes=(*notes, *made.notes)), scheme
