"""Records of a stream as tables, and a sentence for each record that is no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec
import numpy as np

from ..data.delimited import parse
from ..data.frames import from_memory
from ..data.separators import read_rows
from ..data.table import Table, lacks, show
from ..data.unseen import seen, without_unseen
from ..errors import DataError
from ..notes import Note, note
from .records import is_json

Skipped = list[Note | str]


class RecordReader:
    """Reads records as rows: CSV with the names of the columns in the first record, or a JSON object in each.

    Each record is read on its own, so that one that is no row never changes how its neighbours are read.

    Args:
        name: The name of the source.
        head: The first record.
        needed: The columns that each row must have.

    Attributes:
        is_csv: Whether the first record is no row.

    Raises:
        DataError: If a column is missing in the first record of CSV.
    """

    def __init__(self, name: str, head: bytes, needed: Sequence[str]) -> None:
        self.name, self.needed = name, tuple(needed)
        self.is_csv = not is_json(head)
        self._names, self._separator = tuple[str, ...](), ","
        if self.is_csv and head.strip():
            # A table needs a row: the names once more.
            read = parse(2 * (self._text(head).rstrip("\r\n") + "\n"), name, header=True)
            self._names, self._separator = read.names, read.separator
            if lacking := [each for each in self.needed if each not in self._names]:
                raise DataError(lacks(name, lacking[0], self._names))

    def table(self, records: Sequence[bytes], first: int) -> tuple[Table | None, Skipped]:
        """Return the rows as a table, None if there is none, and a sentence for each record that is no row.

        Args:
            records: The records.
            first: The number of the first of them in the stream, from 1.
        """
        rows, numbers, skipped = list[Sequence[Any]](), list[int](), Skipped()
        for number, record in enumerate(records, start=first):
            try:
                row = self._row(record) if record.strip() else None
            except DataError as error:
                told = error.args[0] if isinstance(error.args[0], Note) else str(error)
                skipped.append(note("streams.no_row", source=self.name, row=str(number), why=told))
                continue
            if row is not None:
                rows.append(row)
                numbers.append(number)
        return (self._table(rows, numbers) if rows else None), skipped

    def _table(self, rows: Sequence[Sequence[Any]], numbers: Sequence[int]) -> Table:
        columns = zip(*rows, strict=True)
        if self.is_csv:
            import polars as pl

            texts = {name: pl.Series(name, cells, pl.String) for name, cells in zip(self._names, columns, strict=True)}
            return Table(texts, self.name, (), np.array(numbers), "row", self._separator)
        made = seen(from_memory({name: [*values] for name, values in zip(self.needed, columns, strict=True)}))
        return replace(made, source=self.name, positions=np.array(numbers), position_word="row")

    def _row(self, record: bytes) -> Sequence[Any] | None:
        """Return the cells of a record; None for a comment."""
        if not self.is_csv:
            found = _object(record)
            if lacking := [name for name in self.needed if name not in found]:
                raise DataError(
                    note("streams.row_lacks", column=show(lacking[0]), columns=[show(each) for each in [*found][:20]])
                )
            return [_plain(found[name], name) for name in self.needed]
        text = self._text(record)
        if "\0" in text:
            raise DataError(note("streams.nul"))
        try:
            (_, cells), *more = read_rows(without_unseen(text), self.name, self._separator)
        except DataError as error:
            raise DataError(str(error).removeprefix(f"{self.name}, line 1: ")) from None
        width = len(self._names)
        if len(cells) == width + 1 and not cells[-1].strip():  # a separator at the end of each row
            cells.pop()
        if len(cells) == width and not more:
            return cells
        if cells[0].lstrip().startswith("#"):
            return None
        raise DataError(note("streams.lines" if more else "streams.width", got=len(cells), width=width))

    def _text(self, record: bytes) -> str:
        try:
            return record.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(note("streams.not_utf8")) from None


def _object(record: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(record)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise DataError(note("streams.no_json", why=str(problem))) from None
    if not isinstance(found, dict):
        raise DataError(note("streams.no_object", found=show(found)))
    return cast("dict[str, Any]", found)


def _plain(value: object, name: str) -> object:
    if isinstance(value, dict | list):
        raise DataError(note("streams.nested", column=show(name), found=show(cast("object", value))))
    return value
