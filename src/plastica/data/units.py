"""Units in columns of numbers: the text before or behind every number, such as "€" or "kg", which is removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

SYMBOLS = "$€£¥₹￥₩₽₺₫฿₪₴₦%％"
# Before a number stand currencies only: other words are names of things, such as "shop 3" or "CUST-17".
CURRENCIES = (
    *("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "AUD", "CAD", "NZD", "SGD", "HKD", "SEK", "NOK", "DKK"),
    *("PLN", "CZK", "HUF", "BRL", "MXN", "ZAR", "RUB", "TRY", "KRW", "THB", "TWD", "IDR", "US$", "A$", "C$", "CA$"),
    *("R$", "HK$", "NT$", "S$", "NZ$", "Rs.", "Rs", "Fr.", "kr.", "kr"),
)
BEFORE = rf"^[+-]?({'|'.join(map(re.escape, CURRENCIES))}|[{SYMBOLS}])\s?[+-]?[0-9.]"
# Behind it stands anything that begins with a letter or a sign of measurement and has no digits, but "m2" and "ft3".
BEHIND = (
    r"^[+-]?[0-9.][0-9.,' \u00a0\u202f]*?\s?"
    rf"((?:\p{{L}}|[{SYMBOLS}°'\"′″‰+])[^0-9]{{0,18}}?|[^0-9]{{0,12}}?\b(?:[cdkm]?m|ft|in|yd|mi)[23])$"
)
SAMPLE = 200  # values from which the unit is guessed
LEAST_SHARE = 0.9  # of the values have the unit of a column; the others are no numbers


def unit_of(values: pl.Series) -> str:
    """Return the unit of nine in ten values of a cleaned text column, "" if they have none in common."""
    present = values.drop_nulls()
    unit = _commonest(present.head(SAMPLE))
    if not unit or present.str.contains(unit_pattern(unit)).sum() < LEAST_SHARE * present.len():
        return ""
    return unit


def unit_pattern(unit: str) -> str:
    """Return the regular expression of a number with a unit before or behind it."""
    sign = _any_number(unit)
    return rf"^([+-]?{sign}\s?[+-]?[0-9.,].*|.*[0-9.,]\s?{sign})$"


def removed_pattern(unit: str) -> str:
    """Return the regular expression of what is removed from a number with a unit."""
    return rf"\s?{_any_number(unit)}\s?"


def _any_number(unit: str) -> str:
    """Return the regular expression of a unit in the singular or plural: "1 year" beside "2 years"."""
    stem = unit.removesuffix("s")
    in_letters = len(stem) > 1 and stem[-1].isascii() and stem[-1].isalpha()
    return re.escape(stem) + "s?" if in_letters else re.escape(unit)


def without_unit(values: pl.Series, unit: str) -> pl.Series:
    """Return text without the unit; null where it is absent."""
    if not unit:
        return values
    bare = values.set(~values.str.contains(unit_pattern(unit)).fill_null(False), None)
    return bare.str.replace(removed_pattern(unit), "")


def _commonest(present: pl.Series) -> str:
    """Return the unit that is most frequent in a sample, "" if most values have none."""
    import polars as pl

    behind = present.str.extract(BEHIND)
    found = pl.select(pl.coalesce(present.str.extract(BEFORE), behind)).to_series().drop_nulls()
    if found.len() <= present.len() / 2:
        return ""
    return str(found.alias("unit").value_counts().sort(["count", "unit"], descending=[True, False])["unit"][0])
