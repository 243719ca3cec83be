"""How one column becomes features; one record for each kind, learned from training rows only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from .columns import Column, moments
from .dates import calendar
from .table import Table, show
from .values import read_booleans, read_categories, read_dates, read_numbers

if TYPE_CHECKING:
    import polars as pl

MOST_CATEGORIES = 40  # features one column may become; rarer values share the feature "other"
FEW_CATEGORIES = 10  # up to as many, a value seen once has a feature of its own
CYCLES = ("year", "week", "hour")


class Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Centre and scale of a number; ``fill`` stands in for a missing one."""

    mean: float
    scale: float
    fill: float

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not all(map(math.isfinite, (self.mean, self.scale, self.fill))) or self.scale <= 0:
            raise ValueError("mean, scale and fill must be finite, the scale above zero")

    @classmethod
    def fit(cls, numbers: np.ndarray) -> Standard:
        """Learn from training rows; a constant column keeps the scale 1, so that it gives zeros."""
        present = numbers[~np.isnan(numbers)]
        if not len(present):
            return cls(0.0, 1.0, 0.0)
        mean, scale = moments(present)
        return cls(mean, scale if scale > 1e-12 * abs(mean) else 1.0, float(np.median(present)))

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Fill, centre and scale; halves first, so that the largest doubles do not overflow."""
        filled = np.where(np.isnan(numbers), self.fill, numbers)
        return (filled / 2 - self.mean / 2) / self.scale * 2


class NumberEncoder(msgspec.Struct, frozen=True, tag="number", forbid_unknown_fields=True):
    """A number: standardised, its median where it is missing, and whether it was if that was seen."""

    column: Column
    standard: Standard
    indicator: bool

    @classmethod
    def fit(cls, table: Table, column: Column) -> NumberEncoder:
        """Learn from training rows."""
        numbers = read_numbers(table, column)
        return cls(column, Standard.fit(numbers), bool(np.isnan(numbers).any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        return (self.column.name, *_missing(self.column.name, self.indicator))

    def transform(self, table: Table, notes: list[str]) -> np.ndarray:
        """Return (rows, features)."""
        numbers = read_numbers(table, self.column)
        return _stack([self.standard(numbers)], np.isnan(numbers) if self.indicator else None)


class BooleanEncoder(msgspec.Struct, frozen=True, tag="boolean", forbid_unknown_fields=True):
    """Yes or no: 1 or 0, one half where it is missing, and whether it was if that was seen."""

    column: Column
    indicator: bool

    @classmethod
    def fit(cls, table: Table, column: Column) -> BooleanEncoder:
        """Learn from training rows."""
        return cls(column, bool(np.isnan(read_booleans(table, column)).any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        return (self.column.name, *_missing(self.column.name, self.indicator))

    def transform(self, table: Table, notes: list[str]) -> np.ndarray:
        """Return (rows, features)."""
        truths = read_booleans(table, self.column)
        gone = np.isnan(truths)
        return _stack([np.where(gone, 0.5, truths)], gone if self.indicator else None)


class CategoryEncoder(msgspec.Struct, frozen=True, tag="category", forbid_unknown_fields=True):
    """A category: one feature for each value seen often enough, one for the rare, one for the missing.

    A value that was not seen in training counts among the rare; where there were none, all features are 0.
    """

    column: Column
    categories: tuple[str, ...]
    rare: tuple[str, ...]
    missing: bool

    @classmethod
    def fit(cls, table: Table, column: Column) -> CategoryEncoder:
        """Learn from training rows: the commonest values, in the order of their names."""
        texts = read_categories(table, column)
        counts = texts.drop_nulls().value_counts().sort(["count", texts.name], descending=[True, False])
        names = counts[texts.name].to_list()
        least = 1 if len(names) <= FEW_CATEGORIES else 2
        common = counts.filter(counts["count"] >= least)[texts.name].head(MOST_CATEGORIES).to_list()
        return cls(column, tuple(sorted(common)), tuple(sorted(set(names) - set(common))), texts.null_count() > 0)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        name = self.column.name
        named = tuple(f"{name}={category}" for category in self.categories)
        return named + (f"{name} is rare",) * bool(self.rare) + _missing(name, self.missing)

    def transform(self, table: Table, notes: list[str]) -> np.ndarray:
        """Return (rows, features); say once which values were never seen."""
        texts = read_categories(table, self.column)
        known = {name: number for number, name in enumerate(self.categories)}
        other = len(known) if self.rare else -1
        known |= dict.fromkeys(self.rare, other)
        codes = texts.replace_strict(known, default=-2, return_dtype=_int32()).to_numpy()
        gone = texts.is_null().to_numpy()
        self._say_unseen(texts, (codes == -2) & ~gone, notes)
        if gone.any() and not self.missing:
            count = int(gone.sum())
            notes.append(
                f"column {show(self.column.name)}: {count} missing, which training never saw; taken for unknown."
            )
        codes = np.where(gone, len(known) + 1, np.where(codes == -2, other, codes))
        width = len(self.categories) + bool(self.rare)
        return _stack(list((codes == np.arange(width)[:, None]).astype(np.float64)), gone if self.missing else None)

    def _say_unseen(self, texts: pl.Series, unseen: np.ndarray, notes: list[str]) -> None:
        if not unseen.any():
            return
        values = texts.filter(unseen).unique(maintain_order=True).to_list()
        listed = ", ".join(show(value) for value in values[:3]) + (" ..." if len(values) > 3 else "")
        taken = "taken for a rare value" if self.rare else "taken for unknown"
        count = int(unseen.sum())
        notes.append(
            f"column {show(self.column.name)}: {listed} never seen in training, "
            f"{taken} ({count} {'row' if count == 1 else 'rows'})."
        )


class DateEncoder(msgspec.Struct, frozen=True, tag="date", forbid_unknown_fields=True):
    """A date: its day standardised, and its turn of the year, the week and the day where these vary."""

    column: Column
    day: Standard
    cycles: tuple[str, ...]
    indicator: bool

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not set(self.cycles) <= set(CYCLES):
            raise ValueError(f"cycles are {', '.join(CYCLES)}; got {self.cycles}")

    @classmethod
    def fit(cls, table: Table, column: Column) -> DateEncoder:
        """Learn from training rows."""
        moments_ = read_dates(table, column)
        gone = np.isnat(moments_)
        parts = calendar(moments_)
        varying = tuple(name for name in CYCLES if len(np.unique(parts[name][~gone])) > 1)
        return cls(column, Standard.fit(parts["day"]), varying, bool(gone.any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        name = self.column.name
        turns = tuple(f"{name} {cycle} {wave}" for cycle in self.cycles for wave in ("sine", "cosine"))
        return (f"{name} day", *turns, *_missing(name, self.indicator))

    def transform(self, table: Table, notes: list[str]) -> np.ndarray:
        """Return (rows, features)."""
        moments_ = read_dates(table, self.column)
        parts = calendar(moments_)
        features = [self.day(parts["day"])]
        for cycle in self.cycles:
            angle = 2 * np.pi * parts[cycle]
            features += [np.nan_to_num(np.sin(angle)), np.nan_to_num(np.cos(angle))]
        return _stack(features, np.isnat(moments_) if self.indicator else None)


ColumnEncoder = NumberEncoder | BooleanEncoder | CategoryEncoder | DateEncoder
ENCODERS: dict[str, type[ColumnEncoder]] = {
    "number": NumberEncoder,
    "boolean": BooleanEncoder,
    "category": CategoryEncoder,
    "date": DateEncoder,
}


def _missing(name: str, indicator: bool) -> tuple[str, ...]:
    return (f"{name} is missing",) * indicator


def _stack(features: list[np.ndarray], gone: np.ndarray | None) -> np.ndarray:
    if gone is not None:
        features.append(gone.astype(np.float64))
    return np.stack(features, axis=1) if features else np.zeros((0, 0))


def _int32() -> type[pl.DataType]:
    import polars as pl

    return pl.Int32
