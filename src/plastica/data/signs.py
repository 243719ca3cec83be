"""Negative numbers as accounts and older systems write them: (1,234) and 40-, which become -1,234 and -40."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Negative = Literal["parentheses", "trailing"]
# The pattern of a cell, and what it becomes; $1 is its first group.
REWRITES: dict[Negative, tuple[str, str]] = {
    "parentheses": (r"^\(\s*([^()+-]*[0-9][^()]*?)\s*\)$", "-$1"),
    "trailing": (r"^([^-+\s].*[0-9.,]|[0-9])\s?-$", "-$1"),
}
LONGER_THAN_A_MARK = r"[0-9.,]{2,}\s?-$"  # 40-; 2- alone is a mark at school, a little better than 3+
GROUP = re.compile(r"\$(\d)")
PLUS_BEHIND = r"[0-9]\+$"


def negatives_of(values: pl.Series) -> tuple[Negative, ...]:
    """Return the notations of negative numbers, besides a minus in front, that occur in cleaned text."""
    found: list[Negative] = []
    if values.str.contains(REWRITES["parentheses"][0]).any():
        found.append("parentheses")
    marks = values.str.contains(PLUS_BEHIND).any()
    if not marks and values.str.replace_all("−", "-", literal=True).str.contains(LONGER_THAN_A_MARK).any():
        found.append("trailing")
    return tuple(found)


def with_minus(values: pl.Series, negatives: tuple[Negative, ...]) -> pl.Series:
    """Return text with a minus in front of negative numbers."""
    return rewritten(values.str.replace_all("−", "-", literal=True), [REWRITES[each] for each in negatives])


def rewritten(values: pl.Series, rewrites: Iterable[tuple[str, str]]) -> pl.Series:
    """Return text in which each pattern is replaced by a text with $1 for a group."""
    for pattern, made in rewrites:
        values = values.str.replace(pattern, GROUP.sub(r"${\1}", made))
    return values
