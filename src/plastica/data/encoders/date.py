"""A date, a time of day or both as features."""

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
    """A date: its day as a number, its turn of the year, the week and the day as sine and cosine.

    Turns are there where they vary in training, and whether it is a weekend where both are seen. A time of day
    alone is a number and its turn.
    """

    smooth: ClassVar[int] = 1  # how many of the first features vary smoothly
    codes: ClassVar[int] = 0  # how many codes the first feature takes, 0 where it holds none

    column: Column
    day: Robust
    cycles: tuple[str, ...]
    weekend: bool
    indicator: bool

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not set(self.cycles) <= set(CYCLES):
            raise ValueError(f"cycles are {', '.join(CYCLES)}; got {self.cycles}")

    @classmethod
    def fit(cls, train: Table, column: Column) -> DateEncoder:
        """Learn from training rows."""
        moments = read_dates(train, column)
        gone = np.isnat(moments)
        parts = calendar(moments)
        varying = tuple(name for name in CYCLES if len(np.unique(parts[name][~gone])) > 1)
        weekend = len(np.unique(parts["weekend"][~gone])) > 1
        return cls(column, Robust.fit(parts["day"], logarithm=False), varying, weekend, bool(gone.any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
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
