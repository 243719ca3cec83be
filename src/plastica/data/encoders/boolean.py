"""Yes or no as a feature."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import numpy as np

from ...notes import Note
from ..column import Column
from ..table import Table
from ..values import read_booleans
from .parts import Features, indicator_name, say_missing


class BooleanEncoder(msgspec.Struct, frozen=True, tag="boolean", forbid_unknown_fields=True):
    """Yes or no: 1 or 0, one half where it is missing, and whether it was if that was seen."""

    smooth: ClassVar[int] = 0  # how many of the first features vary smoothly
    codes: ClassVar[int] = 0  # how many codes the first feature takes, 0 where it holds none

    column: Column
    indicator: bool

    @classmethod
    def fit(cls, train: Table, column: Column) -> BooleanEncoder:
        """Learn from training rows."""
        return cls(column, bool(np.isnan(read_booleans(train, column)).any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        return (self.column.name, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features."""
        truths = read_booleans(table, self.column)
        gone = np.isnan(truths)
        say_missing(self.column, gone, self.column.missing > 0, "one_half", notes)
        return [np.where(gone, 0.5, truths), *[gone] * self.indicator]
