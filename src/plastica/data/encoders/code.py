"""A category of many values: a code, for an embedding that is learned in the network."""

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

MOST_CODES = 1_000  # values with a code of their own
LEAST_ROWS = 2  # rows a value needs for a code of its own: one row teaches nothing that comes again
MOST_RARE = 1_000  # rarer values kept by name, so that they can be told from those never seen


class CodeEncoder(msgspec.Struct, frozen=True, tag="code", forbid_unknown_fields=True):
    """A category of many values: code 1, 2, ... for the common ones, in the order of their names.

    Code 0 stands for all others: the rare, the missing, those never seen. An indicator tells the missing from them
    where training saw some.

    Args:
        column: What the column is.
        categories: The values with a code.
        rare: Further values of the training rows.
        more: Whether there were more of these than are kept.
        indicator: Whether a feature says that the value is missing.
        elsewhere: Whether that of another column, missing in the same rows of training, says so.
    """

    smooth: ClassVar[int] = 0  # how many of the first features vary smoothly

    column: Column
    categories: tuple[str, ...]
    rare: tuple[str, ...]
    more: bool
    indicator: bool
    elsewhere: bool = False

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if len({*self.categories, *self.rare}) < len(self.categories) + len(self.rare):
            raise ValueError("a category occurs twice")

    @classmethod
    def fit(cls, column: Column, counts: pl.DataFrame) -> CodeEncoder:
        """Learn from what :func:`most_common` found in the training rows."""
        present = counts.filter(counts["value"].is_not_null())
        common = present.filter(present["count"] >= LEAST_ROWS)["value"].head(MOST_CODES)
        rare = present["value"].slice(common.len(), MOST_RARE).to_list()
        more = present.height > common.len() + len(rare)
        return cls(column, tuple(sorted(common.to_list())), tuple(sorted(rare)), more, present.height < counts.height)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        return (f"{self.column.name} code", *indicator_name(self.column, self.indicator))

    @property
    def codes(self) -> int:
        """How many codes the first feature takes; 0 where it holds none."""
        return len(self.categories) + 1

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features; say once which values were never seen."""
        texts = read_categories(table, self.column)
        known = dict(zip(self.categories, range(1, len(self.categories) + 1), strict=True))
        codes = number(texts, known | dict.fromkeys(self.rare, 0))
        gone = texts.is_null().to_numpy()
        if not self.more:
            say_unseen(self.column, texts, (codes == -1) & ~gone, "rare_value" if self.rare else "unknown", notes)
        say_missing(self.column, gone, self.indicator or self.elsewhere, "unknown", notes)
        return [np.maximum(codes, 0), *[gone] * self.indicator]
