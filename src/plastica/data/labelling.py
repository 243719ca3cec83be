"""Encoding of targets for training, and decoding of predictions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np

from ..errors import DataError
from ..typing import Bool, Float, Num, Shaped
from .column import Column
from .description import moments
from .numbers import clean, read_as
from .table import Table, show
from .values import read_booleans, read_categories, read_numbers

TaskKind = Literal["binary", "multiclass", "multilabel", "regression"]
Label = str | int | float
UNIT = "correct it, or give the target in another unit or as its logarithm"
LARGEST = 1e100  # beyond this and below its inverse, squared errors overflow or underflow


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The target of a table: encodes its values for training, and decodes predictions.

    Args:
        columns: The column of the target, or several: Boolean columns for "multilabel", numbers for "regression".
        task: "binary", "multiclass", "multilabel" or "regression".
        classes: The labels in ascending order, the second of two being the positive class; the column names for
            "multilabel"; empty for regression.
        means, scales: The mean and standard deviation of each regression target in the training set.
    """

    columns: tuple[Column, ...]
    task: TaskKind
    classes: tuple[Label, ...] = ()
    means: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        numbers = self.task == "regression"
        if not self.columns or len(self.means) != len(self.scales) or len(self.means) != numbers * len(self.columns):
            raise ValueError(f"{len(self.columns)} columns, {len(self.means)} means and {len(self.scales)} scales")
        if not all(np.isfinite(self.means)) or not all(np.isfinite(scale) and scale > 0 for scale in self.scales):
            raise ValueError("a target's mean and scale must be finite, the scale above zero")
        fits = {
            "regression": not self.classes,
            "binary": len(self.classes) == 2,
            "multiclass": len(self.classes) > 2,
            "multilabel": self.classes == self.names and len(self.classes) > 1,
        }[self.task]
        if not fits or (len(self.columns) > 1 and self.task in ("binary", "multiclass")):
            raise ValueError(f"{len(self.classes)} classes do not fit a {self.task} target")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the target columns."""
        return tuple(column.name for column in self.columns)

    @property
    def name(self) -> str:
        """The name of the target column, or of all of them, separated by commas."""
        return ", ".join(self.names)

    @property
    def column(self) -> Column:
        """The first target column."""
        return self.columns[0]

    @property
    def outputs(self) -> int:
        """The number of outputs for a row: classes, labels or numbers; 1 for two classes."""
        return {"binary": 1, "multiclass": len(self.classes)}.get(self.task, len(self.columns))

    @property
    def mean(self) -> float:
        """The mean of the first regression target in the training set."""
        return self.means[0] if self.means else 0.0

    @property
    def scale(self) -> float:
        """The standard deviation of the first regression target in the training set."""
        return self.scales[0] if self.scales else 1.0

    def encode(self, table: Table) -> Num[np.ndarray, "rows *outputs"]:
        """Return the encoded targets for training.

        Returns:
            Class indices ``(rows,)`` as int64; several Boolean labels ``(rows, labels)`` as float32 of 1 and 0; scaled
                numbers as float32, ``(rows,)`` for one target and ``(rows, targets)`` for several.

        Raises:
            DataError: If a target is missing, a label is not one of the classes, or there is text among numbers; with
                the row.
        """
        if self.task in ("binary", "multiclass"):
            return self._encode_classes(table)
        made = np.stack([read_target(table, column) for column in self.columns], axis=1)
        for column, values in zip(self.columns, made.T, strict=True):
            # Missing values first: they compare as false with every limit, so that later checks would pass them.
            self._refuse(table, np.isnan(values), "is missing", column)
            self._refuse(table, np.abs(values) > LARGEST, f"is beyond {LARGEST:g}; {UNIT}", column)
            if self.task == "multilabel":
                self._refuse(table, (values != 0) & (values != 1), "is neither 0 nor 1", column)
        if self.task == "regression":
            made = (made - self.means) / self.scales
            for column, values in zip(self.columns, made.T, strict=True):
                # Only after scaling: in its own unit a value may be harmless, and be far beyond the training rows all
                # the same.
                far = np.abs(values) > np.finfo(np.float32).max
                self._refuse(table, far, f"is too far from the training rows' values; {UNIT}", column)
        return made.astype(np.float32)[:, 0] if len(self.columns) == 1 else made.astype(np.float32)

    def decode(self, values: Num[np.ndarray, "rows *outputs"]) -> Shaped[np.ndarray, "rows *labels"]:
        """Return labels for class indices, 1 and 0 for Booleans, and numbers in the unit of the target."""
        values = np.asarray(values)
        if self.task == "regression":
            scales, means = (self.scale, self.mean) if len(self.columns) == 1 else (self.scales, self.means)
            return values.astype(np.float64) * scales + means
        if self.task == "multilabel":
            return values.astype(np.int64)
        labels = np.array(self.classes, dtype=object)
        return labels[values.astype(np.int64)]

    def fitted(self, train: Table) -> Target:
        """Return the target with the mean and scale of these rows; classes are unchanged."""
        if self.task != "regression":
            return self
        found = [moments(numbers[~np.isnan(numbers)]) for numbers in (read_numbers(train, c) for c in self.columns)]
        for column, (_, scale) in zip(self.columns, found, strict=True):
            # A constant target, with a scale of 0, is handled by a scale of 1; a nearly constant one would be divided
            # into infinity.
            if 0 < scale < 1 / LARGEST:
                raise DataError(
                    f"the target {show(column.name)} varies by only {scale:.1g}, too little to compute with; {UNIT}."
                )
        return msgspec.structs.replace(
            self, means=tuple(mean for mean, _ in found), scales=tuple(scale or 1.0 for _, scale in found)
        )

    def missing(self, table: Table) -> Bool[np.ndarray, "rows"]:
        """Return for each row whether a target is missing."""
        return missing_targets(table, self.columns)

    def to_dict(self) -> dict[str, object]:
        """Return JSON-serializable values."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_dict(cls, values: object) -> Target:
        """Return the target from the result of :meth:`to_dict`; DataError if a field is invalid."""
        try:
            return msgspec.convert(values, cls)
        except (msgspec.ValidationError, ValueError) as problem:
            raise DataError(f"this is not a description of a target: {problem}.") from None

    def _encode_classes(self, table: Table) -> Num[np.ndarray, "rows *outputs"]:
        keys = _keys(table, self.column)
        labels = (False, True) if self.column.kind == "boolean" else self._numbers() or self.classes
        known = {label: number for number, label in enumerate(labels)}
        # A missing label and an unknown one are two errors: -1 and -2 keep them apart until both are looked for.
        made = np.array([-1 if key is None else known.get(key, -2) for key in keys], dtype=np.int64)
        self._refuse(table, made == -1, "is missing", self.column)
        self._refuse(table, made == -2, f"is not one of the classes {self._listed()}", self.column)
        return made

    def _numbers(self) -> tuple[float, ...]:
        """Return the classes as numbers, if they are numbers stored as written."""
        if self.column.kind != "number" or not all(isinstance(label, str) for label in self.classes):
            return ()
        import polars as pl

        return tuple(read_as(clean(pl.Series(self.classes, dtype=pl.String)), self.column.format).to_list())

    def _refuse(self, table: Table, wrong: Bool[np.ndarray, "rows"], what: str, column: Column) -> None:
        if wrong.any():
            row, count = int(wrong.argmax()), int(wrong.sum())
            more = f" (and {count - 1} more)" if count > 1 else ""
            value = table.column(column.name)[row]
            raise DataError(f"{table.cell(row, column.name)}: the target {show(value)} {what}{more}.")

    def _listed(self) -> str:
        listed = ", ".join(str(label) for label in self.classes[:10])
        return listed + (" ..." if len(self.classes) > 10 else "")


def missing_targets(table: Table, columns: Iterable[Column]) -> Bool[np.ndarray, "rows"]:
    """Return for each row whether a value is missing in one of these columns."""
    found = np.zeros(table.height, bool)
    for column in columns:
        if column.kind == "number":
            found |= np.isnan(read_numbers(table, column))
        else:
            found |= read_categories(table, column).is_null().to_numpy()
    return found


def read_target(table: Table, column: Column) -> Float[np.ndarray, "rows"]:
    """Return a number for each row, or 1 for yes and 0 for no; NaN if it is missing."""
    return read_booleans(table, column) if column.kind == "boolean" else read_numbers(table, column)


def _keys(table: Table, column: Column) -> list[Label | None]:
    if column.kind == "number":
        return [None if np.isnan(number) else number for number in read_numbers(table, column).tolist()]
    if column.kind == "boolean":
        return [None if np.isnan(number) else bool(number) for number in read_booleans(table, column).tolist()]
    return read_categories(table, column).to_list()
