"""The error for cells that do not fit their column, with the rows of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import DataError


class BadCells(DataError):
    """Cells of one column that cannot be read; the message names the first of them.

    Args:
        message: The message.
        column: The name of the column.
        rows: The places of the cells in the table, from 0.
        values: What the cells contain.
        wanted: What the column expects, such as "a number".
    """

    def __init__(self, message: str, column: str, rows: Sequence[int], values: Sequence[object], wanted: str) -> None:
        super().__init__(message)
        self.column, self.rows, self.values, self.wanted = column, tuple(rows), tuple(values), wanted
