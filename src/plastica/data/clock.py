"""The time of each row: a column of dates, a date and an hour column, or separate columns of year, month and day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import DataError
from ..typing import Float
from .column import Column
from .months import NUMBERS
from .number_clocks import as_seconds, time_of_numbers
from .numbers import clean
from .table import Table, show
from .values import as_text, read_dates, read_numbers

if TYPE_CHECKING:
    import polars as pl

ClockPart = Literal["date", "time", "year", "month", "day", "hour", "minute", "epoch", "months", "number"]

# A date of birth describes a person, not the time of the observation.
BIRTH = re.compile(r"birth|born|(^|[_\W])dob($|[_\W])|geburt|geboren|naissance|nacimiento|出生|生日", re.I)
NAMES: dict[ClockPart, re.Pattern[str]] = {
    "year": re.compile(r"(^|.*[_\W])(year|jahr|année|annee|año|anno|年)$", re.I),
    "day": re.compile(r"(^|.*[_\W])(day|day_of_month|mday|tag|jour|día|dia|日)$", re.I),
    "month": re.compile(r"(^|.*[_\W])(month|mon|mnth|monat|mois|mes|月)$", re.I),
    "hour": re.compile(r"(^|.*[_\W])(hour|hours|hr|stunde|heure|hora|时|小时)$", re.I),
    "minute": re.compile(r"(^|.*[_\W])(minute|min|minuto|分)$", re.I),
}
RANGES: dict[ClockPart, tuple[int, int]] = {
    "year": (1700, 2300),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 24),
    "minute": (0, 59),
}
CALENDAR: tuple[ClockPart, ...] = ("year", "month", "day", "hour", "minute")
SECONDS: dict[ClockPart, int] = {"hour": 3600, "minute": 60}
MOST_MISSING = 0.05  # of the rows; with more missing values, the column does not order the rows well


@dataclass(frozen=True)
class Clock:
    """The columns that give the time of each row.

    Args:
        parts: The part of the time in each column: "date", or "year", "month", "day" ...; "epoch" is seconds since
            1970 or fractions of them, "months" a year with its months as a fraction, "number" any number that
            increases with time.
        columns: The columns.
    """

    parts: tuple[ClockPart, ...]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """The names of the columns, for messages."""
        return ", ".join(column.name for column in self.columns)

    @property
    def is_calendar(self) -> bool:
        """Whether time stamps are seconds, not arbitrary numbers."""
        return "number" not in self.parts

    def show(self, stamp: float) -> str:
        """Return a time stamp as text."""
        if not self.is_calendar:
            return f"{stamp:g}"
        moment = np.datetime64(int(stamp), "s")
        return str(moment.astype("datetime64[D]") if stamp % 86_400 == 0 else moment).replace("T", " ")

    def read(self, table: Table) -> Float[np.ndarray, "rows"]:
        """Return seconds since 1970 in UTC, or numbers, as float64 ``(rows,)``; NaN for missing values.

        Raises:
            DataError: If a column is missing, or a cell has another format (with its row).
        """
        pairs = zip(self.parts, self.columns, strict=True)
        found: dict[ClockPart, np.ndarray] = {part: _read(table, part, column) for part, column in pairs}
        if "number" in found:
            return found["number"]
        if "epoch" in found:
            return as_seconds(found["epoch"], "epoch")
        if "months" in found:
            return as_seconds(found["months"], "months")
        seconds = found.get("date")
        seconds = _calendar(found) if seconds is None else seconds
        for part, length in SECONDS.items():
            seconds = seconds + found.get(part, 0.0) * length
        return seconds + found.get("time", 0.0)


def find_clocks(table: Table, columns: Iterable[Column]) -> list[tuple[Clock, np.ndarray]]:
    """Return the columns that may give the time of the rows, with their time stamps, the finest resolution first.

    Args:
        table: The rows.
        columns: The descriptions of the columns.
    """
    known = [column for column in columns if not BIRTH.search(column.name)]
    found = [(clock, stamps) for clock in _candidates(table, known) if (stamps := _tried(table, clock)) is not None]
    # The finest clock orders most rows; a date without its hour leaves all rows of a day equal.
    return sorted(found, key=lambda pair: -len(np.unique(pair[1])))


def _candidates(table: Table, columns: list[Column]) -> Iterator[Clock]:
    dates = [column for column in columns if column.kind == "date" and column.date_order != "time"]
    times = [column for column in columns if column.kind == "date" and column.date_order == "time"]
    parts = list(_numbered(table, columns))
    for date in dates:
        yield Clock(("date",), (date,))
        # A column that already has a time of day is not completed by another.
        if (_seconds(read_dates(table, date)) % 86_400 == 0).all():
            yield from (Clock(("date", "time"), (date, time)) for time in times)
            for each in parts:
                fine: list[ClockPart] = [part for part in SECONDS if part in each]
                if "hour" in each:
                    yield Clock(("date", *fine), (date, *(each[part] for part in fine)))
    for each in parts:
        if "year" in each:
            found: list[ClockPart] = [part for part in CALENDAR if part in each]
            # A year with an hour but no day orders nothing: the parts are used up to the first gap.
            gaps = [number for number in range(1, len(found)) if found[number] != CALENDAR[number]]
            whole = found[: min(gaps, default=len(found))]
            yield Clock(tuple(whole), tuple(each[part] for part in whole))


def _numbered(table: Table, columns: list[Column]) -> Iterator[dict[ClockPart, Column]]:
    """Yield groups of year, month, day, hour and minute columns with related names."""
    found: dict[str, dict[ClockPart, Column]] = {}
    for column in columns:
        for part, names in NAMES.items():
            match = names.match(column.name)
            if match is None:
                continue
            own = found.setdefault(column.name[: match.start(2)].casefold(), {})
            numbers = Column(column.name, "number")
            if part not in own and _fits(table, part, numbers):
                own[part] = numbers
            break
    yield from found.values()


def _fits(table: Table, part: ClockPart, column: Column) -> bool:
    try:
        numbers = _read(table, part, column)
    except DataError:
        return False
    low, high = RANGES[part]
    present = numbers[~np.isnan(numbers)]
    return bool(
        len(present) >= (1 - MOST_MISSING) * len(numbers)
        and ((present >= low) & (present <= high) & (present == np.rint(present))).all()
    )


def _tried(table: Table, clock: Clock) -> Float[np.ndarray, "rows"] | None:
    """Return the time stamps, or None if too many are missing to order the rows."""
    try:
        stamps = clock.read(table)
    except DataError:
        return None
    return stamps if np.isnan(stamps).mean() <= MOST_MISSING else None


def _read(table: Table, part: ClockPart, column: Column) -> Float[np.ndarray, "rows"]:
    if part in ("time", "date"):
        return _seconds(read_dates(table, column))
    if part == "month":
        texts = clean(as_text(table.column(column.name)))
        names = _month_names(texts)
        if names is not None:
            return names
    return read_numbers(table, column)


def _month_names(texts: pl.Series) -> Float[np.ndarray, "rows"] | None:
    import polars as pl

    numbers = texts.str.to_lowercase().str.strip_suffix(".").replace_strict(NUMBERS, default=None)
    if (numbers.is_null() & texts.is_not_null()).any():
        return None
    return numbers.cast(pl.Float64).to_numpy().astype(np.float64)


def _calendar(found: dict[ClockPart, np.ndarray]) -> Float[np.ndarray, "rows"]:
    months = (found["year"] - 1970) * 12 + found.get("month", 1.0) - 1
    gone = np.isnan(months + found.get("day", 1.0))
    # Months have different lengths; NumPy counts them, and days are added in seconds.
    first = np.where(gone, 0, months).astype(np.int64).astype("datetime64[M]").astype("datetime64[s]")
    seconds = first.astype(np.float64) + (found.get("day", np.ones(len(months))) - 1) * 86_400
    return np.where(gone, np.nan, seconds)


def _seconds(moments: np.ndarray) -> Float[np.ndarray, "rows"]:
    return np.where(np.isnat(moments), np.nan, moments.astype("datetime64[s]").astype(np.int64).astype(np.float64))


def named_clock(table: Table, name: str, columns: Iterable[Column]) -> Clock:
    """Return the clock for a column chosen by the user: dates, or numbers that increase with time.

    Raises:
        DataError: If there is no such column, or it contains neither dates nor numbers.
    """
    table.column(name)
    column = next((column for column in columns if column.name == name), None)
    if column is not None and column.kind == "date" and column.date_order != "time":
        return Clock(("date",), (column,))
    return number_clock(table, name)


def number_clock(table: Table, name: str) -> Clock:
    """Return the clock for a column of numbers: seconds since 1970, years with a fraction, or other numbers.

    Raises:
        DataError: If there are no numbers in it.
    """
    numbers = Column(name, "number")
    try:
        return Clock((time_of_numbers(name, read_numbers(table, numbers)),), (numbers,))
    except DataError as problem:
        raise DataError(f"column {show(name)} cannot order rows by time: it contains no dates. {problem}") from None
