"""One pass over all rows of a table larger than memory: their number, and a representative sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..notes import Note
from ..typing import Float, Integer
from .streaming_files import Files
from .table import Table

if TYPE_CHECKING:
    import polars as pl

SAMPLE_ROWS = 200_000
SAMPLE_BYTES = 1 << 27  # limits the number of rows if they are wide
FEW_NUMBERS = 50  # distinct values of a column that are all kept
MANY_WORDS = 1000
PRIORITY, PART = 1, 2  # independent random streams


@dataclass(frozen=True, eq=False)
class Survey:
    """The result of one pass over all rows.

    Args:
        rows: The number of rows.
        sample: Rows drawn uniformly, in order, with their positions counted through all files.
        evidence: The sample and additional rows with rare words, from which the kinds of columns are inferred.
        notes: Assumptions made in reading.
    """

    rows: int
    sample: Table
    evidence: Table
    notes: tuple[Note, ...]


def chances(rows: Integer[np.ndarray, "rows"], seed: int, stream: int) -> Float[np.ndarray, "rows"]:
    """Return a random number from 0 to 1 for each row number, independent of the other rows.

    The mixing function is SplitMix64's (G. Steele, D. Lea, C. Flood (2014), Fast splittable pseudorandom number
    generators, figure 16).
    """
    start = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)
    mixed = start + rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def survey(files: Files, targets: Iterable[str], seed: int, most: int = SAMPLE_ROWS) -> Survey:
    """Read all rows once.

    Args:
        files: The files to read.
        targets: Columns whose distinct values are all kept, so that every class is known.
        seed: The seed of the sample.
        most: The maximum number of rows in the sample.
    """
    kept, words = _Sample(seed, most), _Words(frozenset(targets))
    rows, notes = 0, dict[Note, None]()
    for table in files.tables():
        numbers = np.arange(rows, rows + table.height)
        kept.add(table, numbers)
        words.add(table, numbers)
        rows += table.height
        notes |= dict.fromkeys(table.notes)
    sample, positions = kept.all()
    rare = [part for part in words.found if rows > len(positions)]
    evidence = _together([sample, *rare], files.name)
    return Survey(rows, _together([sample], files.name), evidence, tuple(notes))


class _Sample:
    """The rows with the smallest random numbers: a uniform sample, however rows were divided into tables."""

    def __init__(self, seed: int, most: int) -> None:
        self.seed, self.most = seed, most
        self.limit = 1.0
        self.tables: list[Table] = []
        self.chances: list[np.ndarray] = []

    def add(self, table: Table, numbers: Integer[np.ndarray, "rows"]) -> None:
        if not self.tables:
            width = sum(values.estimated_size() for values in table.columns.values()) / table.height
            self.most = min(self.most, max(1000, int(SAMPLE_BYTES / max(width, 1))))
        found = chances(numbers, self.seed, PRIORITY)
        rows = np.flatnonzero(found < self.limit)
        self.tables.append(replace(copied(table, rows), positions=numbers[rows] + 1, position_word="row"))
        self.chances.append(found[rows])
        if sum(map(len, self.chances)) > 2 * self.most:
            self._shrink()

    def all(self) -> tuple[Table, np.ndarray]:
        self._shrink()
        return self.tables[0], self.tables[0].positions

    def _shrink(self) -> None:
        together, found = _together(self.tables, ""), np.concatenate(self.chances)
        if len(found) > self.most:
            self.limit = float(np.partition(found, self.most)[self.most])
            rows = np.flatnonzero(found < self.limit)
            together, found = together.take(rows), found[rows]
        self.tables, self.chances = [together], [found]


class _Words:
    """Rows with a new word: a text after many numbers, or a class that occurs once."""

    def __init__(self, targets: frozenset[str]) -> None:
        self.targets = targets
        self.seen: dict[tuple[str, bool], set[object]] = {}  # by column, separately for numbers and words
        self.found: list[Table] = []

    def add(self, table: Table, numbers: Integer[np.ndarray, "rows"]) -> None:
        rows: set[int] = set()
        for name in table.names:
            rows |= self._new(table, name)
        if rows:
            chosen = np.array(sorted(rows))
            self.found.append(replace(copied(table, chosen), positions=numbers[chosen] + 1, position_word="row"))

    def _new(self, table: Table, name: str) -> set[int]:
        import polars as pl

        values = table.columns[name]
        if values.dtype.is_nested():
            return set()
        if values.dtype != pl.String:
            return self._first(name, True, values, values.is_not_null())
        numbers = values.cast(pl.Float64, strict=False).is_not_null()
        words = ~numbers & values.is_not_null()
        return self._first(name, True, values, numbers) | self._first(name, False, values, words)

    def _first(self, name: str, numeric: bool, values: pl.Series, chosen: pl.Series) -> set[int]:
        seen = self.seen.setdefault((name, numeric), set())
        room = (FEW_NUMBERS if numeric and name not in self.targets else MANY_WORDS) - len(seen)
        if room <= 0 or not chosen.any():
            return set()
        rows = chosen.arg_true()
        rows = rows.filter(values.gather(rows).is_first_distinct()).to_list()[: 2 * MANY_WORDS]
        new = [(row, values[row]) for row in rows]
        new = [(row, value) for row, value in new if value not in seen][:room]
        seen.update(value for _, value in new)
        return {row for row, _ in new}


def copied(table: Table, rows: Integer[np.ndarray, "rows"]) -> Table:
    """Return a deep copy of rows, since gathered text in polars keeps the buffers of the whole table in memory."""
    import polars as pl

    taken = table.take(rows)
    columns = {
        name: pl.Series(name, values.to_list(), dtype=pl.String) if values.dtype == pl.String else values
        for name, values in taken.columns.items()
    }
    return replace(taken, columns=columns)


def _together(tables: list[Table], source: str) -> Table:
    """Return all rows without duplicates, in the order of their positions."""
    import polars as pl

    positions, firsts = np.unique(np.concatenate([table.positions for table in tables]), return_index=True)
    names = tables[0].names
    columns = {name: pl.concat([table.columns[name] for table in tables], rechunk=True) for name in names}
    made = Table(columns, source, (), np.concatenate([t.positions for t in tables]), "row", tables[0].separator)
    return replace(made.take(firsts), positions=positions)
