"""Values of a category that differ only in case or spaces, such as "Berlin" and "berlin", which are one value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..notes import Note, note
from .table import show

if TYPE_CHECKING:
    import polars as pl

MOST = 10_000  # distinct values that are compared
LONG = 3  # letters: the case of shorter words may mean something, as in mg and Mg, or A and a
SPACES = re.compile(r"\s+")
YES_AND_NO = {"y": "yes", "n": "no", "t": "true", "f": "false"}


def spellings_of(cleaned: pl.Series, kept: Sequence[str] = ()) -> tuple[tuple[tuple[str, str], ...], tuple[Note, ...]]:
    """Return values that are another spelling of one that is more frequent, each with that one; and notes.

    Args:
        cleaned: Text, null for missing values.
        kept: Words that are to remain values of their own.
    """
    counts = cleaned.drop_nulls().alias("text").value_counts(name="rows", sort=False)
    if counts.height > MOST:
        return (), ()
    ordered = counts.sort(["rows", "text"], descending=[True, False])["text"].to_list()
    found: list[tuple[str, str]] = []
    apart: list[tuple[str, str]] = []
    for first, *others in _groups(word for word in ordered if word.lower() not in kept):
        for other in others:
            long = sum(map(str.isalpha, first)) >= LONG or _spaced(first) != first or _spaced(other) != other
            (found if long else apart).append((other, first))
    kinds = (("spellings", found), ("spellings_apart", apart))
    return tuple(found), tuple(_said(key, pairs) for key, pairs in kinds if pairs)


def joined(values: pl.Series, spellings: Sequence[tuple[str, str]]) -> pl.Series:
    """Return text in which each value has one spelling."""
    return values.replace(dict(spellings)) if spellings else values


def yes_and_no(words: set[str]) -> dict[str, str]:
    """Return the long words for yes and no among short ones, if both kinds occur: "y" beside "yes".

    Example:
        >>> yes_and_no({"y", "yes", "no"}), yes_and_no({"y", "n"})
        ({'y': 'yes'}, {})
    """
    long = {YES_AND_NO.get(word, word) for word in words}
    if long not in ({"yes", "no"}, {"true", "false"}) or len(words) < 3:
        return {}
    return {word: YES_AND_NO[word] for word in sorted(words) if word in YES_AND_NO}


def _groups(words: Iterable[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(_spaced(word).casefold(), []).append(word)
    return [group for group in groups.values() if len(group) > 1]


def _spaced(word: str) -> str:
    return SPACES.sub(" ", word)


def _said(key: str, pairs: Sequence[tuple[str, str]]) -> Note:
    first, more = pairs[0], len(pairs) - 1
    told = {"value": show(first[0]), "other": show(first[1])}
    return note(f"columns.{key}_more", **told, more=more) if more else note(f"columns.{key}", **told)
