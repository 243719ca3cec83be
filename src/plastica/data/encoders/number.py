"""Encoding of numbers."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import numpy as np

from ...notes import Note, note
from ..column import Column
from ..table import Table
from ..values import read_numbers
from .parts import Features, indicator_name, say_missing
from .ranges import say_otherwise
from .scaling import Robust


class NumberEncoder(msgspec.Struct, frozen=True, tag="number", forbid_unknown_fields=True):
    """A number: scaled robustly, clipped smoothly, 0 if missing; with an indicator if training has missing values."""

    smooth: ClassVar[int] = 1  # the number of leading features that vary smoothly
    codes: ClassVar[int] = 0  # the number of codes of the first feature, 0 if it is not a code

    column: Column
    scaling: Robust
    indicator: bool

    @classmethod
    def fit(cls, train: Table, column: Column) -> NumberEncoder:
        """Fit to the training set."""
        numbers = read_numbers(train, column)
        scaling = Robust.fit(numbers)
        if scaling.unit:
            column = msgspec.structs.replace(column, notes=(*column.notes, note("columns.logarithm")))
        return cls(column, scaling, bool(np.isnan(numbers).any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
        return (self.column.name, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features."""
        numbers = read_numbers(table, self.column)
        say_missing(self.column, np.isnan(numbers), self.column.missing > 0, "the_median", notes)
        say_otherwise(table, self.column, numbers, notes)
        return [self.scaling(numbers), *[np.isnan(numbers)] * self.indicator]
