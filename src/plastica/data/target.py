"""Selection of the target: the columns, the task, and the classes in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, InvalidValue
from ..notes import Note, note
from ..typing import Bool, Float
from .columns import Column, infer_target
from .declared import NOTHING, Declared
from .labelling import Label, Target, TaskKind, missing_targets, read_target
from .table import Table, show
from .values import MOST_EXACT, is_declared_category, read_categories, read_numbers
from .words import PERHAPS_A_VALUE

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Label", "Target", "TaskKind", "choose_target", "target_names"]

FEW_CLASSES = 20  # up to this many distinct integers are classes, if each is frequent enough
FEW_LEVELS = 7  # up to this many are classes, such as the levels of a scale, even if some are rare
ROWS_PER_CLASS = 5
TASKS = ("binary", "multiclass", "classification", "multilabel", "regression")


def target_names(table: Table, names: str | Sequence[str]) -> tuple[str, ...]:
    """Return the columns for a name, several names, or a pattern such as ``Class*``.

    Raises:
        DataError: If there is no such column.
        InvalidValue: If there is no name, or a name occurs twice.
    """
    given = [names] if isinstance(names, str) else list(names)
    found = [column for name in given for column in _matches(table, name)]
    twice = [name for name in found if found.count(name) > 1]
    if twice or not found:
        raise InvalidValue(f"the target {show(twice[0])} is given twice." if twice else "no target was given.")
    return tuple(found)


def choose_target(
    table: Table, names: str | Sequence[str], task: str | None = None, declared: Declared = NOTHING
) -> tuple[Target, Table, tuple[Note, ...]]:
    """Return the target, the table without rows that lack it, and notes.

    Args:
        table: The table as read.
        names: The target column, several columns, or a pattern such as ``Class*``.
        task: "binary", "multiclass", "classification" (either of them), "multilabel" or "regression"; None infers it.
        declared: Declarations by the user about columns and words for missing values.

    Raises:
        DataError: If there is no such column, it has no values or only one class, or its values do not fit the task.
        InvalidValue: If the task is unknown, or does not allow this number of columns.
    """
    if task not in (None, *TASKS):
        raise InvalidValue(f"task={task!r}: expected {', '.join(TASKS[:-1])} or {TASKS[-1]}.")
    found = target_names(table, names)
    declared.check(table, found)
    columns = tuple(_inferred(table, name, task, declared) for name in found)
    if len(columns) == 1 and task == "multilabel":
        raise InvalidValue(f"the task multilabel takes several yes/no columns; {show(found[0])} is only one.")
    missing = missing_targets(table, columns)
    notes = [each for column in columns for each in column.notes]
    if missing.any():
        notes.append(_say_missing(table, columns, missing))
        table = table.take(np.flatnonzero(~missing))
        if not table.height:
            raise DataError(f"no rows of {table.source} have all of the targets {', '.join(map(show, found))}.")
    column, *others = columns
    if others:
        return _several(table, columns, task), table, tuple(notes)
    regression, why = _is_regression(table, column, task)
    made = _regression if regression else _classification
    target = made(table, column, task, note("errors.every_value" if missing.any() else "errors.every_row"))
    if column.kind == "number" and target.classes and isinstance(target.classes[0], str):
        notes = [each for each in notes if each not in column.notes]  # labels are kept as written: no unit is removed
    return target, table, (*notes, *why)


def _say_missing(table: Table, columns: Sequence[Column], missing: Bool[np.ndarray, "rows"]) -> Note:
    """Return a note with the first row without a target, and the content of its cell."""
    count, first = int(missing.sum()), int(missing.argmax())
    values = [table.column(column.name)[first] for column in columns if column.kind != "number"]
    word = next((show(value.strip()) for value in values if _may_be_a_class(value)), "")
    told = {"rows": note("words.rows", count=count), "place": table.where(first)}
    return (
        note("target.without_target_word", **told, word=word) if word else note("target.without_target_first", **told)
    )


def _may_be_a_class(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in PERHAPS_A_VALUE


def _matches(table: Table, name: str) -> list[str]:
    if name not in table.columns and any(sign in name for sign in "*?["):
        found = [column for column in table.names if fnmatchcase(column, name)]
        if found:
            return found
    table.column(name)
    return [name]


def _inferred(table: Table, name: str, task: str | None, declared: Declared) -> Column:
    column = infer_target(table, name, declared)
    if column.date_order == "time" and task in (None, "regression"):
        column = _as_durations(table, name, declared) or column
    if column.kind == "date" and task in ("binary", "multiclass", "classification"):
        words = declared.missing_words
        return Column(name, "category", missing=column.missing, distinct=column.distinct, missing_words=words)
    if column.kind not in ("number", "boolean", "category"):
        kinds = {
            "empty": "has no values.",
            "date": "contains dates. Set the task to multiclass (or binary) if each date is a class; to predict a "
            "time, write it as a number, such as the days since a fixed date.",
        }
        why = kinds.get(column.kind, f"cannot be predicted: {column.note.removeprefix('left out: ')}")
        raise DataError(f"the target {show(name)} of {table.source} {why}")
    return _forced_number(table, column) if task == "regression" and column.kind != "number" else column


def _as_durations(table: Table, name: str, declared: Declared) -> Column | None:
    """Return a target such as 1:30 as a number; None if it has times such as 1:30 PM."""
    try:
        return infer_target(table, name, replace(declared, kinds={name: "number"}))
    except DataError:
        return None


def _several(table: Table, columns: tuple[Column, ...], task: str | None) -> Target:
    """Return the target of several columns, which must be all Boolean (labels) or all numbers."""
    if task in ("binary", "multiclass", "classification"):
        raise InvalidValue(f"the task {task} takes one target, but {len(columns)} were given. Expected multilabel.")
    words = [column.name for column in columns if column.kind == "category"]
    values: list[np.ndarray] = [] if words else [np.unique(read_target(table, column)) for column in columns]
    labels = not words and all(np.isin(each, (0.0, 1.0)).all() for each in values)
    if task != "regression" and labels:
        for column, each in zip(columns, values, strict=True):
            _refuse_one_value(column, each)
        return Target(columns, "multilabel", tuple(column.name for column in columns))
    kinds = {column.name: column.kind for column in columns}
    if task == "multilabel" or set(kinds.values()) != {"number"}:
        listed = ", ".join(f"{show(name)} ({kind})" for name, kind in list(kinds.items())[:6])
        raise DataError(
            f"the targets {listed}{' ...' if len(kinds) > 6 else ''} cannot be combined: several targets must all "
            "be yes/no (0 and 1) for multilabel, or all numbers for regression. Train a separate network for each."
        )
    for column, each in zip(columns, values, strict=True):
        _refuse_one_value(column, each)
    made = Target(columns, "regression", means=(0.0,) * len(columns), scales=(1.0,) * len(columns))
    return made.fitted(table)


def _refuse_one_value(column: Column, values: Float[np.ndarray, "rows"]) -> None:
    if len(values) < 2:
        raise DataError(
            f"the target {show(column.name)} is {values[0]:g} in every row; there is nothing to learn. Leave it out."
        )


def _forced_number(table: Table, column: Column) -> Column:
    forced = Column(column.name, "number", format=column.format, missing_words=column.missing_words)
    read_numbers(table, forced)  # raises an error with the row of the first text
    return forced


def _is_regression(table: Table, column: Column, task: str | None) -> tuple[bool, tuple[Note, ...]]:
    if task is not None:
        return task == "regression", ()
    if column.kind != "number" or is_declared_category(table.column(column.name)):
        return False, ()
    numbers = read_numbers(table, column)
    different, counts = np.unique(numbers, return_counts=True)
    if len(different) == 2:
        return False, ()
    whole = bool((different == np.rint(different)).all())
    if not whole or len(different) > FEW_CLASSES or len(numbers) < ROWS_PER_CLASS * len(different):
        return True, ()
    told = {"name": show(column.name), "distinct": len(different)}
    # Counts and grades have rare values at their ends, where classes would have too few rows.
    if len(different) > FEW_LEVELS and counts.min() < ROWS_PER_CLASS:
        return True, (note("target.whole_quantities", **told, rows=ROWS_PER_CLASS),)
    return False, (note("target.whole_classes", **told),)


def _regression(table: Table, column: Column, task: str | None, where: Note) -> Target:
    numbers = read_numbers(table, column)
    if len(np.unique(numbers)) < 2:
        raise DataError(note("errors.one_class", name=show(column.name), value=f"{numbers[0]:g}", where=where))
    return Target((column,), "regression", means=(0.0,), scales=(1.0,)).fitted(table)


def _classification(table: Table, column: Column, task: str | None, where: Note) -> Target:
    _refuse_indistinct(table, column)
    classes = _classes(table, column)
    count = len(classes)
    if count == 1:
        raise DataError(note("errors.one_class", name=show(column.name), value=show(classes[0]), where=where))
    if count > max(FEW_CLASSES, table.height // 2):
        key = "many_classes" if column.kind == "number" else "many_words"
        raise DataError(note(f"errors.{key}", name=show(column.name), distinct=count, rows=table.height))
    found: TaskKind = "binary" if count == 2 else "multiclass"
    if task == "binary" and found != task:
        raise DataError(f"the target {show(column.name)} has {count} classes; the task binary takes two.")
    return Target((column,), found, classes)


def _refuse_indistinct(table: Table, column: Column) -> None:
    """Check numeric labels: from 2**53, adjacent integers are the same double and cannot be distinguished."""
    if column.kind != "number":
        return
    numbers = read_numbers(table, column)
    large = np.abs(numbers) >= MOST_EXACT  # False for missing values
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{table.cell(row, column.name)}: the label {show(table.column(column.name)[row])} is a number of 2**53 "
            "or more, where adjacent numbers cannot be distinguished. Put a letter in front of such labels, or set "
            "the task to regression if they are quantities."
        )


def _classes(table: Table, column: Column) -> tuple[Label, ...]:
    if column.kind == "number":
        numbers = read_numbers(table, column)
        labels = [
            int(each) if each.is_integer() and abs(each) < 2**53 else each for each in np.unique(numbers).tolist()
        ]
        return _as_written(table.column(column.name), numbers) or tuple(labels)
    texts = read_categories(table, column)
    if column.kind == "boolean":
        spelled = texts.value_counts(sort=True)[texts.name].to_list()  # the most frequent spelling first
        long = dict(column.spellings)
        present = [
            next((word for word in spelled if long.get(word.lower(), word.lower()) == truth), None)
            for truth in column.booleans
        ]
        return tuple(word for word in present if word is not None)
    return tuple(sorted(texts.unique().to_list()))


def _as_written(values: pl.Series, numbers: Float[np.ndarray, "rows"]) -> tuple[str, ...]:
    """Return labels such as "2.50" and "10 %" as written, if each number is always written in the same way."""
    import polars as pl

    if not isinstance(values.dtype, (pl.String, pl.Categorical)):
        return ()
    forms = pl.DataFrame({"number": numbers, "text": values.cast(pl.String).str.strip_chars()}).unique().sort("number")
    plain = [str(int(each) if each.is_integer() else each) for each in forms["number"].to_list()]
    if forms["number"].n_unique() < forms.height or forms["text"].to_list() == plain:
        return ()
    return tuple(forms["text"].to_list())
