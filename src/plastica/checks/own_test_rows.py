"""Test rows from a separate file, appended to the other rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..data.table import Table
from ..data.values import as_text
from ..errors import DataError

if TYPE_CHECKING:
    import polars as pl


def joined(table: Table, tested: Table, used: set[str]) -> Table:
    """Return the rows of both tables with the columns of the first one.

    Args:
        table: The rows for training and validation.
        tested: The test rows, which are appended; additional columns are ignored.
        used: The columns that they must have.
    """
    import polars as pl

    columns = {}
    for name, values in table.columns.items():
        if name in tested.columns:
            others = tested.columns[name]
        elif name in used:
            others = tested.column(name)  # raises an error that names the missing column
        else:
            others = pl.Series(name, [None] * tested.height, dtype=values.dtype)
        pair = [values, others.alias(values.name)]
        alike = values.dtype == others.dtype
        columns[name] = pl.concat(pair if alike else [*map(_as_text, pair)], rechunk=True)
    positions = np.concatenate([table.positions, tested.positions])
    return replace(table, columns=columns, positions=positions, position_word=tested.position_word)


def _as_text(values: pl.Series) -> pl.Series:
    import polars as pl

    try:
        return as_text(values)
    except DataError:  # lists and similar types, which are never inputs of a network
        return pl.Series(values.name, [None] * values.len(), dtype=pl.String)
