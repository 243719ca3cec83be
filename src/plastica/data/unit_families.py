"""Columns of numbers in several units of one kind, such as 19M beside 201k, or 2h 15m: converted to one unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

UnitFamily = Literal["", "magnitude", "bytes", "mass", "length", "volume", "duration"]
# The factor of each unit, in lower case. NIST SP 811 (2008), appendix B.8 for pounds, ounces, inches, feet and miles.
FAMILIES: dict[UnitFamily, dict[str, float]] = {
    "magnitude": {
        **dict.fromkeys(("k", "tsd", "thousand", "千"), 1e3),
        **dict.fromkeys(("m", "mm", "mn", "mio", "mln", "million", "millions", "百万"), 1e6),
        **dict.fromkeys(("b", "bn", "mrd", "bln", "billion", "billions"), 1e9),
        "tn": 1e12,
        "trillion": 1e12,
        "万": 1e4,
        "亿": 1e8,
        "lakh": 1e5,
        "crore": 1e7,
    },
    "bytes": {
        "b": 1.0,
        "kb": 1e3,
        "mb": 1e6,
        "gb": 1e9,
        "tb": 1e12,
        "pb": 1e15,
        "kib": 2.0**10,
        "mib": 2.0**20,
        "gib": 2.0**30,
        "tib": 2.0**40,
    },
    "mass": {"mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6, "oz": 28.349523125, "lb": 453.59237, "lbs": 453.59237},
    "length": {
        "mm": 1e-3,
        "cm": 1e-2,
        "dm": 1e-1,
        "m": 1.0,
        "km": 1e3,
        **dict.fromkeys(("in", "inch", "inches", '"', "″"), 0.0254),
        **dict.fromkeys(("ft", "foot", "feet", "'", "′"), 0.3048),
        **dict.fromkeys(("mi", "mile", "miles"), 1609.344),
    },
    "volume": {"ml": 1e-3, "cl": 1e-2, "dl": 1e-1, "l": 1.0, "hl": 1e2},
    "duration": {
        **dict.fromkeys(("ms", "msec"), 1e-3),
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "秒"), 1.0),
        **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuten", "分", "分钟"), 60.0),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "小时"), 3600.0),
        **dict.fromkeys(("d", "day", "days", "tag", "tage", "天"), 86_400.0),
        **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "woche", "wochen", "周"), 604_800.0),
        # The mean month and year of the Gregorian calendar.
        **dict.fromkeys(("mo", "mos", "month", "months", "monat", "monate", "个月"), 2_629_746.0),
        **dict.fromkeys(("y", "yr", "yrs", "year", "years", "jahr", "jahre", "岁", "年"), 31_556_952.0),
    },
}
WITH_PLAIN = frozenset(FAMILIES["magnitude"]) - {"b", "mm"}  # beside these, a number without a unit has the factor 1
NUMBER = r"[0-9][0-9.,'\u00a0\u202f]*|[.,][0-9]+"
LEAST_SHARE = 0.9  # of the values are in units of the family
MAY_BE = r"^[+-]?\s?[0-9.,].*[^0-9.,\s]$"


def family_of(values: pl.Series) -> tuple[UnitFamily, str]:
    """Return the family of cleaned text in several units of one kind, and its most frequent unit; empty if none."""
    counts = values.drop_nulls().alias("text").value_counts(name="rows", sort=False)
    texts, rows = counts["text"], counts["rows"]
    total = int(rows.sum() or 0)
    written = counts.filter(texts.str.contains(MAY_BE))
    if not total or 2 * int(written["rows"].sum() or 0) < LEAST_SHARE * total:
        return "", ""
    for family in FAMILIES:
        if family and (unit := _most_frequent(family, counts.rows(), total)):
            return family, unit
    return "", ""


def _most_frequent(family: UnitFamily, counts: Iterable[tuple[str, int]], total: int) -> str:
    """Return the most frequent unit if nearly all texts are in units of the family, and at least two differ."""
    factors, whole, part = FAMILIES[family], re.compile(whole_pattern(family)), re.compile(part_pattern(family))
    found: dict[str, int] = {}
    plain, read = 0, 0
    for text, rows in counts:
        if not whole.match(text):
            continue
        read += rows
        units = [unit for _, unit in part.findall(text)]
        plain += rows * (units == [""])
        for place, unit in enumerate(each for each in units if each):
            # The first unit of 2h 15m is that of the column.
            found[unit] = found.get(unit, 0) + rows * (place == 0)
    names = {unit.lower() for unit in found}
    different = {factors[name] for name in names}
    # 1.80 m beside 1.75 are metres and not millions.
    if plain and names & WITH_PLAIN and set(found) != {"m"}:
        different.add(1.0)
    if len(different) < 2 or read - plain * (not names & WITH_PLAIN) < LEAST_SHARE * total:
        return ""
    return max(sorted(found), key=lambda unit: found[unit])


def part_pattern(family: UnitFamily) -> str:
    """Return the regular expression of a number with its unit, as two groups."""
    return f"(?i){_part(family, '(')}"


def whole_pattern(family: UnitFamily) -> str:
    """Return the regular expression of all of a text: one number with its unit, or several of lengths and times."""
    part = _part(family, "(?:")
    further = rf"(?:(?:,\s*|\s+and\s+|\s+und\s+|\s*){part})*" if family in ("length", "duration") else ""
    return rf"(?i)^[+-]?\s?{part}{further}$"


def _part(family: UnitFamily, opening: str) -> str:
    units = "|".join(re.escape(unit) for unit in sorted(FAMILIES[family], key=len, reverse=True))
    absent = "|" * (family == "magnitude")
    number = NUMBER.replace("'", "") if family == "length" else NUMBER  # 5'11" has no thousands
    return rf"{opening}{number})\s*{opening}(?:{units})(?![^\W\d_]){absent})\.?"


def factors_of(family: UnitFamily, unit: str) -> dict[str, float]:
    """Return the factor of each unit of a family to one of them.

    Example:
        >>> factors_of("duration", "h")["min"] == 1 / 60
        True
    """
    factors = FAMILIES[family]
    base = factors[unit.lower()]
    made = {name: factor / base for name, factor in factors.items()}
    return made | ({"": 1.0 / base} if family == "magnitude" else {})


def total_of(
    text: str, patterns: tuple[str, str], factors: dict[str, float], number: Callable[[str], float | None]
) -> float | None:
    """Return the sum of the parts of a text in the unit of its column, None if it does not fit.

    Args:
        text: A cell.
        patterns: Of a whole cell, and of a part of it.
        factors: Of each unit.
        number: From digits to their number, None if they do not fit.
    """
    if not re.search(patterns[0], text):
        return None
    total = 0.0
    for digits, unit in re.findall(patterns[1], text):
        value, factor = number(digits), factors.get(unit.lower())
        if value is None or factor is None:
            return None
        total += value * factor
    return -total if text.startswith("-") else total


def digits_of(values: pl.Series, family: UnitFamily) -> pl.Series:
    """Return the numbers of all parts of cleaned text, as text."""
    import polars as pl

    whole, part = re.compile(whole_pattern(family)), re.compile(part_pattern(family))
    texts = values.drop_nulls().unique().sort().to_list()
    return pl.Series(
        [digits for text in texts if whole.match(text) for digits, _ in part.findall(text)], dtype=pl.String
    )
