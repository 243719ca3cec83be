"""Columns of numbers that give the time: seconds since 1970, years with a fraction, or numbers that count the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import numpy as np

from ..errors import DataError
from ..typing import Float
from .codes import EPOCH
from .column import Column
from .table import Table
from .values import read_numbers

NumberTime = Literal["epoch", "months", "number"]

NAMES = re.compile(
    r"(^|.*[_\W])(time|times|timestamp|ts|t|date|datetime|year|epoch|unix|unixtime|period|step|tick|index|week|month|day|"
    r"quarter|zeit|jahr|时间|日期|年份|序号)$",
    re.I,
)
YEAR = re.compile(r"year|time|date|jahr|zeit|datum|année|año|年|时间|^t$", re.I)
UNITS = (1.0, 1e3, 1e6, 1e9)  # seconds, milliseconds, microseconds and nanoseconds since 1970
YEARS = (1700, 2300)
NEAR = 0.05  # months: years are written with two or more decimals, 1949.08 for February 1949


def time_of_numbers(name: str, numbers: Float[np.ndarray, "rows"]) -> NumberTime:
    """Return what numbers that order the rows mean: a time since 1970, a year with its months, or nothing more.

    Whole numbers are years only in a column that is named so.

    Example:
        >>> time_of_numbers("time", np.array([1949.0, 1949.0833])), time_of_numbers("step", np.array([1949.0, 1950.0]))
        ('months', 'number')
    """
    present = numbers[~np.isnan(numbers)]
    if any(((present >= EPOCH[0] * unit) & (present <= EPOCH[1] * unit)).all() for unit in UNITS):
        return "epoch"
    months = 12 * present
    in_range = ((present >= YEARS[0]) & (present <= YEARS[1])).all()
    one_each = len(np.unique(np.rint(months))) == len(np.unique(present))
    years = YEAR.search(name) or (present != np.rint(present)).any()
    near = (np.abs(months - np.rint(months)) <= NEAR).all()
    return "months" if years and in_range and one_each and near and len(present) else "number"


def as_seconds(numbers: Float[np.ndarray, "rows"], what: NumberTime) -> Float[np.ndarray, "rows"]:
    """Return seconds since 1970 in UTC for the numbers of a clock; other numbers as they are."""
    if what == "epoch":
        largest = np.nanmax(numbers, initial=0.0)
        return numbers / next((unit for unit in UNITS if largest <= EPOCH[1] * unit), UNITS[-1])
    if what == "number":
        return numbers
    gone = np.isnan(numbers)
    months = np.rint(12 * (np.where(gone, 1970.0, numbers) - 1970)).astype(np.int64).astype("datetime64[M]")
    return np.where(gone, np.nan, months.astype("datetime64[s]").astype(np.float64))


def rising_column(table: Table, columns: Iterable[Column]) -> Column | None:
    """Return the column of numbers whose name says that it is the time, or else one that numbers the rows."""
    columns = list(columns)
    named = [column for column in columns if NAMES.match(column.name) and column.kind in ("number", "identifier")]
    counting = [column for column in columns if column.kind == "identifier"]
    return next((column for column in (*named, *counting) if _rises(table, column.name)), None)


def _rises(table: Table, name: str) -> bool:
    try:
        numbers = read_numbers(table, Column(name, "number"))
    except DataError:
        return False
    return len(numbers) > 1 and bool((np.diff(numbers) > 0).all())
