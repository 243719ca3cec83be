"""A number as a feature."""

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
    """A number: robustly scaled and smoothly clipped, 0 where it is missing, and whether it was if that was seen."""

    smooth: ClassVar[int] = 1  # how many of the first features vary smoothly
    codes: ClassVar[int] = 0  # how many codes the first feature takes, 0 where it holds none

    column: Column
    scaling: Robust
    indicator: bool

    @classmethod
    def fit(cls, train: Table, column: Column) -> NumberEncoder:
        """Learn from training rows."""
        numbers = read_numbers(train, column)
        scaling = Robust.fit(numbers)
        if scaling.unit:
            column = msgspec.structs.replace(column, notes=(*column.notes, note("columns.logarithm")))
        return cls(column, scaling, bool(np.isnan(numbers).any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        return (self.column.name, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features."""
        numbers = read_numbers(table, self.column)
        say_missing(self.column, np.isnan(numbers), self.column.missing > 0, "the_median", notes)
        say_otherwise(table, self.column, numbers, notes)
        return [self.scaling(numbers), *[np.isnan(numbers)] * self.indicator]
