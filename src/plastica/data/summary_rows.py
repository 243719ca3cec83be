"""Rows at the end of a table that sum it up ("Total") or say where it is from, and are no observations."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..notes import Note, note
from ..typing import Float
from .numbers import best_reading, clean, read_as
from .table import Table, show

if TYPE_CHECKING:
    import polars as pl

WORDS = re.compile(
    r"^(grand |sub)?-?total(s|en)?( general)?$|^sum(s|me|ma)?$|^(ins)?gesamt(summe)?$|^somme$|^totaal$|^totale$|"
    r"^(average|mean|mittelwert|durchschnitt|moyenne|media|promedio)$|^(合计|总计|总和|小计|平均|平均值)$",
    re.I,
)
LEAST_ROWS = 3  # above a sum
MOST = 3  # rows that are left out
NEAR = 1e-6  # of the sum; sums of rounded numbers may differ by half of the last digit of each
WIDE = 3  # columns from which a text alone in a row is a remark


def without_summary(table: Table) -> Table:
    """Return a table without rows at its end that sum it up or are a remark, with a note on each.

    A row is a sum if a word says so, or its first cell is empty, and a number in it is the sum or the mean of those
    above. A row that begins with such a word and is neither is kept, and reported.
    """
    for _ in range(MOST):
        table = _without_empty_rows(table)
        if table.height <= LEAST_ROWS:
            return table
        word, said = _label(table), None
        if word is not None:
            said = _summary(table, word)
        elif _is_remark(table):
            first = next(iter(table.columns.values()))
            said = note("reading.remark", place=table.where(table.height - 1), text=show(first[-1]))
        if said is None:
            return table
        if said.key == "reading.perhaps_total":
            return replace(table, notes=(*table.notes, said))
        table = replace(table.take(np.arange(table.height - 1)), notes=(*table.notes, said))
    return table


def _without_empty_rows(table: Table) -> Table:
    """Return a table of several columns without rows at its end that have no value, as spreadsheets write them."""
    count, columns = 0, list(table.columns.values())
    if len(columns) == 1:
        return table
    while count < table.height - 1 and all(_is_empty(values[-1 - count]) for values in columns):
        count += 1
    if not count:
        return table
    kept = table.take(np.arange(table.height - count))
    return replace(kept, notes=(*table.notes, note("reading.empty_rows", count=count)))


def _label(table: Table) -> str | None:
    """Return the word of the last row that may name a sum; "" if its first cell is empty, None for another row."""
    cells = [values[-1] for values in table.columns.values()]
    texts = [cell.strip().rstrip(":").rstrip() for cell in cells if isinstance(cell, str)]
    word = next((text for text in texts if WORDS.match(text)), None)
    if word is not None:
        return word
    return "" if cells[0] is None or cells[0] == "" else None


def _summary(table: Table, word: str) -> Note | None:
    place = {"place": table.where(table.height - 1)}
    for name, values in table.columns.items():
        kind = _sums_up(_numbers(values))
        if kind:
            return note(f"reading.{kind}", column=show(name), **place)
    if not word:
        return None
    if _lacks_text(table):
        return note("reading.total_word", word=show(word), **place)
    repeated = any(_occurs(values, word) for values in table.columns.values())
    return None if repeated else note("reading.perhaps_total", word=show(word), **place)


def _sums_up(numbers: Float[np.ndarray, "rows"]) -> str:
    """Return whether the last number is the "total" or the "average" of several different ones above, "" if not."""
    *above, last = numbers.tolist()
    known = np.array([number for number in above if np.isfinite(number)])
    if not np.isfinite(last) or len(known) < LEAST_ROWS or len(np.unique(known)) < 2 or last == 0:
        return ""
    for kind, expected in (("total", known.sum()), ("average", known.mean())):
        if abs(expected - last) <= NEAR * np.abs(known).sum() / (1 if kind == "total" else len(known)):
            return kind
    return ""


def _numbers(values: pl.Series) -> Float[np.ndarray, "rows"]:
    import polars as pl

    if values.dtype.is_numeric():
        return values.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
    if values.dtype != pl.String:
        return np.full(len(values), np.nan)
    cleaned = clean(values)
    return read_as(cleaned, best_reading(cleaned).format).fill_null(np.nan).to_numpy().astype(np.float64)


def _occurs(values: pl.Series, word: str) -> bool:
    import polars as pl

    return values.dtype == pl.String and bool((values.head(len(values) - 1).str.strip_chars() == word).any())


def _lacks_text(table: Table) -> bool:
    """Return whether the last row has no value in a column of words that is full above."""
    import polars as pl

    texts = [values for values in table.columns.values() if values.dtype == pl.String and _is_empty(values[-1])]
    for values in texts:
        above = clean(values.head(table.height - 1))
        if not above.null_count() and best_reading(above).numbers == 0:
            return True
    return False


def _is_remark(table: Table) -> bool:
    """Return whether the last row is a text in the first column and nothing else, unlike all rows above it."""
    import polars as pl

    first, *others = table.columns.values()
    if len(others) < WIDE - 1 or first.dtype != pl.String or not all(_is_empty(each[-1]) for each in others):
        return False
    frame = pl.DataFrame([each.alias(str(place)).cast(pl.String, strict=False) for place, each in enumerate(others)])
    alone = frame.select(pl.all_horizontal(pl.all().fill_null("").str.strip_chars() == "")).to_series()
    named = first.fill_null("").str.strip_chars() != ""
    return int((alone & named).sum()) == 1 and str(first[-1]).strip() not in first.head(table.height - 1).to_list()


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
