"""Dates and times in text, with one format for a whole column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ..typing import Bool
from .date_forms import COMPACT, FORMS, HALVES_ONLY, MONTHS_ONLY, QUARTERS_ONLY, WEEKS_ONLY, forms_of, months_of

if TYPE_CHECKING:
    import polars as pl

LIKE_A_DATE = (
    r"^[0-9]{1,4}[-/.年:][0-9]{1,2}|^[0-9]{4}[-/.\s]?\p{L}|^[QqHhWw][0-9]|^[1-4][Qq]|^\p{L}{2,9}[/']?[0-9]"
    r"|^[0-9]{1,2}.{1,5}\p{L}{3}|^\p{L}{2,15}[.,]?[-\s]"
)
MONTH_NAME = re.compile(r"(^|[_\W])(month|period|yearmonth|year_month|yyyymm|ym|monat|mois|月份)$", re.I)
DATE_NAME = re.compile(r"date|day|datum|time|日期|日$|时间|(^|[_\W])dt($|[_\W])", re.I)
WHOLE = ("ymd", "dmy", "mdy", "day month", "month day")  # the forms that may stand side by side in one column
DAY = np.timedelta64(1, "D")
PARTS = ["y", "m", "d", "H", "M", "S", "half", "zone", "month", "w", "wd"]
ODD_SHARE = 0.1  # a column of dates may contain up to this share of other values
PIVOT = "69"  # POSIX strptime %y: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068
DOTTED = r"^[0-9]+\."
DAYS_VARY = (
    12  # a field with more distinct values is not the month, and if the other field has far fewer, it is the day
)


def date_order(values: pl.Series) -> str:
    """Return the key of :data:`FORMS` in which at least nine in ten cells of cleaned text are dates or times.

    Returns "?" if no value in the column distinguishes day, month and year, and "" if there are no dates. Eight digits
    are not dates here: see :func:`is_compact`.
    """
    texts, rows = _counted(values)
    enough = rows.sum() - ODD_SHARE * rows.sum()
    if not len(texts) or rows[_contain(texts, LIKE_A_DATE)].sum() < enough:
        return ""
    likely = [form for form in FORMS if form not in COMPACT and rows[_contain(texts, FORMS[form])].sum() >= enough]
    read = {form: int(rows[~np.isnat(parse_dates(texts, form))].sum()) for form in likely}
    read = {form: count for form, count in read.items() if count >= enough}
    if read and all(form.endswith("short") for form in read):
        read = _without_years_first(read, texts)
    most = max(read.values(), default=0)
    orders = [form for form, count in read.items() if count == most and count]
    order = _one_of(orders, texts)
    if order and (order not in WHOLE or read[order] == rows.sum()):
        return order
    several = _several(texts, rows)
    return order if order and several in ("", "?") else several


def _several(texts: pl.Series, rows: np.ndarray) -> str:
    """Return several forms of whole dates that parse nearly all cells together, "?" if day and month are undecided."""
    read = {form: ~np.isnat(parse_dates(texts, form)) for form in WHOLE}
    days, months = read["dmy"], read["mdy"]
    if np.any(list(read.values()), axis=0) @ rows < rows.sum() - ODD_SHARE * rows.sum():
        return ""
    if days.any() or months.any():
        only_days, only_months = (days & ~months).any(), (months & ~days).any()
        dotted = _contain(texts.filter(_series(days | months)), DOTTED).mean() > 0.5
        if only_days == only_months and not (dotted and not only_months):
            return "?"  # both orders in one column, or nothing that tells them apart
        read.pop("mdy" if only_days or (dotted and not only_months) else "dmy")
    return "|".join(form for form, found in read.items() if found.any())


def other_order(values: pl.Series, order: str) -> Bool[np.ndarray, "rows"]:
    """Return for each cell of cleaned text whether it is a date only if day and month change places."""
    other = {"dmy": "mdy", "mdy": "dmy", "dmy short": "mdy short", "mdy short": "dmy short"}.get(order)
    if other is None:
        return np.zeros(len(values), bool)
    return no_dates(values, order) & ~np.isnat(parse_dates(values, other))


def _without_years_first(read: dict[str, int], texts: pl.Series) -> dict[str, int]:
    """Decide whether two-digit years come first, using the fact that days vary more than years.

    Most days are also valid years ("24/01/31"), so that a decision by counts would depend on a single invalid cell.
    """
    if len(read) == 1 or "ymd short" not in read:
        return read
    parts = texts.str.extract_groups(r"^([0-9]+)\D[0-9]+\D([0-9]+)").struct.unnest()
    first, last = (parts[name].n_unique() for name in parts.columns)
    if last > DAYS_VARY and last > 2 * first:
        return {"ymd short": read["ymd short"]}
    dots = _contain(texts, DOTTED).mean() > 0.5
    if dots or (first > DAYS_VARY and first > 2 * last):
        return {form: count for form, count in read.items() if form != "ymd short"}
    return dict.fromkeys(read, 1)


def _one_of(orders: list[str], texts: pl.Series) -> str:
    """Return one of several orders that parse equally many cells; "?" if it cannot be decided."""
    whole = [order for order in orders if not order.endswith("short")]
    orders = whole or orders
    if len(orders) > 1 and _contain(texts, DOTTED).mean() > 0.5:
        orders = [order for order in orders if order.startswith("dmy")] or orders  # days first, if possible
    return "" if not orders else orders[0] if len(orders) == 1 else "?"


def compact_order(name: str, values: pl.Series) -> str:
    """Return the form of dates without marks: 20260131 or 202601; empty if there are none.

    The name must suggest dates or months, and at least nine in ten cells must be dates.
    """
    named = DATE_NAME.search(name)
    if not named and not MONTH_NAME.search(name):
        return ""
    texts, rows = _counted(values)
    enough = rows.sum() - ODD_SHARE * rows.sum()
    for form in COMPACT if named else COMPACT[1:]:
        if len(texts) and rows[_contain(texts, FORMS[form])].sum() >= enough:
            return form if rows[~np.isnat(parse_dates(texts, form))].sum() >= enough else ""
    return ""


def is_short(order: str, values: pl.Series) -> bool:
    """Return whether some years have two digits."""
    return (order.endswith("short") or order == "quarter number") and values.str.extract_groups(
        _rust(FORMS[order])
    ).struct.field("y").str.len_chars().eq(2).any()


def no_dates(values: pl.Series, order: str) -> Bool[np.ndarray, "rows"]:
    """Return for each cell of cleaned text whether it is present but not a date in this order."""
    texts, _ = _counted(values)
    return values.is_in(texts.filter(np.isnat(parse_dates(texts, order))).to_list()).fill_null(False).to_numpy()


def _counted(values: pl.Series) -> tuple[pl.Series, np.ndarray]:
    """Return the distinct texts in the order of their first rows, and the number of rows of each."""
    counts = values.drop_nulls().alias("text").value_counts(name="rows", sort=False).sort("text")
    return counts["text"], counts["rows"].to_numpy().astype(np.int64)


def _contain(texts: pl.Series, pattern: str) -> Bool[np.ndarray, "rows"]:
    return texts.str.contains(_rust(pattern)).to_numpy()


def has_zones(values: pl.Series) -> bool:
    """Return whether any cell has an offset from UTC."""
    return bool(with_zones(values).any())


def with_zones(values: pl.Series) -> Bool[np.ndarray, "rows"]:
    """Return which cells have an offset from UTC."""
    return values.str.contains(r"[0-9]{2}:[0-9]{2}\S*\s?[+-][0-9]{2}:?([0-9]{2})?$").fill_null(False).to_numpy()


def parse_dates(values: pl.Series, order: str) -> np.ndarray:
    """Return datetime64 in UTC with a resolution of seconds; NaT for cells that are not dates in this order.

    A time without a date is on 1 January 1970, a month without a day on its first day.
    """
    import polars as pl

    first, *others = forms_of(order)
    if others:
        made = parse_dates(values, first)
        for form in others:
            made = np.where(np.isnat(made), parse_dates(values, form), made)
        return made
    groups = set(re.findall(r"\?<(\w+)>", FORMS[first]))
    found = values.str.extract_groups(_rust(FORMS[first])).struct.unnest() if groups else pl.DataFrame()
    empty = pl.Series([""]).new_from_index(0, len(values))
    part = {name: found[name].fill_null("") if name in groups else empty for name in PARTS}
    if first == "time":
        part |= {"y": _only_where(part["H"], "1970"), "m": _only_where(part["H"], "1")}
        part["d"] = part["m"]
    if first in (*MONTHS_ONLY, *QUARTERS_ONLY, *HALVES_ONLY):
        part["d"] = _only_where(part["y"], "1")
    if first in WEEKS_ONLY:
        return _mondays(part["y"], part["w"]) + _further_days(part["wd"])
    if "month" in groups:
        numbers = {name: str(number) for name, number in months_of(first).items()}
        part["m"] = part["month"].str.to_lowercase().replace_strict(numbers, default="")
    clock = [part[name].replace("", "0").str.zfill(2) for name in "HMS"]
    day = [_whole_years(part["y"]).str.zfill(4), part["m"].str.zfill(2), part["d"].str.zfill(2)]
    joined = pl.select(pl.format("{}-{}-{} {}:{}:{}", *day, *clock)).to_series()
    moments = joined.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).to_numpy().astype("datetime64[s]")
    return moments + _half_day(part["half"], part["H"]) - _offset(part["zone"])


def _mondays(years: pl.Series, weeks: pl.Series) -> np.ndarray:
    """Return the Monday of each ISO week as seconds; NaT if the year has no such week."""
    import polars as pl

    known = (years != "").to_numpy()
    year = years.cast(pl.Int64, strict=False).fill_null(1970).to_numpy()
    week = weeks.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    # ISO 8601: 4 January is always in week 1.
    fourth = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + 3 * DAY
    monday = fourth + (7 * (week - 1) - (fourth.astype(np.int64) + 3) % 7) * DAY
    # A week belongs to the year of its Thursday.
    own = (monday + 3 * DAY).astype("datetime64[Y]").astype(np.int64) + 1970 == year
    return np.where(known & own & (week > 0), monday, np.datetime64("NaT", "D")).astype("datetime64[s]")


def _further_days(weekdays: pl.Series) -> np.ndarray:
    import polars as pl

    return (weekdays.cast(pl.Int64, strict=False).fill_null(1).to_numpy() - 1).astype("timedelta64[D]")


def calendar(moments: np.ndarray) -> dict[str, np.ndarray]:
    """Return numeric features of dates: days since 1970, the phase (0 to 1) in the year, week and day, and weekends.

    NaT becomes NaN in all of them.
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
    """Return the hours to add for "AM" and "PM": 12 AM is midnight, 12 PM is noon; 13 PM is accepted as 13."""
    import polars as pl

    clock, folded = hour.cast(pl.Int64, strict=False).fill_null(0).to_numpy(), half.str.to_lowercase()
    early, late = (folded == "am").to_numpy(), (folded == "pm").to_numpy()
    hours = 12 * (late & (clock < 12)).astype(np.int64) - 12 * (early & (clock == 12)).astype(np.int64)
    return hours.astype("timedelta64[h]").astype("timedelta64[s]")


def _offset(zone: pl.Series) -> np.ndarray:
    """Return the offset from UTC: "+02:00", "+0200" or "+02"."""
    import polars as pl

    digits = zone.str.replace_all(r"\D", "").str.pad_end(4, "0").cast(pl.Int64).to_numpy()
    sign = np.where(zone.str.starts_with("-").to_numpy(), -60, 60)
    return (sign * (digits // 100 * 60 + digits % 100)).astype("timedelta64[s]")


def _whole_years(years: pl.Series) -> pl.Series:
    """Expand two-digit years to four digits."""
    import polars as pl

    century = pl.when(years >= PIVOT).then(pl.lit("19")).otherwise(pl.lit("20"))
    return pl.select(pl.when(years.str.len_chars() == 2).then(century + years).otherwise(years)).to_series()


def _only_where(there: pl.Series, value: str) -> pl.Series:
    """Return a constant where a part was found, and null elsewhere."""
    return there.set(there != "", value)


def _series(truths: Bool[np.ndarray, "rows"]) -> pl.Series:
    import polars as pl

    return pl.Series(truths, dtype=pl.Boolean)


def _rust(pattern: str) -> str:
    return pattern.replace("(?<", "(?P<")
