"""A table as read: columns by name, and assumptions made in reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..notes import Note, note
from ..registry import most_similar

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length with distinct names.

    Args:
        columns: The polars series by name, in the order of the file. Columns from text files are text; their kinds are
            inferred from whole columns in :mod:`.columns`.
        source: The name of the table in messages: the file name, or "the table".
        notes: Assumptions made in reading, for the user.
        positions: The position of each row in its source.
        position_word: The meaning of positions: "line" of a text file, "row" of a Parquet file (both from 1), or
            "row index" of data in memory (from 0).
        separator: The separator of a text file; semicolons suggest decimal commas.
    """

    columns: Mapping[str, pl.Series]
    source: str
    notes: tuple[Note, ...]
    positions: np.ndarray
    position_word: str = "row"
    separator: str = ""

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.positions)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.columns)

    def column(self, name: str) -> pl.Series:
        """Return one column; DataError with a suggestion if it does not exist."""
        if name not in self.columns:
            raise DataError(lacks(self.source, name, self.names))
        return self.columns[name]

    def take(self, rows: Sequence[int] | np.ndarray) -> Table:
        """Return the table with these rows only; their positions in the source are preserved."""
        import polars as pl

        # Numbers and not a mask: a mask of Booleans would be read as rows 0 and 1.
        rows = np.asarray(rows, dtype=np.int64)
        # One call of polars for all columns: a call for each takes twenty times as long.
        taken = pl.DataFrame(dict(self.columns))[rows].get_columns() if self.columns else []
        columns = dict(zip(self.columns, taken, strict=True))
        return replace(self, columns=columns, positions=self.positions[rows])

    def without(self, names: Iterable[str]) -> Table:
        """Return the table without these columns; DataError if one does not exist."""
        dropped = set(names)
        for name in dropped:
            self.column(name)
        return replace(self, columns={name: values for name, values in self.columns.items() if name not in dropped})

    def place(self, row: int) -> str:
        """Return the position of a row in the source: ``line 17``."""
        return f"{self.position_word} {self.positions[row]}"

    def where(self, row: int) -> Note:
        """Return the position of a row as a translatable note."""
        return note(f"words.{self.position_word.replace(' ', '_')}", number=str(self.positions[row]))

    def cell(self, row: int, name: str) -> str:
        """Return the position of a cell: ``penguins.csv, line 17, column 'sex'``."""
        return f"{self.source}, {self.place(row)}, column {show(name)}"


def lacks(source: str, name: str, known: Sequence[str]) -> Note:
    """Return a note that a source has no such column, with the most similar name and the columns that it has."""
    listed: list[str | Note] = [show(each) for each in known[:20]]
    listed += [note("words.more", more=len(known) - 20)] * (len(known) > 20)
    told = {"source": source, "column": show(name), "columns": listed}
    near = most_similar(name, known)
    if near is not None:
        return note("errors.no_column_near", **told, near=show(near))
    return note("errors.no_column", **told)


def show(value: object, length: int = 60) -> str:
    """Return a name or a cell for a message: quoted, control characters escaped, truncated if long."""
    shown = repr(value)
    return shown if len(shown) <= length else shown[: length - 4] + "..." + shown[0]


def distinct_names(names: Sequence[str]) -> tuple[list[str], list[Note]]:
    """Return unique column names, and notes on changed names.

    Example:
        >>> distinct_names(["a", "", "a"])[0]
        ['a', 'column_2', 'a_2']
    """
    made: list[str] = []
    notes: list[Note] = []
    # A name made up must not be one that a later column has by itself.
    taken = {name.strip() for name in names}
    used: set[str] = set()
    for number, given in enumerate(names, start=1):
        name = given.strip() or f"column_{number}"
        if name in used or (not given.strip() and name in taken):
            copy = 2
            while f"{name}_{copy}" in taken | used:
                copy += 1
            name = f"{name}_{copy}"
            notes.append(note("reading.second_column", number=number, given=show(given.strip()), name=show(name)))
        elif not given.strip():
            notes.append(note("reading.nameless_column", number=number, name=show(name)))
        used.add(name)
        made.append(name)
    return made, notes
