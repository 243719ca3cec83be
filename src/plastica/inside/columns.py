"""What some rows have in common, in their columns as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..typing import Float, Int, Shaped
from .look import SAY

MOST_TRAITS = 3
LEAST = 0.5  # a standardized difference, a medium effect (J. Cohen, 1988, Statistical power analysis, section 2.2)
MIDDLE = (0.1, 0.9)  # quantiles


class WrittenColumn(NamedTuple):
    """A column of the rows.

    Attributes:
        name: Its name.
        values: Numbers, NaN where missing; or texts.
    """

    name: str
    values: Shaped[np.ndarray, "rows"]

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.values.dtype.kind == "f"

    def written(self, row: int) -> str:
        """Return the value of a row as a text."""
        value = self.values[row]
        return f"{value:.4g}" if self.is_number else str(value)


class Trait(NamedTuple):
    """What distinguishes some rows from all in one column.

    Attributes:
        column: The column.
        effect: The difference of means in standard deviations, or for a category Cohen's h: 2 asin sqrt p of its share
            among the rows, less that among all.
        words: What the rows have in common: ``"flipper_length_mm 210 to 230"``, four in five of them.
        others: The same of all rows: ``"all: 181 to 221"``.
    """

    column: str
    effect: float
    words: str
    others: str


def traits_of(columns: Sequence[WrittenColumn], chosen: Int[np.ndarray, "rows"]) -> tuple[Trait, ...]:
    """Return what distinguishes some rows from all, the largest differences first.

    Args:
        columns: The columns.
        chosen: The numbers of the rows.
    """
    found = [_of_number(each, chosen) if each.is_number else _of_texts(each, chosen) for each in columns]
    clear = [each for each in found if each is not None and abs(each.effect) >= LEAST]
    return tuple(sorted(clear, key=lambda each: -abs(each.effect))[:MOST_TRAITS])


def _of_number(column: WrittenColumn, chosen: Int[np.ndarray, "rows"]) -> Trait | None:
    known = column.values[np.isfinite(column.values)]
    some = column.values[chosen]
    some = some[np.isfinite(some)]
    if not len(some) or not known.std() > 0:
        return None
    effect = float((some.mean() - known.mean()) / known.std())
    own, everywhere = (_range(values) for values in (some, known))
    return Trait(column.name, effect, f"{column.name} {own}", SAY("trait_all", range=everywhere))


def _range(values: Float[np.ndarray, "rows"]) -> str:
    low, high = (f"{each:.4g}" for each in np.quantile(values, MIDDLE))
    return low if low == high else SAY("trait_range", low=low, high=high)


def _of_texts(column: WrittenColumn, chosen: Int[np.ndarray, "rows"]) -> Trait | None:
    texts, codes = np.unique(column.values.astype(str), return_inverse=True)
    everywhere = np.bincount(codes, minlength=len(texts)) / len(codes)
    here = np.bincount(codes[chosen], minlength=len(texts)) / max(len(chosen), 1)
    heights = 2 * np.arcsin(np.sqrt(here)) - 2 * np.arcsin(np.sqrt(everywhere))
    best = int(heights.argmax())
    value = texts[best] or SAY("trait_missing")
    words = f"{column.name} = {value} {100 * here[best]:.0f} %"
    return Trait(column.name, float(heights[best]), words, SAY("trait_all", range=f"{100 * everywhere[best]:.0f} %"))
