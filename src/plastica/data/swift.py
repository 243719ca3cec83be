"""Parsing delimited text without quotes column by column, several times faster than row by row."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl


def read_plain(
    text: str, separator: str, width: int, skip: int, before: int = 0
) -> tuple[list[pl.Series], np.ndarray] | None:
    """Return the columns and the line of each row, or None if the text is not plain.

    Without quotes, each line is a row and each separator separates cells, so that counting separators in every line
    checks that the rows have equal lengths. Other texts are left to the reader that reports the line of an error.

    Args:
        text: The whole file.
        separator: The separator between cells.
        width: The number of columns.
        skip: The number of lines before the first row: the header.
        before: The number of lines removed before.
    """
    import polars as pl

    if '"' in text or width < 2:
        return None
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        return None
    text = text.rstrip("\n")
    lines = pl.Series([text]).str.split("\n").explode()
    numbers = np.arange(1, len(lines) + 1) + before
    lines, numbers = lines[skip:], numbers[skip:]
    counts = lines.str.count_matches(separator, literal=True)
    blank = (counts == 0) & (lines.str.strip_chars() == "")
    rows = None if blank.any() else _behind(text, skip)
    if rows is None:
        lines, counts, numbers = lines.filter(~blank), counts.filter(~blank), numbers[~blank.to_numpy()]
    if not len(lines) or not (counts == width - 1).all():
        return None
    frame = pl.read_csv(
        io.BytesIO((lines.str.join("\n")[0] if rows is None else rows).encode()),
        has_header=False,
        separator=separator,
        quote_char=None,
        infer_schema=False,
    )
    if frame.shape != (len(lines), width):
        return None
    return [values.fill_null("") for values in frame.get_columns()], numbers


def _behind(text: str, lines: int) -> str:
    """Return the text after a number of lines."""
    start = 0
    for _ in range(lines):
        start = text.find("\n", start) + 1 or len(text)
    return text[start:]
