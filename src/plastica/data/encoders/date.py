"""Encoding of dates, times of day, or both."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import numpy as np

from ...notes import Note
from ..column import Column
from ..dates import calendar
from ..table import Table
from ..values import read_dates
from .parts import Features, indicator_name, say_missing
from .scaling import Robust

CYCLES = ("year", "week", "hour")


class DateEncoder(msgspec.Struct, frozen=True, tag="date", forbid_unknown_fields=True):
    """A date: the day as a number, and the phase in the year, the week and the day as sine and cosine.

    Phases are included if they vary in the training set, and a weekend indicator if both values occur. A time of day
    without a date is a number and its phase.
    """

    smooth: ClassVar[int] = 1  # the number of leading features that vary smoothly
    codes: ClassVar[int] = 0  # the number of codes of the first feature, 0 if it is not a code

    column: Column
    day: Robust
    cycles: tuple[str, ...]
    weekend: bool
    indicator: bool

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not set(self.cycles) <= set(CYCLES):
            raise ValueError(f"cycles are {', '.join(CYCLES)}; got {self.cycles}")

    @classmethod
    def fit(cls, train: Table, column: Column) -> DateEncoder:
        """Fit to the training set."""
        moments = read_dates(train, column)
        gone = np.isnat(moments)
        parts = calendar(moments)
        varying = tuple(name for name in CYCLES if len(np.unique(parts[name][~gone])) > 1)
        weekend = len(np.unique(parts["weekend"][~gone])) > 1
        return cls(column, Robust.fit(parts["day"], logarithm=False), varying, weekend, bool(gone.any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
        name = self.column.name
        day = "time" if self.column.date_order == "time" else "day"
        turns = tuple(f"{name} {cycle} {wave}" for cycle in self.cycles for wave in ("sine", "cosine"))
        weekend = (f"{name} is on a weekend",) * self.weekend
        return (f"{name} {day}", *turns, *weekend, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features."""
        moments = read_dates(table, self.column)
        say_missing(self.column, np.isnat(moments), self.column.missing > 0, "the_median", notes)
        parts = calendar(moments)
        features = [self.day(parts["day"])]
        for cycle in self.cycles:
            angle = 2 * np.pi * parts[cycle]
            features += [np.nan_to_num(np.sin(angle)), np.nan_to_num(np.cos(angle))]
        features += [np.nan_to_num(parts["weekend"])] * self.weekend
        return [*features, *[np.isnat(moments)] * self.indicator]
