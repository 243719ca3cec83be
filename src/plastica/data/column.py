"""The description of a column: its kind, how its text is parsed, and summary statistics."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..notes import Note, sentences
from .date_forms import FORMS, forms_of
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
    """The description of a column: its kind, how its text is parsed, and summary statistics.

    Args:
        name: The name in the table.
        kind: The kind; columns of kinds outside :data:`USED` are left out, for the reason given in ``notes``.
        notes: Notes for the user: why it is left out, what was assumed.
        format: The number format.
        date_order: A key of ``date_forms.FORMS``: "ymd", "dmy", "time" ...; several are joined by bars.
        booleans: The words for no and yes, in lower case.
        missing_words: Words that count as missing values in this column only.
        spellings: Values that differ from another one only in case or spaces, each with that one.
        keep_words: Words that usually count as missing values but are values here.
        missing: The number of missing values.
        distinct: The number of distinct values.
        categories: The most frequent values (at most 20), most frequent first.
        counts: How often each of ``categories`` occurs; empty in older files.
        deciles: Nine of the finite numbers that divide them into ten parts; empty for other kinds and in older files.
        decile_shares: The share of the finite numbers that are at most each decile: more than 0.1, 0.2, ... where
            numbers repeat.
        mean, scale, lowest, highest: Statistics of the finite numbers; None for other kinds.
        whole: Whether all numbers are integers; None for other kinds and in older files.
        declared: Whether the kind was declared by the user or by the type of the column.
    """

    name: str
    kind: ColumnKind
    notes: tuple[Note, ...] = ()
    format: NumberFormat = PLAIN_FORMAT
    date_order: str = ""
    booleans: tuple[str, ...] = ()
    missing_words: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = ()
    spellings: tuple[tuple[str, str], ...] = ()
    missing: int = 0
    distinct: int = 0
    categories: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    deciles: tuple[float, ...] = ()
    decile_shares: tuple[float, ...] = ()
    mean: float | None = None
    scale: float | None = None
    lowest: float | None = None
    highest: float | None = None
    whole: bool | None = None
    declared: bool = False

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not all(form in FORMS for form in forms_of(self.date_order)):
            raise ValueError(f"column {self.name!r} has dates in no known form")
        if len(self.booleans) != 2 and (self.booleans or self.kind == "boolean"):
            raise ValueError(f"column {self.name!r} has {len(self.booleans)} words for no and yes")
        if len({each is None for each in (self.mean, self.scale, self.lowest, self.highest)}) > 1:
            raise ValueError(f"column {self.name!r} has some figures and lacks others")
        if len(self.counts) not in (0, len(self.categories)) or len(self.deciles) != len(self.decile_shares):
            raise ValueError(f"column {self.name!r} has {len(self.counts)} counts and {len(self.deciles)} deciles")

    @property
    def note(self) -> str:
        """The notes as English sentences."""
        return sentences(self.notes)

    @property
    def used(self) -> bool:
        """Whether the column is an input of the network."""
        return self.kind in USED
