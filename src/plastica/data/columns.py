"""Inference of the kind of each column from all its values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..notes import Note, note
from ..typing import Float
from .codes import beyond_doubles
from .column import Column
from .dates import compact_order, date_order
from .declared import NOTHING, Declared
from .description import EMPTY, describe_numbers, describe_words, with_changes
from .duplicates import leave_out_copies
from .looks import Look, looks
from .numbers import best_reading, clean, plain_columns, read_plain_numbers, say_format, without_words
from .table import Table, show
from .text_columns import Text, TextPlace, as_category, as_dates, decimal_habit, describe_categories, infer_text
from .values import MOST_EXACT, as_text, is_declared_category, read_dates, read_numbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Column", "infer_columns", "infer_target"]


def infer_columns(table: Table, skip: Iterable[str] = (), declared: Declared = NOTHING) -> tuple[Column, ...]:
    """Infer the kind of each column from all its values.

    Args:
        table: The table as read.
        skip: Columns to skip, such as the target.
        declared: Declarations by the user; ignored columns are skipped too.

    Raises:
        DataError: If a value does not fit the declared kind of its column; with row and column.
    """
    skipped = {*skip, *declared.ignored}
    written = {name: values for name, values in table.columns.items() if str(values.dtype) == "String"}
    # The fast path first: what polars reads as numbers at once needs no search for a format.
    plain = plain_columns(written)
    found = looks(written, plain)
    texts = {name: Text(values, plain.get(name), declared, found.get(name, Look())) for name, values in written.items()}
    # 1,234 alone is ambiguous; that other columns of the same file have decimal commas decides it.
    habit = decimal_habit(table.separator, texts.values())
    places = [TextPlace(table, name, habit, target=False) for name in table.names if name not in skipped]
    return leave_out_copies(table, tuple(_infer(place, texts.get(place.name), declared) for place in places))


def infer_target(table: Table, name: str, declared: Declared = NOTHING) -> Column:
    """Infer the kind of the target, which is never left out for its number of distinct values."""
    values = table.column(name)
    text = _text_of(values, declared) if str(values.dtype) == "String" else None
    habit = None
    # The other columns are read only if the target is ambiguous by itself.
    if text is not None and text.reading.ambiguous:
        written = [values for values in table.columns.values() if str(values.dtype) == "String"]
        habit = decimal_habit(table.separator, [_text_of(values, declared) for values in written])
    return _infer(TextPlace(table, name, habit, target=True), text, declared)


def _text_of(values: pl.Series, declared: Declared) -> Text:
    texts = as_text(values)
    plain = read_plain_numbers(texts)
    look = Look() if plain is None else looks({"": texts}, [""])[""]
    return Text(texts, plain, declared, look)


def _infer(place: TextPlace, text: Text | None, declared: Declared) -> Column:
    values, name = place.table.column(place.name), place.name
    if kind := declared.kinds.get(name):
        return _as_declared(place, kind, text, declared)
    if is_declared_category(values):
        return _infer_categories(place, declared)
    if text is not None:
        return infer_text(place, text)
    if values.dtype.is_numeric():
        return _infer_numbers(place, values, declared)
    return _infer_others(place, values)


def _infer_others(place: TextPlace, values: pl.Series) -> Column:
    name, kind = place.name, str(values.dtype)
    if kind == "Boolean":
        return describe_words(Column(name, "boolean", booleans=("false", "true")), as_text(values), place.target)
    if kind.startswith(("Date", "Datetime")):
        notes = (note("columns.utc"),) if getattr(values.dtype, "time_zone", None) else ()
        return describe_words(Column(name, "date", notes), as_text(values), place.target)
    empty = kind == "Null"
    notes = EMPTY if empty else (_other_type(kind, values),)
    return Column(name, "empty" if empty else "unreadable", notes, missing=values.null_count())


def _other_type(kind: str, values: pl.Series) -> Note:
    """Return a note with the type of an unsupported column; for Python objects, the type of the first one."""
    first = next((value for value in values if value is not None), None) if kind == "Object" else None
    if first is None:
        return note("columns.other_type", type=kind)
    return note("columns.other_objects", type=kind, held=type(first).__name__)


def _infer_categories(place: TextPlace, declared: Declared) -> Column:
    """Describe a column with a categorical type; it remains one whatever its values look like, even yes and no."""
    text = _text_of(place.table.column(place.name), declared)
    if place.target:  # numeric labels remain numbers; the type shows that they are classes
        return infer_text(place, text)
    base = with_changes(as_category(place, text), declared=True)
    cleaned = clean(text.values, base.missing_words, base.keep_words)
    return describe_categories(base, cleaned, declared.kept, target=False)


def _infer_numbers(place: TextPlace, values: pl.Series, declared: Declared) -> Column:
    name, target = place.name, place.target
    words = declared.missing_words
    if not target and (order := compact_order(name, texts := clean(as_text(values), words))):
        return as_dates(place, texts, order, Column(name, "date", missing_words=words))
    column = Column(name, "number", missing_words=words)
    # Integers that doubles cannot hold are identifiers; as numbers, two customers would become one.
    if not target and (long := _beyond_doubles(values)):
        notes = (note("columns.codes", why=note("columns.codes_digits", value=show(long))),)
        return describe_words(with_changes(column, kind="category", notes=notes), clean(as_text(values), words), target)
    numbers = without_words(_as_doubles(values), words, column.format)
    return describe_numbers(numbers, column, target)


def _as_doubles(values: pl.Series) -> Float[np.ndarray, "rows"]:
    import polars as pl

    return values.cast(pl.Float64).to_numpy().astype(np.float64)


def _beyond_doubles(values: pl.Series) -> str | None:
    """Return an integer from an integer column that a double would round, or None."""
    if values.dtype.is_float() or not (np.nan_to_num(np.abs(_as_doubles(values))) >= MOST_EXACT).any():
        return None
    return beyond_doubles(as_text(values).str.replace(r"\.0*$", ""))


def _as_declared(place: TextPlace, kind: str, text: Text | None, declared: Declared) -> Column:
    """Describe a column as declared by the user; a value that does not fit is an error with its row."""
    values = place.table.column(place.name)
    text = text or _text_of(values, declared)
    if kind == "number":
        return _declared_number(place, text, declared)
    if kind == "date":
        return _declared_date(place, text, declared)
    base = with_changes(as_category(place, text), kind=kind, declared=True)
    cleaned = clean(text.values, base.missing_words, base.keep_words)
    if kind == "category":
        return describe_categories(base, cleaned, declared.kept, place.target)
    return describe_words(base, cleaned, place.target)


def _declared_number(place: TextPlace, text: Text, declared: Declared) -> Column:
    reading = best_reading(text.cleaned, place.decimal_comma, declared=True)
    said = say_format(reading.format)
    said += (note("columns.rounded_digits"),) * (beyond_doubles(text.cleaned.drop_nulls()) is not None)
    column = Column(place.name, "number", said, reading.format, missing_words=declared.missing_words, declared=True)
    try:
        numbers = read_numbers(place.table, column)
    except DataError as error:
        raise _refused(error, place.name, "number") from None
    return describe_numbers(numbers, column, place.target)


def _declared_date(place: TextPlace, text: Text, declared: Declared) -> Column:
    column = Column(place.name, "date", missing_words=declared.missing_words, declared=True)
    typed = str(place.table.column(place.name).dtype).startswith("Date")
    order = "" if typed else date_order(text.cleaned) or compact_order("date", text.cleaned) or "ymd"
    if order == "?":
        first = text.cleaned.drop_nulls()[0]
        raise DataError(
            f"{place.table.source}, column {show(place.name)} is declared date, and {show(first)} may be day/month or "
            "month/day. Write dates as 2026-01-31."
        )
    column = with_changes(column, date_order=order)
    try:
        read_dates(place.table, column)
    except DataError as error:
        raise _refused(error, place.name, "date") from None
    return as_dates(place, text.cleaned, order, column) if order else describe_words(column, text.values, place.target)


def _refused(error: DataError, name: str, kind: str) -> DataError:
    return DataError(
        f"{error} Column {show(name)} is declared {kind}: correct the cell, or list the value in missing_words if it "
        "stands for a missing value."
    )
