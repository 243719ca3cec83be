"""What is known of one column: its kind, how its text is read, figures to show."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..notes import Note, sentences
from .dates import FORMS
from .numbers import PLAIN_FORMAT, NumberFormat

ColumnKind = Literal[
    "number",
    "boolean",
    "category",
    "date",
    "text",
    "identifier",
    "duplicate",
    "constant",
    "empty",
    "unreadable",
]
USED: tuple[ColumnKind, ...] = ("number", "boolean", "category", "date", "text")


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column: what it is, how its text is read, and figures to show.

    Args:
        name: Its name in the table.
        kind: What it is; kinds outside :data:`USED` are left out, and ``notes`` say why.
        notes: What a person should know about it: why it is left out, what was assumed.
        format: How numbers are written in it.
        date_order: A key of ``dates.FORMS``: "ymd", "dmy", "time" ...
        booleans: The words for no and yes, in lower case.
        missing_words: Values of its own that count as missing.
        keep_words: Words that elsewhere count as missing and here are values.
        missing: How many values are missing.
        distinct: How many different values there are.
        categories: The most frequent values (at most 20), most frequent first.
        mean, scale, lowest, highest: Of its finite numbers; None for other kinds.
        whole: Whether all of these are whole; None for other kinds, and in files that do not say.
        declared: Whether its kind was declared, by a person or by the type it came with.
    """

    name: str
    kind: ColumnKind
    notes: tuple[Note, ...] = ()
    format: NumberFormat = PLAIN_FORMAT
    date_order: str = ""
    booleans: tuple[str, ...] = ()
    missing_words: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = ()
    missing: int = 0
    distinct: int = 0
    categories: tuple[str, ...] = ()
    mean: float | None = None
    scale: float | None = None
    lowest: float | None = None
    highest: float | None = None
    whole: bool | None = None
    declared: bool = False

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if self.date_order and self.date_order not in FORMS:
            raise ValueError(f"column {self.name!r} has dates in no known form")
        if len(self.booleans) != 2 and (self.booleans or self.kind == "boolean"):
            raise ValueError(f"column {self.name!r} has {len(self.booleans)} words for no and yes")
        if len({each is None for each in (self.mean, self.scale, self.lowest, self.highest)}) > 1:
            raise ValueError(f"column {self.name!r} has some figures and lacks others")

    @property
    def note(self) -> str:
        """Its notes as sentences in English."""
        return sentences(self.notes)

    @property
    def used(self) -> bool:
        """Whether a network can be given this column."""
        return self.kind in USED
