"""Dates and times as text, in one order of year, month and day for a whole column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

TIME = r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?Z?$"
PATTERNS = {
    "ymd": r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?" + TIME,
    "dmy": r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})" + TIME,
    "mdy": r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})" + TIME,
}
DAY = np.timedelta64(1, "D")


def date_order(values: pl.Series) -> str:
    """Return "ymd", "dmy" or "mdy" if every cell of cleaned text is such a date.

    Returns "?" where day and month cannot be told apart anywhere in the column, "" for no dates at all.
    """
    present = values.drop_nulls()
    if not present.len() or not present.str.contains(r"^[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}").all():
        return ""
    orders = [order for order in PATTERNS if not np.isnat(parse_dates(present, order)).any()]
    if orders == ["dmy", "mdy"]:
        return "dmy" if present.str.contains(r"^[0-9]+\.").all() else "?"
    return orders[0] if orders else ""


def parse_dates(values: pl.Series, order: str) -> np.ndarray:
    """Return seconds-exact datetime64; what is no date in this order becomes NaT."""
    import polars as pl

    parts = [values.str.extract(PATTERNS[order], group).fill_null("0") for group in range(1, 7)]
    numbers = dict(zip([*order, "hour", "minute", "second"], parts, strict=True))
    joined = pl.select(
        pl.format(
            "{}-{}-{} {}:{}:{}",
            numbers["y"].str.zfill(4),
            *(numbers[part].str.zfill(2) for part in ("m", "d", "hour", "minute", "second")),
        )
    ).to_series()
    return joined.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).to_numpy().astype("datetime64[s]")


def calendar(moments: np.ndarray) -> dict[str, np.ndarray]:
    """Turn moments into numbers: days since 1970, and the turns (0 to 1) of year, week and day.

    NaT becomes NaN throughout.
    """
    gone = np.isnat(moments)
    filled = np.where(gone, np.datetime64("1970-01-01T00:00:00"), moments).astype("datetime64[s]")
    days = filled.astype("datetime64[D]")
    years = filled.astype("datetime64[Y]")
    in_day = (filled - days) / DAY
    made = {
        "day": days.astype(np.int64) + in_day,
        "year": (days - years.astype("datetime64[D]")) / DAY / 366.0,
        "week": ((days.astype(np.int64) + 3) % 7) / 7.0,  # 1 January 1970 was a Thursday
        "hour": in_day,
    }
    return {name: np.where(gone, np.nan, turns) for name, turns in made.items()}
