"""Encoding of categories with many values as codes, for an embedding in the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from ...notes import Note
from ..column import Column
from ..table import Table
from ..values import read_categories
from .category import number
from .parts import Features, indicator_name, say_missing, say_unseen

if TYPE_CHECKING:
    import polars as pl

MOST_CODES = 1_000  # values with their own code
LEAST_ROWS = 2  # rows that a value needs for its own code: nothing can be learned from a value that occurs once
MOST_RARE = 1_000  # rarer values that are stored, to distinguish them from unseen values


class CodeEncoder(msgspec.Struct, frozen=True, tag="code", forbid_unknown_fields=True):
    """A category with many values: codes 1, 2, ... for the frequent ones, in alphabetical order.

    Code 0 stands for all others: rare, missing and unseen values. If the training set has missing values, an indicator
    distinguishes them.

    Args:
        column: The description of the column.
        categories: The values with a code.
        rare: Further values in the training set.
        more: Whether there were more of these than are stored.
        indicator: Whether there is a feature for missing values.
        elsewhere: Whether the indicator of another column, missing in the same training rows, takes its place.
    """

    smooth: ClassVar[int] = 0  # the number of leading features that vary smoothly

    column: Column
    categories: tuple[str, ...]
    rare: tuple[str, ...]
    more: bool
    indicator: bool
    elsewhere: bool = False

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if len({*self.categories, *self.rare}) < len(self.categories) + len(self.rare):
            raise ValueError("a category occurs twice")

    @classmethod
    def fit(cls, column: Column, counts: pl.DataFrame) -> CodeEncoder:
        """Fit to the counts of the training set from :func:`most_common`."""
        present = counts.filter(counts["value"].is_not_null())
        common = present.filter(present["count"] >= LEAST_ROWS)["value"].head(MOST_CODES)
        rare = present["value"].slice(common.len(), MOST_RARE).to_list()
        more = present.height > common.len() + len(rare)
        return cls(column, tuple(sorted(common.to_list())), tuple(sorted(rare)), more, present.height < counts.height)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
        return (f"{self.column.name} code", *indicator_name(self.column, self.indicator))

    @property
    def codes(self) -> int:
        """The number of codes of the first feature; 0 if it is not a code."""
        return len(self.categories) + 1

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features, with one note on unseen values."""
        texts = read_categories(table, self.column)
        known = dict(zip(self.categories, range(1, len(self.categories) + 1), strict=True))
        codes = number(texts, known | dict.fromkeys(self.rare, 0))
        gone = texts.is_null().to_numpy()
        if not self.more:
            say_unseen(self.column, texts, (codes == -1) & ~gone, "rare_value" if self.rare else "unknown", notes)
        say_missing(self.column, gone, self.indicator or self.elsewhere, "unknown", notes)
        return [np.maximum(codes, 0), *[gone] * self.indicator]
