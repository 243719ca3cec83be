"""Check for zeros that may mean missing values: repeated, at one end of the range, and far from all other values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data.table import show
from ..data.values import read_numbers
from ..errors import DataError
from ..typing import Num
from .arrays import TableArrays
from .findings import Finding, finding, listed_names

GAP = 5  # times the typical distance between the values next to it
REACH = 0.1  # the value next to 0 as a share of the median; quantities with values near 0 may be 0
MOST_ZEROS = 0.6  # share of the rows; in a column of mostly zeros, they are real
FEWEST_VALUES, NEAREST = 10, 10


def hidden_zeros(prepared: TableArrays) -> Iterator[Finding]:
    """Find numeric columns whose zeros look like missing values, with their number."""
    found: list[str] = []
    for column in prepared.columns:
        if not column.used or column.kind != "number" or 0 not in (column.lowest, column.highest):
            continue
        try:
            numbers = read_numbers(prepared.table, column)
        except DataError:  # unreadable values are reported elsewhere
            continue
        if (zeros := stray_zeros(numbers)) > 0:
            found.append(f"{show(column.name, 30)} ({zeros:,})")
    if found:
        yield finding("hidden_zeros", "warning", columns=listed_names(found))


def stray_zeros(numbers: Num[np.ndarray, "rows"]) -> int:
    """Return the number of zeros that look like missing values.

    Example:
        >>> glucose = np.array([0, 0, *range(60, 140, 2)])
        >>> children = np.array([0, 0, *range(1, 14)])
        >>> stray_zeros(glucose), stray_zeros(children)
        (2, 0)
    """
    numbers = numbers[np.isfinite(numbers)]
    others = np.abs(numbers[numbers != 0])
    zeros = len(numbers) - len(others)
    one_sided = (numbers >= 0).all() or (numbers <= 0).all()
    if zeros < 2 or zeros > MOST_ZEROS * len(numbers) or not one_sided:
        return 0
    values = np.unique(others)
    if len(values) < FEWEST_VALUES:
        return 0
    step = float(np.median(np.diff(values[: NEAREST + 1])))
    far = values[0] >= GAP * step and values[0] >= REACH * np.median(others)
    return zeros if far else 0
