"""Removal of invisible characters, which would make two categories of one word.

Characters that neither display nor join anything are removed everywhere: zero-width spaces, word joiners, byte order
marks, soft hyphens and directional marks, which change the layout of a line but not its content. No-break spaces
become ordinary spaces, except between digits, where they separate thousands.

The zero-width joiner and non-joiner do affect reading: they shape letters in Arabic and Indic scripts (Persian writes
the plural after a non-joiner; old Malayalam texts end words in virama and joiner) and join emoji. They are kept
between two such characters and after a virama, and removed where they have no effect: within Latin, Greek, Cyrillic,
Chinese or digits, and at the ends of a word. Variation selectors are kept.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..notes import Note, note
from .table import Table, distinct_names, show

if TYPE_CHECKING:
    import polars as pl

EVERYWHERE = {
    "zero_width_spaces": "\u200b",
    "word_joiners": "\u2060",
    "byte_order_marks": "\ufeff",
    "soft_hyphens": "\u00ad",
    "direction_marks": "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
}
FIXED_SPACES = "\u00a0\u2007\u202f"
KINDS = EVERYWHERE | {"zero_width_joiners": "\u200c\u200d", "fixed_spaces": FIXED_SPACES}
ALL = "".join(KINDS.values())
# Blocks of scripts in which joiners shape letters (Hebrew to Mongolian, Balinese, Meetei and others), and emoji.
SHAPED = (
    "\u0590-\u109f\u1700-\u18af\u1900-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefe"
    "\U00010a00-\U00011fff\u00a9\u00ae\u2190-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299\ufe0f\u20e3\U0001f000-\U0001faff"
)
TAKEN_OFF = "reading.unseen"
VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"  # of combining class 9
OFF = re.compile(f"[{''.join(EVERYWHERE.values())}]")
SEVERAL = re.compile("([\u200c\u200d])[\u200c\u200d]+")
JOINERS = re.compile(f"(?<![{SHAPED}])[\u200c\u200d]|(?<![{VIRAMAS}])[\u200c\u200d](?![{SHAPED}])")
SPACES = re.compile(f"(?<![0-9])[{FIXED_SPACES}]|[{FIXED_SPACES}](?![0-9])")


def without_unseen(text: str) -> str:
    r"""Return a text without invisible characters.

    Example:
        >>> without_unseen("p\u200b") == "p", without_unseen("New\u00a0York"), without_unseen("1\u00a0000") == "1 000"
        (True, 'New York', False)
    """
    if not may_hide(text):
        return text
    text = OFF.sub("", text)
    if "\u200c" in text or "\u200d" in text:
        text = JOINERS.sub("", SEVERAL.sub(r"\1", text))
    return SPACES.sub(" ", text)


def may_hide(text: str) -> bool:
    """Return whether a text may contain such a character; a fast check applied to every file."""
    return not text.isascii() and any(mark in text for mark in ALL)


def said_of(before: str, after: str, where: Note) -> Note:
    """Return a note on the kinds of removed characters, and the position of the first one."""
    kinds = [
        note(f"reading.{kind}")
        for kind, marks in KINDS.items()
        if any(before.count(mark) > after.count(mark) for mark in marks)
    ]
    return note(TAKEN_OFF, kinds=[*kinds], where=where)


def first_difference(before: str, after: str) -> int:
    """Return the first position at which two texts differ."""
    low, high = 0, len(after)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if before.startswith(after[:middle]) else (low, middle - 1)
    return low


def seen(table: Table) -> Table:
    """Return a table whose names and text columns have no invisible characters, with one note on the removed ones."""
    import polars as pl

    said: Note | None = None
    columns: dict[str, pl.Series] = {}
    names, renamed = distinct_names([without_unseen(name) for name in table.names])
    for name, (given, column) in zip(names, table.columns.items(), strict=True):
        if not said and without_unseen(given) != given:
            said = said_of(given, without_unseen(given), note("words.name_of_column", column=show(name)))
        category = column.dtype == pl.Categorical
        values = column.cast(pl.String) if category else column
        columns[name] = column
        if values.dtype == pl.String and may_hide(before := values.drop_nulls().str.join("\n")[0] or ""):
            after = without_unseen(before)
            if said is None and after != before:
                said = said_of(before, after, note("words.column", column=show(name)))
            # Each distinct text once: columns repeat few texts in many rows.
            hiding = filter(may_hide, values.unique().drop_nulls().to_list())
            words = values.replace({word: without_unseen(word) for word in hiding})
            columns[name] = words.cast(pl.Categorical) if category else words
    if not said:
        return table
    columns = {name: values.alias(name) for name, values in columns.items()}
    return replace(table, columns=columns, notes=(*table.notes, said, *renamed))
