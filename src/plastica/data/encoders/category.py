"""One-hot encoding of categories with few values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from ...notes import Note
from ...typing import Int
from ..column import Column
from ..table import Table
from ..values import read_categories
from .parts import Features, indicator_name, say_missing, say_unseen

if TYPE_CHECKING:
    import polars as pl


class CategoryEncoder(msgspec.Struct, frozen=True, tag="category", forbid_unknown_fields=True):
    """A category: one feature for each value, and one for missing values. All are 0 for an unseen value.

    Args:
        column: The description of the column.
        categories: The values.
        indicator: Whether there is a feature for missing values.
        elsewhere: Whether the indicator of another column, missing in the same training rows, takes its place.
    """

    smooth: ClassVar[int] = 0  # the number of leading features that vary smoothly
    codes: ClassVar[int] = 0  # the number of codes of the first feature, 0 if it is not a code

    column: Column
    categories: tuple[str, ...]
    indicator: bool
    elsewhere: bool = False

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if len(set(self.categories)) < len(self.categories):
            raise ValueError("a category occurs twice")

    @classmethod
    def fit(cls, column: Column, counts: pl.DataFrame) -> CategoryEncoder:
        """Fit to the counts of the training set from :func:`most_common`."""
        names = counts["value"].drop_nulls()
        return cls(column, tuple(sorted(names.to_list())), names.len() < counts.height)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
        named = tuple(f"{self.column.name}={category}" for category in self.categories)
        return (*named, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features, with one note on unseen values."""
        texts = read_categories(table, self.column)
        codes = number(texts, dict(zip(self.categories, range(len(self.categories)), strict=True)))
        gone = texts.is_null().to_numpy()
        say_unseen(self.column, texts, (codes == -1) & ~gone, "unknown", notes)
        say_missing(self.column, gone, self.indicator or self.elsewhere, "unknown", notes)
        return [*(codes == code for code in range(len(self.categories))), *[gone] * self.indicator]


def most_common(train: Table, column: Column) -> pl.DataFrame:
    """Return each value (null if missing) and its count, the most frequent first, ties by name."""
    texts = read_categories(train, column).alias("value")
    return texts.value_counts(sort=False, name="count").sort(["count", "value"], descending=[True, False])


def number(texts: pl.Series, known: dict[str, int]) -> Int[np.ndarray, "rows"]:
    """Return the number of each text, -1 if it is unknown or missing."""
    import polars as pl

    if not known:
        return np.full(len(texts), -1, np.int32)
    found = pl.first().replace_strict(known, default=-1, return_dtype=pl.Int32).fill_null(-1)
    return texts.to_frame().select(found).to_series().to_numpy()
