"""A category of few values: one feature for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from ...notes import Note
from ..column import Column
from ..table import Table
from ..values import read_categories
from .parts import Features, indicator_name, say_missing, say_unseen

if TYPE_CHECKING:
    import polars as pl


class CategoryEncoder(msgspec.Struct, frozen=True, tag="category", forbid_unknown_fields=True):
    """A category: one feature for each value, and one for the missing. For a value never seen all are 0.

    Args:
        column: What the column is.
        categories: The values.
        indicator: Whether a feature says that the value is missing.
        elsewhere: Whether that of another column, missing in the same rows of training, says so.
    """

    smooth: ClassVar[int] = 0  # how many of the first features vary smoothly
    codes: ClassVar[int] = 0  # how many codes the first feature takes, 0 where it holds none

    column: Column
    categories: tuple[str, ...]
    indicator: bool
    elsewhere: bool = False

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if len(set(self.categories)) < len(self.categories):
            raise ValueError("a category occurs twice")

    @classmethod
    def fit(cls, column: Column, counts: pl.DataFrame) -> CategoryEncoder:
        """Learn from what :func:`most_common` found in the training rows."""
        names = counts["value"].drop_nulls()
        return cls(column, tuple(sorted(names.to_list())), names.len() < counts.height)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        named = tuple(f"{self.column.name}={category}" for category in self.categories)
        return (*named, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features; say once which values were never seen."""
        texts = read_categories(table, self.column)
        codes = number(texts, dict(zip(self.categories, range(len(self.categories)), strict=True)))
        gone = texts.is_null().to_numpy()
        say_unseen(self.column, texts, (codes == -1) & ~gone, "unknown", notes)
        say_missing(self.column, gone, self.indicator or self.elsewhere, "unknown", notes)
        return [*(codes == code for code in range(len(self.categories))), *[gone] * self.indicator]


def most_common(train: Table, column: Column) -> pl.DataFrame:
    """Return each value (null for missing) and its count, the commonest first, equally common ones by name."""
    texts = read_categories(train, column).alias("value")
    return texts.value_counts(sort=False, name="count").sort(["count", "value"], descending=[True, False])


def number(texts: pl.Series, known: dict[str, int]) -> np.ndarray:
    """Return each text's number, -1 where it is not known or missing."""
    import polars as pl

    if not known:
        return np.full(len(texts), -1, np.int32)
    return texts.replace_strict(known, default=-1, return_dtype=pl.Int32).fill_null(-1).to_numpy()
