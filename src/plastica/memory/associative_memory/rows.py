"""Rows of a table as patterns of two values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError
from ...typing import Int

if TYPE_CHECKING:
    import polars

    from ...data.table import Table

MOST_VALUES = 20  # a column with more words than this distinguishes rows by itself, such as a name


class BinaryRows(NamedTuple):
    """Rows of two values.

    Attributes:
        names: What each unit stands for, such as ``"legs = 4"`` or ``"age > 37"``.
        patterns: The rows.
    """

    names: list[str]
    patterns: Int[np.ndarray, "rows units"]


def read_rows(table: Table) -> BinaryRows:
    """Return the rows of a table as patterns.

    A column of two values is a unit, one of up to 20 words a unit for each word, and one of numbers a unit that tells
    whether the number is above the median. Columns of one value are left out, and rows that are equal stored once.

    Raises:
        DataError: If a value is missing, a column has too many words, or no column is left.
    """
    units: dict[str, np.ndarray] = {}
    for name, column in table.columns.items():
        units.update(_units(name, column, table.source))
    if not units:
        raise DataError(f"{table.source}: every column has a single value; there is nothing to remember.")
    patterns = np.stack(list(units.values()), 1).astype(int)
    _, first = np.unique(patterns, axis=0, return_index=True)
    return BinaryRows(list(units), patterns[np.sort(first)])


def _units(name: str, column: polars.Series, source: str) -> dict[str, np.ndarray]:
    import polars

    if column.dtype == polars.String:
        column = column.str.strip_chars().replace("", None)
    if missing := column.null_count():
        raise DataError(f'{source}: column "{name}" has {missing} missing values; memories need all of them.')
    values = sorted(column.unique().to_list())
    if len(values) < 2:
        return {}
    if len(values) == 2:
        return {f"{name} = {values[1]}": (column == values[1]).to_numpy()}
    numbers = column.cast(polars.Float64, strict=False)
    if numbers.null_count() == 0:
        median = float(np.median(numbers.to_numpy()))
        return {f"{name} > {median:g}": (numbers > median).to_numpy()}
    if len(values) > MOST_VALUES:
        raise DataError(
            f'{source}: column "{name}" has {len(values)} different words; at most {MOST_VALUES}. Leave it out of the '
            "table."
        )
    return {f"{name} = {value}": (column == value).to_numpy() for value in values}
