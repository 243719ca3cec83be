"""Durations with colons, such as 26:30 or 1:02:30, which are spelled with units: 26h 30m."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .signs import rewritten

if TYPE_CHECKING:
    import polars as pl

ColonNotation = Literal["", "h:m", "m:s"]
COLONS = r"^[+-]?[0-9]+(?::[0-5][0-9]){1,2}(?:\.[0-9]+)?$"
BEYOND_A_DAY = r"^[+-]?(?:2[4-9]|[3-9][0-9]|[0-9]{3,}):"
LEAST_SHARE = 0.9  # of the values are durations
THREE = (r"^([+-]?[0-9]+):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)$", "$1h $2m $3s")
# Beside 1:02:30, 12:30 is minutes and seconds; alone it is hours and minutes.
SPELLED: dict[ColonNotation, tuple[tuple[str, str], ...]] = {
    "h:m": (THREE, (r"^([+-]?[0-9]+):([0-9]{2}(?:\.[0-9]+)?)$", "$1h $2m")),
    "m:s": (THREE, (r"^([+-]?[0-9]+):([0-9]{2}(?:\.[0-9]+)?)$", "$1m $2s")),
}
BASES: dict[ColonNotation, str] = {"h:m": "h", "m:s": "min"}


def clock_of(values: pl.Series, declared: bool = False) -> ColonNotation:
    """Return how cleaned text with colons is read as durations; empty if it is none.

    Times up to 23:59 may be times of the day, which they are unless they are declared numbers.
    """
    present = values.drop_nulls()
    if not present.len() or present.str.contains(COLONS).sum() < LEAST_SHARE * present.len():
        return ""
    if not declared and not present.str.contains(BEYOND_A_DAY).any():
        return ""
    return "m:s" if present.str.contains(THREE[0]).any() and not present.str.contains(THREE[0]).all() else "h:m"


def spelled(values: pl.Series, clock: ColonNotation) -> pl.Series:
    """Return durations with units instead of colons."""
    return rewritten(values, SPELLED.get(clock, ()))
