"""Encoding of Booleans."""

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
    """A Boolean: 1 or 0, or 0.5 if missing, with an indicator if the training set has missing values."""

    smooth: ClassVar[int] = 0  # the number of leading features that vary smoothly
    codes: ClassVar[int] = 0  # the number of codes of the first feature, 0 if it is not a code

    column: Column
    indicator: bool

    @classmethod
    def fit(cls, train: Table, column: Column) -> BooleanEncoder:
        """Fit to the training set."""
        return cls(column, bool(np.isnan(read_booleans(train, column)).any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
        return (self.column.name, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features."""
        truths = read_booleans(table, self.column)
        gone = np.isnan(truths)
        say_missing(self.column, gone, self.column.missing > 0, "one_half", notes)
        return [np.where(gone, 0.5, truths), *[gone] * self.indicator]
