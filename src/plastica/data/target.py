"""What is to be predicted: the task, the classes in a stable order, the scale of a number."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from ..errors import DataError, InvalidValue
from .columns import Column, infer_target, moments
from .table import Table, show
from .values import read_booleans, read_categories, read_numbers

Task = Literal["binary", "multiclass", "regression"]
FEW_CLASSES = 20  # up to as many different whole numbers are classes, if each comes often enough
ROWS_PER_CLASS = 5
Label = str | int | float


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The target of a table: how its values become what a network predicts, and back.

    Args:
        column: The target's column.
        task: "binary", "multiclass" or "regression".
        classes: The labels, in ascending order; empty for regression. The second of two is the positive one.
        mean, scale: Of a regression target's training rows.
    """

    column: Column
    task: Task
    classes: tuple[Label, ...] = ()
    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not (np.isfinite(self.mean) and np.isfinite(self.scale) and self.scale > 0):
            raise ValueError("a target's mean and scale must be finite, the scale above zero")
        if (self.task == "regression") != (not self.classes) or (self.task == "binary") != (len(self.classes) == 2):
            raise ValueError(f"{len(self.classes)} classes do not make a {self.task} target")

    @property
    def name(self) -> str:
        """The target's column."""
        return self.column.name

    def encode(self, table: Table) -> np.ndarray:
        """Return class numbers (int64) or scaled numbers (float32), one for each row.

        Raises:
            DataError: A missing target, a label that is none of the classes, text among numbers; with its row.
        """
        if self.task == "regression":
            numbers = read_numbers(table, self.column)
            self._refuse(table, np.isnan(numbers), "is missing")
            return ((numbers - self.mean) / self.scale).astype(np.float32)
        keys = _keys(table, self.column)
        labels = (False, True) if self.column.kind == "boolean" else self.classes
        known = {label: number for number, label in enumerate(labels)}
        made = np.array([-1 if key is None else known.get(key, -2) for key in keys], dtype=np.int64)
        self._refuse(table, made == -1, "is missing")
        self._refuse(table, made == -2, f"is none of the classes {self._listed()}")
        return made

    def decode(self, values: Any) -> np.ndarray:
        """Turn class numbers into labels, or scaled numbers back into the target's unit."""
        values = np.asarray(values)
        if self.task == "regression":
            return values.astype(np.float64) * self.scale + self.mean
        labels = np.array(self.classes, dtype=object)
        return labels[values.astype(np.int64)]

    def fitted(self, train: Table) -> Target:
        """Return the target with mean and scale of these rows; classes keep as they are."""
        if self.task != "regression":
            return self
        numbers = read_numbers(train, self.column)
        mean, scale = moments(numbers[~np.isnan(numbers)])
        return msgspec.structs.replace(self, mean=mean, scale=scale or 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_dict(cls, values: Any) -> Target:
        """Rebuild a target, checking everything; DataError says what does not fit."""
        try:
            return msgspec.convert(values, cls)
        except (msgspec.ValidationError, ValueError) as problem:
            raise DataError(f"this is no description of a target: {problem}.") from None

    def _refuse(self, table: Table, wrong: np.ndarray, what: str) -> None:
        if wrong.any():
            row, count = int(wrong.argmax()), int(wrong.sum())
            more = f" ({count - 1} more such rows)" if count > 1 else ""
            value = table.column(self.name)[row]
            raise DataError(f"{table.cell(row, self.name)}: the target {show(value)} {what}{more}.")

    def _listed(self) -> str:
        listed = ", ".join(str(label) for label in self.classes[:10])
        return listed + (" ..." if len(self.classes) > 10 else "")


def choose_target(table: Table, name: str, task: str | None = None) -> tuple[Target, Table, tuple[str, ...]]:
    """Decide what is predicted; return it, the table without rows that lack it, and what to say.

    Args:
        table: As it was read.
        name: The target's column.
        task: "binary", "multiclass", "classification" (either of them) or "regression"; None decides.

    Raises:
        DataError: No such column, no value in it, only one class, or values that do not fit the task.
    """
    if task not in (None, "binary", "multiclass", "classification", "regression"):
        raise InvalidValue(f"task={task!r}: wanted binary, multiclass, classification or regression.")
    column = infer_target(table, name)
    if column.kind not in ("number", "boolean", "category"):
        kinds = {"empty": "holds no value", "date": "holds dates"}
        raise DataError(f"the target {show(name)} of {table.source} {kinds.get(column.kind, 'cannot be predicted')}.")
    if task == "regression" and column.kind != "number":
        column = _forced_number(table, column)
    missing = _missing(table, column)
    notes = [column.note] * bool(column.note)
    if missing.any():
        count, first = int(missing.sum()), table.place(int(missing.argmax()))
        notes.append(f"{count} {'row' if count == 1 else 'rows'} without a target left out (first: {first}).")
        table = table.take(np.flatnonzero(~missing))
    regression, why = _is_regression(table, column, task)
    if regression:
        return _regression(table, column), table, tuple([*notes, why] if why else notes)
    target = _classification(table, column, task)
    return target, table, tuple([*notes, why] if why else notes)


def _forced_number(table: Table, column: Column) -> Column:
    forced = Column(column.name, "number", format=column.format)
    read_numbers(table, forced)  # raises with the row of the first text
    return forced


def _missing(table: Table, column: Column) -> np.ndarray:
    if column.kind == "number":
        return np.isnan(read_numbers(table, column))
    return read_categories(table, column).is_null().to_numpy()


def _is_regression(table: Table, column: Column, task: str | None) -> tuple[bool, str]:
    if task is not None:
        return task == "regression", ""
    if column.kind != "number":
        return False, ""
    numbers = read_numbers(table, column)
    different = np.unique(numbers)
    if len(different) == 2:
        return False, ""
    whole = bool((different == np.rint(different)).all())
    few = len(different) <= FEW_CLASSES and len(numbers) >= ROWS_PER_CLASS * len(different)
    if whole and few:
        return False, (
            f"{show(column.name)} holds {len(different)} different whole numbers and is taken for classes; "
            "give the task regression if they are amounts."
        )
    return True, ""


def _regression(table: Table, column: Column) -> Target:
    numbers = read_numbers(table, column)
    if len(np.unique(numbers)) < 2:
        raise DataError(f"the target {show(column.name)} is {numbers[0]:g} in every row; there is nothing to learn.")
    return Target(column, "regression").fitted(table)


def _classification(table: Table, column: Column, task: str | None) -> Target:
    classes = _classes(table, column)
    count = len(classes)
    if count == 1:
        raise DataError(
            f"the target {show(column.name)} is {show(classes[0])} in every row; there is nothing to learn."
        )
    if count > max(FEW_CLASSES, table.height // 2):
        what = "Give the task regression" if column.kind == "number" else "Name another column"
        raise DataError(
            f"the target {show(column.name)} has {count} different values in {table.height} rows, "
            f"too many for classes. {what}."
        )
    found: Task = "binary" if count == 2 else "multiclass"
    if task == "binary" and found != task:
        raise DataError(f"the target {show(column.name)} has {count} classes; the task binary takes two.")
    return Target(column, found, classes)


def _classes(table: Table, column: Column) -> tuple[Label, ...]:
    if column.kind == "number":
        numbers = np.unique(read_numbers(table, column)).tolist()
        return tuple(int(number) if number.is_integer() and abs(number) < 2**53 else number for number in numbers)
    texts = read_categories(table, column)
    if column.kind == "boolean":
        spelled = texts.value_counts(sort=True)[texts.name].to_list()  # the commonest spelling first
        present = [next((word for word in spelled if word.lower() == truth), None) for truth in column.booleans]
        return tuple(word for word in present if word is not None)
    return tuple(sorted(texts.unique().to_list()))


def _keys(table: Table, column: Column) -> list[Any]:
    if column.kind == "number":
        return [None if np.isnan(number) else number for number in read_numbers(table, column).tolist()]
    if column.kind == "boolean":
        return [None if np.isnan(number) else bool(number) for number in read_booleans(table, column).tolist()]
    return read_categories(table, column).to_list()
