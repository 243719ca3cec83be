"""Duplicate columns."""

from __future__ import annotations

import hashlib
from collections import Counter

import msgspec

from ..errors import DataError
from ..notes import note
from .column import Column
from .table import Table, show
from .values import read_booleans, read_categories, read_dates, read_numbers


def leave_out_copies(table: Table, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Leave out every column whose parsed values equal those of an earlier column.

    Only columns with equal statistics are compared, so that ten thousand columns take no longer than reading them.
    """
    alike = Counter(_figures(column) for column in columns if column.used)
    first: dict[tuple[str, bytes], str] = {}

    def checked(column: Column) -> Column:
        if not column.used or alike[_figures(column)] == 1 or not (content := _content(table, column)):
            return column
        same = first.setdefault((column.kind, content), column.name)
        if same == column.name:
            return column
        return msgspec.structs.replace(column, kind="duplicate", notes=(note("columns.copy", column=show(same)),))

    return tuple(map(checked, columns))


def _figures(column: Column) -> tuple[object, ...]:
    return (column.kind, column.missing, column.distinct, column.mean, column.lowest, column.highest)


def _content(table: Table, column: Column) -> bytes:
    """Return a digest of the values of a column; empty if the column cannot be read."""
    try:
        if column.kind == "number":
            values = read_numbers(table, column) + 0.0  # -0.0 becomes 0.0
        elif column.kind == "boolean":
            values = read_booleans(table, column)
        elif column.kind == "date":
            values = read_dates(table, column)
        else:
            values = read_categories(table, column).hash().to_numpy()
    except DataError:
        return b""
    return hashlib.sha256(values.tobytes()).digest()
