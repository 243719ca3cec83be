"""Dates and times as text, in one form for a whole column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

CLOCK = r"(?<H>[0-9]{1,2}):(?<M>[0-9]{2})(?::(?<S>[0-9]{2})(?:[.,][0-9]+)?)?\s?(?<half>[AaPp][Mm])?"
ZONE = r"(?:\s?(?:Z|UTC|GMT|(?<zone>[+-][0-9]{2}:?(?:[0-9]{2})?)))?"
TIME = rf"(?:(?:[ T]|,\s)\s*{CLOCK}{ZONE})?$"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
MONTH = r"(?<month>[A-Za-z]{3,9})\.?"
FORMS = {
    "ymd": r"^(?<y>[0-9]{4})[-/.年](?<m>[0-9]{1,2})[-/.月](?<d>[0-9]{1,2})日?" + TIME,
    "dmy": r"^(?<d>[0-9]{1,2})[-/.](?<m>[0-9]{1,2})[-/.](?<y>[0-9]{4})" + TIME,
    "mdy": r"^(?<m>[0-9]{1,2})[-/.](?<d>[0-9]{1,2})[-/.](?<y>[0-9]{4})" + TIME,
    "day month": rf"^(?:[A-Za-z]{{3,9}},?\s)?(?<d>[0-9]{{1,2}})[-/.\s]\s?{MONTH}[-/,\s]\s?(?<y>[0-9]{{4}})" + TIME,
    "month day": rf"^(?:[A-Za-z]{{3,9}},?\s)?{MONTH}[-\s](?<d>[0-9]{{1,2}}),?[-\s]\s?(?<y>[0-9]{{4}})" + TIME,
    "year month": r"^(?<y>[0-9]{4})[-/.年](?<m>[0-9]{1,2})月?$",
    "compact": r"^(?<y>19[0-9]{2}|20[0-9]{2})(?<m>[0-9]{2})(?<d>[0-9]{2})$",
    "time": rf"^{CLOCK}$",
}
LIKE_A_DATE = (
    r"^[0-9]{1,4}[-/.年:][0-9]{1,2}|^(?:[A-Za-z]{3,9},?\s)?[0-9]{1,2}[-/.\s]\s?[A-Za-z]{3}|^[A-Za-z]{3,9}[.,]?[-\s]"
)
DATE_NAME = re.compile(r"date|day|datum|time|日期|日$|时间|(^|[_\W])dt($|[_\W])", re.I)
DAY = np.timedelta64(1, "D")
PARTS = ["y", "m", "d", "H", "M", "S", "half", "zone", "month"]


def date_order(values: pl.Series) -> str:
    """Return the key of :data:`FORMS` in which every cell of cleaned text is a date or a time.

    Returns "?" where day and month cannot be told apart anywhere in the column, "" for no dates at all. Eight digits
    are no date here: see :func:`is_compact`.
    """
    present = values.drop_nulls().unique()
    if not present.len() or not present.str.contains(LIKE_A_DATE).all():
        return ""
    likely = [form for form in FORMS if form != "compact" and present.str.contains(_rust(FORMS[form])).all()]
    orders = [form for form in likely if not np.isnat(parse_dates(present, form)).any()]
    if orders == ["dmy", "mdy"]:
        return "dmy" if present.str.contains(r"^[0-9]+\.").all() else "?"
    return orders[0] if orders else ""


def is_compact(name: str, values: pl.Series) -> bool:
    """Whether a column's name speaks of dates and every cell is one in eight digits: 20260131."""
    if not DATE_NAME.search(name):
        return False
    present = values.drop_nulls().unique()
    if not present.len() or not present.str.contains(_rust(FORMS["compact"])).all():
        return False
    return not np.isnat(parse_dates(present, "compact")).any()


def has_zones(values: pl.Series) -> bool:
    """Whether any cell says how far its clock is from UTC."""
    return bool(values.str.contains(r"[0-9]{2}:[0-9]{2}\S*\s?[+-][0-9]{2}:?([0-9]{2})?$").any())


def parse_dates(values: pl.Series, order: str) -> np.ndarray:
    """Return seconds-exact datetime64 in UTC; what is no date in this form becomes NaT.

    A time alone is one of 1 January 1970, a month alone its first day.
    """
    import polars as pl

    groups = set(re.findall(r"\?<(\w+)>", FORMS[order]))
    found = values.str.extract_groups(_rust(FORMS[order])).struct.unnest() if groups else pl.DataFrame()
    empty = pl.Series([""]).new_from_index(0, len(values))
    part = {name: found[name].fill_null("") if name in groups else empty for name in PARTS}
    if order == "time":
        part |= {
            "y": _only_where(part["H"], "1970"),
            "m": _only_where(part["H"], "1"),
            "d": _only_where(part["H"], "1"),
        }
    if order == "year month":
        part["d"] = _only_where(part["m"], "1")
    if "month" in groups:
        numbers = {name.lower(): str(number) for number, name in enumerate(MONTHS, start=1)}
        part["m"] = part["month"].str.slice(0, 3).str.to_lowercase().replace_strict(numbers, default="")
    clock = [part[name].replace("", "0").str.zfill(2) for name in "HMS"]
    day = [part["y"].str.zfill(4), part["m"].str.zfill(2), part["d"].str.zfill(2)]
    joined = pl.select(pl.format("{}-{}-{} {}:{}:{}", *day, *clock)).to_series()
    moments = joined.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).to_numpy().astype("datetime64[s]")
    return moments + _half_day(part["half"], part["H"]) - _offset(part["zone"])


def calendar(moments: np.ndarray) -> dict[str, np.ndarray]:
    """Turn moments into numbers: days since 1970, the turns (0 to 1) of year, week and day, and weekends.

    NaT becomes NaN throughout.
    """
    gone = np.isnat(moments)
    filled = np.where(gone, np.datetime64("1970-01-01T00:00:00"), moments).astype("datetime64[s]")
    days = filled.astype("datetime64[D]")
    years = filled.astype("datetime64[Y]")
    in_day = (filled - days) / DAY
    weekday = (days.astype(np.int64) + 3) % 7  # 1 January 1970 was a Thursday
    made = {
        "day": days.astype(np.int64) + in_day,
        "year": (days - years.astype("datetime64[D]")) / DAY / 366.0,
        "week": weekday / 7.0,
        "weekend": (weekday >= 5).astype(np.float64),
        "hour": in_day,
    }
    return {name: np.where(gone, np.nan, turns) for name, turns in made.items()}


def _half_day(half: pl.Series, hour: pl.Series) -> np.ndarray:
    """Return what "AM" and "PM" add to the clock: 12 AM is midnight, 12 PM noon, and 13 PM, which some write, is 13."""
    import polars as pl

    clock, folded = hour.cast(pl.Int64, strict=False).fill_null(0).to_numpy(), half.str.to_lowercase()
    early, late = (folded == "am").to_numpy(), (folded == "pm").to_numpy()
    hours = 12 * (late & (clock < 12)).astype(np.int64) - 12 * (early & (clock == 12)).astype(np.int64)
    return hours.astype("timedelta64[h]").astype("timedelta64[s]")


def _offset(zone: pl.Series) -> np.ndarray:
    """Return how far a clock is before UTC: "+02:00", "+0200" or "+02"."""
    import polars as pl

    digits = zone.str.replace_all(r"\D", "").str.pad_end(4, "0").cast(pl.Int64).to_numpy()
    sign = np.where(zone.str.starts_with("-").to_numpy(), -60, 60)
    return (sign * (digits // 100 * 60 + digits % 100)).astype("timedelta64[s]")


def _only_where(there: pl.Series, value: str) -> pl.Series:
    """Return a constant where a part was found, nothing elsewhere."""
    return there.set(there != "", value)


def _rust(pattern: str) -> str:
    return pattern.replace("(?<", "(?P<")
