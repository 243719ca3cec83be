"""What each column is: decided once over all its values, and said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from .column import Column
from .dates import DATE_NAME, date_order, has_zones, is_compact
from .duplicates import leave_out_copies
from .numbers import CODE, Reading, best_reading, clean, plain_columns, read_as, read_plain_numbers
from .table import Table, show
from .texts import only_keys
from .values import as_text
from .words import BOOLEANS, PERHAPS_A_CLASS

if TYPE_CHECKING:
    import polars as pl

EMPTY = "left out: it holds no value."
COMPACT = "the eight digits are read as year, month and day."
ODD_SHARE = 0.1  # up to this share of values that are no numbers, a column of numbers stays one
FEW = 20  # up to as many different texts are categories however few rows there are
TEXT_SHARE = 0.5  # with more different texts than this share of the rows, nothing repeats enough to learn from
IDENTIFIER = re.compile(
    r"(^|[_\W])(id|idx|index|row|rows|rownames|row_name|nr|no|key|uuid|guid)$|^unnamed|^column_1$|[a-z]I[dD]$",
    re.I,
)


def infer_columns(table: Table, skip: Iterable[str] = ()) -> tuple[Column, ...]:
    """Decide what each column is, from all its values.

    Args:
        table: As it was read.
        skip: Columns to leave aside, such as the target.
    """
    skipped = set(skip)
    written = {name: values for name, values in table.columns.items() if str(values.dtype) == "String"}
    plain = plain_columns(written)
    texts = {name: _Text(values, plain.get(name)) for name, values in written.items()}
    habit = _decimal_habit(table.separator, texts.values())
    names = [name for name in table.names if name not in skipped]
    return leave_out_copies(table, tuple(_infer(table, name, texts.get(name), habit, target=False) for name in names))


def infer_target(table: Table, name: str) -> Column:
    """Decide what the target is; it is never left out for having many values, few or only one."""
    values = table.column(name)
    text = _Text(values, read_plain_numbers(values)) if str(values.dtype) == "String" else None
    habit = None
    if text is not None and text.reading.ambiguous:
        written = [values for values in table.columns.values() if str(values.dtype) == "String"]
        texts = [_Text(values, read_plain_numbers(values)) for values in written]
        habit = _decimal_habit(table.separator, texts)
    return _infer(table, name, text, habit, target=True)


class _Text:
    """A column of text, cleaned and tried as numbers only once."""

    def __init__(self, values: pl.Series, plain: pl.Series | None) -> None:
        self.values = values
        self.plain = plain

    @cached_property
    def cleaned(self) -> pl.Series:
        return clean(self.values)

    @cached_property
    def present(self) -> int:
        return self.values.len() - self.cleaned.null_count()

    @cached_property
    def reading(self) -> Reading:
        return best_reading(self.cleaned)


def _infer(table: Table, name: str, text: _Text | None, decimal_comma: bool | None, target: bool) -> Column:
    values = table.column(name)
    if text is None and str(values.dtype).startswith(("Categorical", "Enum")):
        text = _Text(values := values.cast(_string()), read_plain_numbers(values))
    if text is not None:
        return _from_text(table, name, text, decimal_comma, target)
    if values.dtype.is_numeric():
        return _from_numbers(name, values, target)
    kind = str(values.dtype)
    if kind == "Boolean":
        return _described(Column(name, "boolean", booleans=("false", "true")), values.cast(_string()), target)
    if kind.startswith(("Date", "Datetime")):
        note = "the times are turned into UTC." if getattr(values.dtype, "time_zone", None) else ""
        return _described(Column(name, "date", note), values.cast(_string()), target)
    empty = kind == "Null"
    note = EMPTY if empty else f"left out: {kind} is neither number, text nor date."
    return Column(name, "empty" if empty else "unreadable", note, missing=values.null_count())


def _from_numbers(name: str, values: pl.Series, target: bool) -> Column:
    if not target and DATE_NAME.search(name) and is_compact(name, texts := as_text(values)):
        return _described(Column(name, "date", COMPACT, date_order="compact"), texts, target)
    return _describe_numbers(values.cast(_float64()), Column(name, "number"), target)


def _decimal_habit(separator: str, texts: Iterable[_Text]) -> bool | None:
    """Say whether the table writes decimal commas, for the columns where "1,234" could be either.

    Columns that leave no choice decide; without any, semicolons between the cells speak for commas.
    """
    texts = list(texts)
    others = [text.reading for text in texts if text.plain is None]
    if not any(reading.ambiguous == "," or reading.decimal_comma for reading in others):
        return None  # no column has commas in its numbers
    readings = others + [text.reading for text in texts if text.plain is not None]
    shown = {reading.decimal_comma for reading in readings if not reading.ambiguous} - {None}
    if len(shown) == 1:
        return shown.pop()
    if not shown and separator == ";" and any(reading.ambiguous == "," for reading in readings):
        return True
    return None


def _from_text(table: Table, name: str, text: _Text, decimal_comma: bool | None, target: bool) -> Column:
    if not target and DATE_NAME.search(name) and is_compact(name, text.cleaned):
        return _described(Column(name, "date", COMPACT, date_order="compact"), text.cleaned, target)
    if text.plain is not None and not decimal_comma and not text.values.str.contains(CODE).any():
        return _describe_numbers(text.plain, Column(name, "number"), target)
    reading = best_reading(text.cleaned, decimal_comma) if text.reading.ambiguous else text.reading
    coded = reading.numbers > 0 and text.cleaned.str.contains(CODE).any()
    made = None if coded else _as_numbers(table, name, text, reading, target)
    return made or _as_booleans(name, text, target) or _from_words(table, name, text, reading, target)


def _from_words(table: Table, name: str, text: _Text, reading: Reading, target: bool) -> Column:
    keep = _kept_words(text.values, target)
    cleaned = clean(text.values, keep=keep)
    present = cleaned.drop_nulls()
    if not present.len():
        return Column(name, "empty", EMPTY, missing=cleaned.len())
    base = Column(name, "category", keep_words=keep)
    if reading.numbers and present.str.contains(CODE).any():
        note = f"read as text, not as numbers, for leading zeros such as {show(_first(present, CODE))}."
        return _described(_with(base, note=note), cleaned, target)
    order = date_order(cleaned)
    if order == "?":
        note = f"left out: {show(present[0])} may be day/month or month/day; write dates as 2026-01-31."
        return _with(base, kind="unreadable", note=note, missing=cleaned.null_count(), distinct=present.n_unique())
    if order:
        return _described(
            _with(base, kind="date", date_order=order, note=_said_of_dates(order, cleaned)), cleaned, target
        )
    return _described(_with(base, note=_half_numeric(table, cleaned, reading)), cleaned, target)


def _said_of_dates(order: str, cleaned: pl.Series) -> str:
    if order == "year month":
        return "read as year and month."
    return "the times are turned into UTC." if has_zones(cleaned) else ""


def _as_booleans(name: str, text: _Text, target: bool) -> Column | None:
    words = _words(text.cleaned)
    pair = next((pair for pair in BOOLEANS if words == set(pair)), None)
    return pair and _described(Column(name, "boolean", booleans=pair), text.cleaned, target)


def _kept_words(values: pl.Series, target: bool) -> tuple[str, ...]:
    """Beside "+" a "-" is a value, and a target may well have a class "None"."""
    plus = values.str.strip_chars().eq("+").any()
    return ("-",) * plus + PERHAPS_A_CLASS * target


def _words(cleaned: pl.Series) -> set[str]:
    found = cleaned.drop_nulls().unique()
    return set(found.str.to_lowercase().to_list()) if found.len() <= 6 else set()


def _as_numbers(table: Table, name: str, text: _Text, reading: Reading, target: bool) -> Column | None:
    cleaned, present = text.cleaned, text.present
    odd_count = present - reading.numbers
    if not reading.numbers or odd_count > ODD_SHARE * present:
        return None
    read = read_as(cleaned, reading.format)
    said = [f"{reading.format}" + " (it could be read otherwise)" * bool(reading.ambiguous) + "."] * bool(
        str(reading.format)
    )
    words: tuple[str, ...] = ()
    if odd_count:
        odd = (read.is_null() & cleaned.is_not_null()).arg_true()
        words = tuple(cleaned.gather(odd).unique(maintain_order=True).to_list())
        others = f" and {odd_count - 1} more of {present} values are no numbers and are taken for missing."
        alone = " is no number and is taken for missing."
        said.append(f"{show(words[0])} in {table.place(int(odd[0]))}" + (others if odd_count > 1 else alone))
    column = Column(name, "number", " ".join(said), format=reading.format, missing_words=words)
    return _describe_numbers(read, column, target)


def _half_numeric(table: Table, cleaned: pl.Series, reading: Reading) -> str:
    present = cleaned.len() - cleaned.null_count()
    if reading.numbers < 0.5 * present:
        return ""
    odd = (read_as(cleaned, reading.format).is_null() & cleaned.is_not_null()).arg_true()
    if not odd.len():
        return ""
    row = int(odd[0])
    return (
        f"read as text: {reading.numbers} of {present} values are numbers, the others are not, "
        f"the first of them {show(cleaned[row])} in {table.place(row)}."
    )


def _describe_numbers(values: pl.Series, column: Column, target: bool) -> Column:
    numbers = values.to_numpy().astype(np.float64)
    present = numbers[~np.isnan(numbers)]
    finite = present[np.isfinite(present)]
    distinct = len(np.unique(present))
    column = _with(column, missing=len(numbers) - len(present), distinct=distinct)
    if not len(present):
        return _with(column, kind="empty", note=EMPTY)
    if len(finite):
        mean, scale = moments(finite)
        column = _with(column, mean=mean, scale=scale, lowest=float(finite.min()), highest=float(finite.max()))
    if target:
        return column
    if distinct == 1 and len(present) == len(numbers):
        return _with(column, kind="constant", note=f"left out: every value is {present[0]:g}.")
    numbered = distinct == len(numbers) > FEW and bool((present == np.rint(present)).all())
    if numbered and IDENTIFIER.search(column.name):
        return _with(column, kind="identifier", note="left out: it numbers the rows, each with a number of its own.")
    return column


def moments(finite: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation, without overflow for numbers near the largest double."""
    largest = float(np.abs(finite).max())
    if largest == 0.0:
        return 0.0, 0.0
    scaled = finite / largest
    return float(scaled.mean()) * largest, min(float(scaled.std()) * largest, float(np.finfo(np.float64).max))


def _described(column: Column, cleaned: pl.Series, target: bool) -> Column:
    """Count values, and leave out what cannot be learnt from."""
    present = cleaned.drop_nulls()
    counts = present.value_counts(sort=False).sort(["count", present.name], descending=[True, False])
    common = tuple(counts[present.name].head(FEW).to_list())
    column = _with(column, missing=cleaned.null_count(), distinct=counts.height, categories=common)
    if target or not present.len():
        return column if present.len() else _with(column, kind="empty", note=EMPTY)
    if counts.height == 1 and not column.missing:
        return _with(column, kind="constant", note=f"left out: every value is {show(common[0])}.")
    if column.kind == "category" and counts.height > max(FEW, TEXT_SHARE * present.len()):
        return _free_text(column, present, counts.height)
    return column


def _free_text(column: Column, present: pl.Series, distinct: int) -> Column:
    """Tell free text from what only keys the rows: uuids, "ID-0001", single names."""
    found = f"{distinct} different values in {present.len()} rows"
    if distinct == present.len() and IDENTIFIER.search(column.name):
        note = f"left out: it names the rows, {found}."
        return _with(column, kind="identifier", note=f"{column.note} {note}".strip(), categories=())
    if only_keys(present, distinct):
        note = f"left out: names or codes, {found}, and hardly a word in them comes again."
        return _with(column, kind="identifier", note=f"{column.note} {note}".strip(), categories=())
    note = f"free text, {found}: pieces of it are used."
    return _with(column, kind="text", note=f"{column.note} {note}".strip(), categories=())


def _with(column: Column, **changes: object) -> Column:
    return msgspec.structs.replace(column, **changes)


def _first(values: pl.Series, pattern: str) -> str:
    return values.filter(values.str.contains(pattern))[0]


def _float64() -> type[pl.DataType]:
    import polars as pl

    return pl.Float64


def _string() -> type[pl.DataType]:
    import polars as pl

    return pl.String
