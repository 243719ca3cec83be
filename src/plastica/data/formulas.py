"""Escaping of texts that a spreadsheet would execute as formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# OWASP, "CSV Injection": a cell that begins with one of these is a formula in Excel, LibreOffice and others. A leading
# apostrophe marks it as text; texts that begin with an apostrophe get a second one, so that no information is lost.
FORMULA = r"^'*[=+\-@\t\r\n]"
NUMBER = re.compile(r"[+-]?([0-9][0-9.,]*|[.,][0-9]+)([eE][+-]?[0-9]+)?\s?%?|[+-]?inf")


def shown(word: str) -> str:
    """Return a text so that a spreadsheet displays it instead of executing it; numbers and single signs are unchanged.

    Example:
        >>> shown("=1+1"), shown("-1.5"), shown("a=b"), shown("'=x")
        ("'=1+1", '-1.5', 'a=b', "''=x")
    """
    harmless = len(word) < 2 or NUMBER.fullmatch(word)
    return word if harmless or not re.match(FORMULA, word) else f"'{word}"


def shown_column(values: pl.Series) -> pl.Series:
    """Return a column with :func:`shown` applied to each text; other columns are unchanged."""
    import polars as pl

    if values.dtype != pl.String:
        return values
    words = values.filter(values.str.contains(FORMULA).fill_null(False)).unique().to_list()
    return values.replace({word: shown(word) for word in words}) if words else values


def shown_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a data frame with :func:`shown` applied to the names and texts of its columns."""
    import polars as pl

    return pl.DataFrame([shown_column(values).alias(shown(values.name)) for values in frame])
