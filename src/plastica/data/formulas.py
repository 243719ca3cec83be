"""Words that a spreadsheet would run as a formula are written so that it shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# OWASP, "CSV Injection": a cell that begins with one of these is a formula in Excel, LibreOffice and others. The
# apostrophe in front says that it is text; one more is put before words that begin so themselves, so nothing is lost.
FORMULA = r"^'*[=+\-@\t\r\n]"
NUMBER = re.compile(r"[+-]?([0-9][0-9.,]*|[.,][0-9]+)([eE][+-]?[0-9]+)?\s?%?|[+-]?inf")


def shown(word: str) -> str:
    """Return a word as a spreadsheet shows it and never runs it; numbers and single signs stay as they are.

    Example:
        >>> shown("=1+1"), shown("-1.5"), shown("a=b"), shown("'=x")
        ("'=1+1", '-1.5', 'a=b', "''=x")
    """
    harmless = len(word) < 2 or NUMBER.fullmatch(word)
    return word if harmless or not re.match(FORMULA, word) else f"'{word}"


def shown_column(values: pl.Series) -> pl.Series:
    """Return a column in which every word is :func:`shown`; columns of anything but text stay as they are."""
    import polars as pl

    if values.dtype != pl.String:
        return values
    words = values.filter(values.str.contains(FORMULA).fill_null(False)).unique().to_list()
    return values.replace({word: shown(word) for word in words}) if words else values
