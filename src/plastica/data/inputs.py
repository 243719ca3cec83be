"""Input tables for a trained network: read, with the target renamed, without rows that lack it."""

from __future__ import annotations

import numpy as np

from ..errors import DataError, InvalidValue
from ..notes import Note, note
from ..typing import Num
from .reading import read_table
from .table import Table, show
from .target import Target


def as_table(source: object) -> Table:
    """Return a table unchanged, or read it."""
    return source if isinstance(source, Table) else read_table(source)


def truth_of(target: Target, y: Num[np.ndarray, "rows *outputs"]) -> Num[np.ndarray, "rows *outputs"]:
    """Return class indices unchanged, and scaled numbers in the unit of the target."""
    return target.decode(y) if target.task == "regression" else y


def renamed(table: Table, target: Target, name: str | None) -> Table:
    """Return the table with the column ``name`` renamed to the name of the target in training.

    Raises:
        DataError: If there is no such column.
        InvalidValue: If there are several targets, and a name other than the first one's.
    """
    wanted = target.name
    if len(target.names) > 1:
        if name not in (None, wanted):
            raise InvalidValue(f"target={name!r}: the {len(target.names)} targets cannot be renamed.")
        return table
    if name is None or name == wanted:
        table.column(wanted)
        return table
    table.column(name)
    columns = {(wanted if own == name else own): values for own, values in table.columns.items() if own != wanted}
    return Table(columns, table.source, table.notes, table.positions, table.position_word, table.separator)


def with_target(table: Table, target: Target, notes: list[Note]) -> Table:
    """Leave out rows without a target, with a note."""
    missing = target.missing(table)
    if missing.all():
        raise DataError(f"the target {show(target.name)} of {table.source} has no values.")
    if missing.any():
        count = int(missing.sum())
        notes.append(note("target.without_target", rows=note("words.rows", count=count)))
        table = table.take(np.flatnonzero(~missing))
    return table
