"""Rows of requests as features, with a sentence for each row that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..data.bad_cells import BadCells
from ..data.table import Table, show
from ..notes import Note, note
from .exchange import BadRow
from .row_models import RowEncoder

WANTED = {"a number": "serving.a_number", "a finite number": "serving.a_finite_number"}
LONGEST = 200  # characters of a cell that are repeated to the client


class EncodedRows(NamedTuple):
    """The rows of a table that can be read, as features, and those that cannot.

    Args:
        table: The rows that can be read.
        kept: Their places in the table that was given.
        features: The features of each encoder: one, or one for each fold.
        bad: The place of each of the other rows in the table, and what is wrong with it.
    """

    table: Table
    kept: np.ndarray
    features: list[np.ndarray]
    bad: list[tuple[int, BadRow]]


def encode(encoders: Sequence[RowEncoder], table: Table, numbers: np.ndarray, notes: list[Note]) -> EncodedRows:
    """Encode the rows of a table; bad rows are left out.

    Args:
        encoders: The encoders of the model.
        table: Rows with all its columns.
        numbers: The number of each row in its request.
        notes: A list that receives notes on values that training had not seen.

    Raises:
        DataError: If the table as a whole cannot be read.
    """
    kept = np.arange(table.height)
    bad: list[tuple[int, BadRow]] = []
    while len(kept):
        rows = table if len(kept) == table.height else table.take(kept)
        said: list[Note] = []
        try:
            features = [each.transform(rows, said) for each in encoders]
        # Each attempt finds all bad cells of one column, so that there are about as many attempts as columns.
        except BadCells as error:
            found = zip(error.rows, error.values, strict=True)
            bad += [
                (int(kept[row]), _bad_row(rows, row, int(numbers[kept[row]]), value, error)) for row, value in found
            ]
            kept = np.delete(kept, error.rows)
        else:
            notes.extend(dict.fromkeys(said))
            return EncodedRows(rows, kept, features, bad)
    width = [np.zeros((0, each.layout.width), np.float32) for each in encoders]
    return EncodedRows(table.take([]), kept, width, bad)


def _bad_row(table: Table, row: int, number: int, value: object, error: BadCells) -> BadRow:
    place, wanted = table.where(row), note(WANTED[error.wanted]) if error.wanted in WANTED else error.wanted
    told = note("serving.bad_cell", place=place, column=show(error.column), value=show(value), wanted=wanted)
    plain = value if isinstance(value, int | float) and np.isfinite(value) else str(value)[:LONGEST]
    return BadRow(number, told, error.column, plain, error.wanted)
