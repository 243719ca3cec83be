"""Records of a stream as tables, and a sentence for each record that is no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from ..data.delimited import parse
from ..data.frames import from_memory
from ..data.table import Table, show
from ..data.unseen import seen
from ..errors import DataError
from ..notes import Note, note
from .records import is_json

Skipped = list[Note | str]


class RecordReader:
    """Reads records as rows: CSV with the names of the columns in the first record, or a JSON object in each.

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
        self.name, self.head, self.needed = name, head, tuple(needed)
        self.is_csv = not is_json(head)
        self._separator: str | None = None
        if self.is_csv and head.strip():
            self.head = head.rstrip(b"\r\n") + b"\n"
            self._refuse_lacking(self._csv([self.head]).names)  # the names once more, as a row

    def table(self, records: Sequence[bytes], first: int) -> tuple[Table | None, Skipped]:
        """Return the rows as a table, None if there is none, and a sentence for each record that is no row.

        Args:
            records: The records.
            first: The number of the first of them in the stream, from 1.
        """
        numbers = [first + place for place, record in enumerate(records) if record.strip()]
        records = [record for record in records if record.strip()]
        if not records:
            return None, []
        try:
            made = self._csv(records) if self.is_csv else self._json(records, numbers)
        except DataError as error:
            if len(records) > 1:
                return self._one_by_one(records, numbers)
            told = str(error).removeprefix(f"{self.name}, line 2: ").removeprefix(f"{self.name}, row {numbers[0]}: ")
            return None, [note("streams.no_row", source=self.name, row=str(numbers[0]), why=told)]
        return replace(made, source=self.name, positions=np.array(numbers), position_word="row"), []

    def _one_by_one(self, records: Sequence[bytes], numbers: Sequence[int]) -> tuple[Table | None, Skipped]:
        found = [self.table([record], number) for record, number in zip(records, numbers, strict=True)]
        skipped = [line for _, lines in found for line in lines]
        good = [place for place, (table, _) in enumerate(found) if table is not None]
        if not good:
            return None, skipped
        made = (
            self._csv([records[place] for place in good])
            if self.is_csv
            else self._json([records[place] for place in good], [numbers[place] for place in good])
        )
        places = np.array([numbers[place] for place in good])
        return replace(made, source=self.name, positions=places, position_word="row"), skipped

    def _csv(self, records: Sequence[bytes]) -> Table:
        made = parse(self._text([self.head, *records]), self.name, self._separator, header=True)
        if made.height != len(records):
            raise DataError(f"{made.height} rows in {len(records)} records.")
        self._separator = made.separator or self._separator
        return made

    def _json(self, records: Sequence[bytes], numbers: Sequence[int]) -> Table:
        rows = [_object(record) for record in records]
        for row in rows:
            self._refuse_lacking(row)
        return seen(from_memory({name: [row[name] for row in rows] for name in self.needed}))

    def _text(self, parts: Sequence[bytes]) -> str:
        try:
            return b"".join(parts).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(note("streams.not_utf8", source=self.name)) from None

    def _refuse_lacking(self, present: Sequence[str] | dict[str, Any]) -> None:
        if lacking := [name for name in self.needed if name not in present]:
            raise DataError(note("streams.lacks", source=self.name, column=show(lacking[0])))


def _object(record: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(record)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise DataError(f"it is not JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise DataError(f"{show(found)} is not an object with a value for each column.")
    return found
