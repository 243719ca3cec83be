"""Conversion of column values by the kind of the column, with errors that name the row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..typing import Bool, Float
from .bad_cells import BadCells
from .column import Column
from .dates import parse_dates
from .looks import EITHER, looks
from .numbers import PLAIN_FORMAT, clean, plain_columns, read_as, read_plain_numbers, without_words
from .spellings import joined
from .table import Table, show

if TYPE_CHECKING:
    import polars as pl

MOST_EXACT = 2.0**53  # IEEE 754: doubles represent all smaller integers exactly


def with_numbers(table: Table, columns: Iterable[Column]) -> Table:
    """Return the table with all text columns of plain numbers converted in one pass.

    Columns whose dots may mark thousands are left to :func:`read_numbers`, which checks what they mean.
    """
    # One call of polars for all columns: calls for thousands of columns would take longer than reading them.
    plain = {column.name: column for column in columns if column.kind == "number" and column.format == PLAIN_FORMAT}
    found = looks(table.columns, plain)
    wanted = set(plain) - {name for name, look in found.items() if look.thousands or (plain[name].whole and look.dots)}
    texts = {name: values for name, values in table.columns.items() if name in wanted and str(values.dtype) == "String"}
    made = plain_columns(texts)
    return replace(table, columns={name: made.get(name, values) for name, values in table.columns.items()})


def read_numbers(table: Table, column: Column) -> Float[np.ndarray, "rows"]:
    """Return float64, NaN for missing values; DataError for text and infinity, with row and column."""
    import polars as pl

    values = table.column(column.name)
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        # Numbers that the file already typed are not read again as text.
        numbers, texts = values.cast(pl.Float64).to_numpy(), values
    elif column.format == PLAIN_FORMAT and (made := read_plain_numbers(texts := as_text(values))) is not None:
        numbers = made.to_numpy()
        _refuse_thousands(table, column, texts, numbers)
    else:
        texts = _texts(table, column)
        made = read_as(texts, column.format)
        _refuse_others(table, column, texts, (made.is_null() & texts.is_not_null()).to_numpy(), "a number")
        numbers = made.to_numpy()
        _refuse_thousands(table, column, texts, numbers)
    numbers = without_words(numbers, column.missing_words, column.format)
    # Infinity is an error and no missing value: a cell such as 1e999 says something that was not meant.
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(infinite.argmax())
        said = (
            f"{table.cell(row, column.name)}: {show(texts[row])} is infinite or too large for a floating-point "
            "number. Correct it, leave the cell empty, list it in missing_words, or drop the column."
        )
        raise _bad_cells(said, column, texts, infinite, "a finite number")
    return numbers.astype(np.float64)


def _refuse_thousands(table: Table, column: Column, texts: pl.Series, numbers: Float[np.ndarray, "rows"]) -> None:
    """Raise an error for "1.037" where 1037 would be in range, and for "1.037" read as 1037 where 1.037 would be.

    A cell alone does not show what its mark means, but the values of the training set do.
    """
    if column.lowest is None or column.highest is None:
        return
    for mark in (column.format.point, column.format.group):
        if mark not in EITHER:
            continue
        marked = texts.str.contains(mark, literal=True).fill_null(False).to_numpy()
        if not marked.any() or not texts.filter(marked).str.contains(EITHER[mark]).all():
            continue
        # The two readings differ by a factor of 1000, and the range of the training rows tells which one is meant.
        read, factor = numbers[marked], 1000.0 if mark == column.format.point else 0.001
        inside, other = (np.mean((each >= column.lowest) & (each <= column.highest)) for each in (read, factor * read))
        expected = column.whole and mark == column.format.point
        if other > 0.5 and (expected or inside < 0.5):
            raise _other_mark(table, column, texts, numbers, marked, mark)


def _other_mark(
    table: Table,
    column: Column,
    texts: pl.Series,
    numbers: Float[np.ndarray, "rows"],
    marked: Bool[np.ndarray, "rows"],
    mark: str,
) -> BadCells:
    row, name = int(marked.argmax()), "dot" if mark == "." else "comma"
    written = str(texts[row])
    whole = "whole numbers" if column.whole else "numbers"
    if mark == column.format.point:
        advice = f"Write {written.replace(mark, '')} if the {name} marks thousands."
    else:
        advice = f"Write {written.replace(mark, column.format.point)} if the {name} marks decimals."
    said = (
        f"{table.cell(row, column.name)}: {show(written)} is {numbers[row]:g} as the column is read, but in training "
        f"it had {whole} from {column.lowest:.15g} to {column.highest:.15g}. {advice}"
    )
    return _bad_cells(said, column, texts, marked, f"{'a whole number' if column.whole else 'a number'} as in training")


def read_booleans(table: Table, column: Column) -> Float[np.ndarray, "rows"]:
    """Return float64: 0 for no, 1 for yes, NaN for missing values."""
    import polars as pl

    values = table.column(column.name)
    if values.dtype == pl.Boolean or values.dtype.is_numeric():
        numbers = values.cast(pl.Float64).to_numpy()
        wrong = ~(np.isnan(numbers) | (numbers == 0) | (numbers == 1))
        _refuse_others(table, column, values, wrong, _either(column))
        return numbers
    texts = _texts(table, column)
    folded = joined(texts.str.to_lowercase(), column.spellings)
    wrong = (folded.is_not_null() & ~folded.is_in(list(column.booleans))).to_numpy()
    _refuse_others(table, column, texts, wrong, _either(column))
    return folded.eq(column.booleans[1]).cast(pl.Float64).to_numpy()


def read_categories(table: Table, column: Column) -> pl.Series:
    """Return text, null for missing values, in one spelling for each value."""
    return joined(_texts(table, column), column.spellings)


def read_dates(table: Table, column: Column) -> np.ndarray:
    """Return datetime64[s], NaT for missing values; DataError for other values, with row and column."""
    values = table.column(column.name)
    if str(values.dtype).startswith("Date"):
        if getattr(values.dtype, "time_zone", None):
            values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return values.to_numpy().astype("datetime64[s]")
    texts = _texts(table, column)
    made = parse_dates(texts, column.date_order or "ymd")
    wrong = np.isnat(made) & texts.is_not_null().to_numpy()
    _refuse_others(table, column, texts, wrong, "a date like the others in the column")
    return made


def read_ordered(table: Table, column: Column) -> Float[np.ndarray, "rows"]:
    """Return a column of numbers or dates as numbers, dates in seconds since 1970; NaN if missing."""
    if column.kind == "number":
        return read_numbers(table, column).astype(np.float64)
    dates = read_dates(table, column)
    return np.where(np.isnat(dates), np.nan, dates.astype("datetime64[s]").astype(np.float64))


def missing(table: Table, column: Column) -> Bool[np.ndarray, "rows"]:
    """Return for each row whether its value in the column is missing."""
    if column.kind == "number":
        return np.isnan(read_numbers(table, column))
    if column.kind == "boolean":
        return np.isnan(read_booleans(table, column))
    if column.kind == "date":
        return np.isnat(read_dates(table, column))
    return read_categories(table, column).is_null().to_numpy()


def as_text(values: pl.Series) -> pl.Series:
    """Return a column as text; floats without a fraction as integers, so that 7.0 and "7" are one category."""
    import polars as pl

    if values.dtype == pl.String:
        return values
    if values.dtype.is_float():
        values = values.fill_nan(None)
        # Beyond 2**53 doubles have no digits left for units; what they show there was never written.
        whole = (values == values.round()) & (values.abs() < MOST_EXACT)
        written = pl.when(whole).then(values.cast(pl.Int64, strict=False).cast(pl.String))
        return pl.select(written.otherwise(values.cast(pl.String))).to_series().alias(values.name)
    if values.dtype.is_nested() or isinstance(values.dtype, (pl.Object, pl.Binary)):
        raise DataError(f"column {show(values.name)} contains {values.dtype}; it must contain text, numbers or dates.")
    return values.cast(pl.String)


def as_categories(values: pl.Series) -> pl.Series:
    """Return values of any type as a categorical column, which Table preserves."""
    import polars as pl

    return as_text(values).cast(pl.Categorical)


def is_declared_category(values: pl.Series) -> bool:
    """Return whether the type of a column is categorical."""
    return str(values.dtype).startswith(("Categorical", "Enum"))


def _texts(table: Table, column: Column) -> pl.Series:
    return clean(as_text(table.column(column.name)), column.missing_words, column.keep_words)


def _either(column: Column) -> str:
    return f"{show(column.booleans[0])} or {show(column.booleans[1])}"


def _refuse_others(
    table: Table, column: Column, values: pl.Series, wrong: Bool[np.ndarray, "rows"], wanted: str
) -> None:
    if not wrong.any():
        return
    row, count = int(wrong.argmax()), int(wrong.sum())
    more = f" (and {count - 1} more)" if count > 1 else ""
    written = f", {column.format}" if wanted == "a number" and str(column.format) else ""
    said = f"{table.cell(row, column.name)}: {show(values[row])} is not {wanted}{written}{more}."
    raise _bad_cells(said, column, values, wrong, f"{wanted}{written}")


def _bad_cells(
    message: str, column: Column, values: pl.Series, wrong: Bool[np.ndarray, "rows"], wanted: str
) -> BadCells:
    rows = np.flatnonzero(wrong).tolist()
    return BadCells(message, column.name, rows, values.gather(rows).to_list(), wanted)
