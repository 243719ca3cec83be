"""A table as it was read: columns by name, and what was assumed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..notes import Note, note

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length under distinct names.

    Args:
        columns: Each name with its values, as polars series in the order of the file. Text files give text
            throughout: what a column is gets decided over the whole column, in :mod:`.columns`.
        source: What messages call the table: the file's name, or "the table".
        notes: What was assumed in reading it, for a person to see.
        positions: Where each row stands in its source.
        position_word: What such a position is: "line" of a text file, "row" of a Parquet file (both counted
            from 1), "row index" of something in memory (counted from 0).
        separator: What stood between cells in a text file; semicolons suggest decimal commas.
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
        """The columns' names, in order."""
        return tuple(self.columns)

    def column(self, name: str) -> pl.Series:
        """Return one column, or say which one was perhaps meant."""
        if name not in self.columns:
            raise DataError(self._lacks(name))
        return self.columns[name]

    def take(self, rows: Sequence[int] | np.ndarray) -> Table:
        """Return the table with these rows only, which keep their positions in the source."""
        rows = np.asarray(rows, dtype=np.int64)
        columns = {name: values.gather(rows) for name, values in self.columns.items()}
        return replace(self, columns=columns, positions=self.positions[rows])

    def without(self, names: Iterable[str]) -> Table:
        """Return the table without these columns; a name that is not there is an error."""
        dropped = set(names)
        for name in dropped:
            self.column(name)
        return replace(self, columns={name: values for name, values in self.columns.items() if name not in dropped})

    def place(self, row: int) -> str:
        """Say where a row stands in the source: ``line 17``."""
        return f"{self.position_word} {self.positions[row]}"

    def where(self, row: int) -> Note:
        """Return where a row stands, to be told in any language."""
        return note(f"words.{self.position_word.replace(' ', '_')}", number=str(self.positions[row]))

    def cell(self, row: int, name: str) -> str:
        """Say where a cell stands: ``penguins.csv, line 17, column 'sex'``."""
        return f"{self.source}, {self.place(row)}, column {show(name)}"

    def _lacks(self, name: str) -> Note:
        """Say that there is no such column, which one was perhaps meant and which there are."""
        folded = {known.casefold(): known for known in self.columns}
        near = get_close_matches(name.casefold(), folded, n=1)
        listed: list[str | Note] = [show(known) for known in self.names[:20]]
        listed += [note("words.more", more=len(self.columns) - 20)] * (len(self.columns) > 20)
        told = {"source": self.source, "column": show(name), "columns": listed}
        if near:
            return note("errors.no_column_near", **told, near=show(folded[near[0]]))
        return note("errors.no_column", **told)


def show(value: Any, length: int = 60) -> str:
    """Write a name or a cell for a message: quoted, control characters escaped, cut where it is long."""
    shown = repr(value)
    return shown if len(shown) <= length else shown[: length - 4] + "..." + shown[0]


def distinct_names(names: Sequence[str]) -> tuple[list[str], list[Note]]:
    """Give every column a name of its own; return the names and what was changed.

    Example:
        >>> distinct_names(["a", "", "a"])[0]
        ['a', 'column_2', 'a_2']
    """
    made: list[str] = []
    notes: list[Note] = []
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
