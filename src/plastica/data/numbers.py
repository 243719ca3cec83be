"""Number formats: one for each column, so that "1,234" has one meaning in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from ..notes import Note, note
from ..typing import Float
from .looks import EITHER
from .units import SYMBOLS, unit_of, without_unit
from .words import INFINITE, MISSING

if TYPE_CHECKING:
    import polars as pl

EXPONENT = r"([eE][+-]?[0-9]+)?"
PLAIN = rf"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+){EXPONENT}$"
INFINITY = "^(" + "|".join(re.escape(word) for word in INFINITE) + ")$"
GROUPED = r"^[+-]?([1-9][0-9]{{0,2}}({group}[0-9]{{3}})+{indian}|[0-9]+)({point}[0-9]*)?{exponent}$"
INDIAN = "|[1-9][0-9]?(,[0-9]{2})+,[0-9]{3}"
SPACES = "[\u00a0\u202f ']"  # no-break and narrow spaces, space, Swiss apostrophe
LOOKS = re.compile(
    rf"^[{SYMBOLS}]?[+-]?[{SYMBOLS}]?\s?([0-9][0-9.,'\u00a0\u202f]*|[.,][0-9]+){EXPONENT}\s?[{SYMBOLS}]?$"
)


class NumberFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number format of a column.

    Args:
        point: The decimal separator: "." or ",".
        group: The thousands separator: "", ",", ".", or " " for any space or apostrophe. Commas may also stand as in
            India: 12,34,567.
        unit: What stands before or behind every number and is removed: "%", "€", "kg" ...
    """

    point: Literal[".", ","] = "."
    group: Literal["", ",", ".", " "] = ""
    unit: str = ""

    def __str__(self) -> str:
        return ", ".join(map(str, self.parts))

    @property
    def parts(self) -> list[Note]:
        """Notes on the format; none for plain numbers."""
        grouping = {",": "commas", ".": "dots", " ": "spaces"}.get(self.group)
        told = [note("columns.unit_removed", unit=self.unit)] * bool(self.unit)
        told += [note(f"columns.group_{grouping}")] * bool(grouping)
        return told + [note("columns.decimal_comma")] * (self.point == ",")

    @property
    def pattern(self) -> str:
        """The regular expression of a number in this format."""
        if not self.group and self.point == ".":
            return PLAIN
        group = {",": ",", ".": r"\.", " ": SPACES, "": "(?:)"}[self.group]
        if not self.group:
            return rf"^[+-]?([0-9]+,?[0-9]*|,[0-9]+){EXPONENT}$"
        indian = INDIAN if self.group == "," else ""
        return GROUPED.format(group=group, indian=indian, point=re.escape(self.point), exponent=EXPONENT)


def say_format(read: NumberFormat, unsure: bool = False) -> tuple[Note, ...]:
    """Return notes on how numbers are parsed, and whether this is ambiguous; none for plain numbers."""
    parts: list[str | Note] = [*read.parts]
    return (note("columns.format_unsure" if unsure else "columns.format", parts=parts),) * bool(parts)


PLAIN_FORMAT = NumberFormat()
DECIMAL_COMMA = NumberFormat(point=",")
COMMA_THOUSANDS = NumberFormat(group=",")
DOT_THOUSANDS = NumberFormat(point=",", group=".")
SPACE_FORMATS = (NumberFormat(group=" "), NumberFormat(point=",", group=" "))
FORMATS = (PLAIN_FORMAT, DECIMAL_COMMA, COMMA_THOUSANDS, DOT_THOUSANDS, *SPACE_FORMATS)


@dataclass(frozen=True)
class Reading:
    """The result of parsing a text column in one format.

    Args:
        format: The number format.
        numbers: The number of cells that are numbers in it.
        ambiguous: The mark ("," or ".") before groups of three digits that may be decimals or thousands; "" if none.
        decimal_comma: Whether the column shows that the table uses decimal commas; None if it does not show either.
    """

    format: NumberFormat
    numbers: int
    ambiguous: str = ""
    decimal_comma: bool | None = None


def looks_numeric(cell: str) -> bool:
    """Return whether a cell is a number in any of the formats, or is infinite."""
    cell = cell.strip()
    return bool(LOOKS.match(cell)) or cell.lower() in INFINITE


def clean(values: pl.Series, extra_missing: tuple[str, ...] = (), keep: tuple[str, ...] = ()) -> pl.Series:
    """Strip the cells of a text column and replace words for missing values by null."""
    import polars as pl

    cell = pl.col("cell")
    gone = cell.str.to_lowercase().is_in([word for word in MISSING if word not in keep])
    if extra_missing:
        gone |= cell.is_in(list(extra_missing))
    # One call of polars, which takes as long for a single row as all of its work.
    made = pl.DataFrame({"cell": values.str.strip_chars()}).select(pl.when(gone).then(None).otherwise(cell))
    return made.to_series().cast(pl.String).alias(values.name)


def read_as(values: pl.Series, form: NumberFormat) -> pl.Series:
    """Return cleaned text as float64; null for cells that are not numbers in this format."""
    import polars as pl

    values = without_unit(values, form.unit).str.replace_all("−", "-", literal=True)
    # Looked for before the pattern, which no word fits: infinity is reported with its row and not as text.
    infinite = values.str.to_lowercase().str.contains(INFINITY)
    # Before the marks are removed: 1.2.3 or 12,34 must not become numbers by losing them.
    fits = values.str.contains(form.pattern)
    if form.group:
        values = values.str.replace_all({",": ",", ".": r"\.", " ": SPACES}[form.group], "")
    if form.point == ",":
        values = values.str.replace(",", ".", literal=True)
    made = values.set(~fits.fill_null(False), None).cast(pl.Float64, strict=False)
    if not infinite.any():
        return made
    sign = values.str.starts_with("-").cast(pl.Float64) * -2.0 + 1.0
    return pl.select(pl.when(infinite).then(sign * float("inf")).otherwise(made)).to_series()


def without_words(
    numbers: Float[np.ndarray, "rows"], words: Iterable[str], form: NumberFormat
) -> Float[np.ndarray, "rows"]:
    """Return the numbers with NaN for those listed as missing values, such as "-999"."""
    meant = words_as_numbers(words, form)
    return np.where(np.isin(numbers, meant), np.nan, numbers) if meant else numbers


def words_as_numbers(words: Iterable[str], form: NumberFormat) -> list[float]:
    """Return the numbers among words, such as "-999"."""
    import polars as pl

    given = list(words)
    return read_as(pl.Series(given, dtype=pl.String), form).drop_nulls().to_list() if given else []


def has_ambiguous_dots(texts: pl.Series) -> bool:
    """Return whether every dot in cleaned plain numbers is followed by three digits, as in the ambiguous "1.234"."""
    dotted = texts.filter(texts.str.contains(".", literal=True).fill_null(False))
    return bool(len(dotted)) and bool(dotted.str.contains(EITHER["."]).all())


def read_plain_numbers(values: pl.Series) -> pl.Series | None:
    """Return text as float64 if every cell is a finite number in the plain format, otherwise None; a fast check."""
    import polars as pl

    made = values.cast(pl.Float64, strict=False)
    return made if made.null_count() == 0 and made.is_finite().all() else None


def plain_columns(columns: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """Return the columns that :func:`read_plain_numbers` can parse; ten thousand in one call of polars."""
    import polars as pl

    if not columns:
        return {}
    texts = pl.DataFrame([values.alias(str(number)) for number, values in enumerate(columns.values())])
    made = texts.select(pl.all().cast(pl.Float64, strict=False))
    plain = made.select(pl.all().is_finite().fill_null(False).all()).row(0)
    return {name: made[str(number)] for number, name in enumerate(columns) if plain[number]}


def best_reading(values: pl.Series, decimal_comma: bool | None = None) -> Reading:
    """Return the format in which most cells of a cleaned column are numbers.

    Args:
        values: Text, null for missing values.
        decimal_comma: Whether the rest of the table uses decimal commas, for ambiguous columns.
    """
    unit = unit_of(values)
    texts = without_unit(values, unit).str.replace_all("−", "-", literal=True)
    counts = {PLAIN_FORMAT: _count(texts, PLAIN)}
    present = values.len() - values.null_count()
    # Most columns are plain; the other patterns cost a pass over the column each.
    if counts[PLAIN_FORMAT] < present:
        counts |= {form: _count(texts, form.pattern) for form in FORMATS[1:]}
    infinite = _count(texts.str.to_lowercase(), INFINITY) if max(counts.values()) < present else 0
    most = max(counts.values())
    if most == 0:
        return Reading(PLAIN_FORMAT, infinite)
    if counts[PLAIN_FORMAT] == most:
        made = _read_dots(texts, bool(decimal_comma))
    elif counts[DECIMAL_COMMA] == counts[COMMA_THOUSANDS] == most:
        made = Reading(DECIMAL_COMMA if decimal_comma else COMMA_THOUSANDS, 0, ",")
    else:
        form = next(form for form in FORMATS if counts[form] == most)
        made = Reading(form, 0, decimal_comma=form.point == ",")
    return replace(made, format=msgspec.structs.replace(made.format, unit=unit), numbers=most + infinite)


def _read_dots(texts: pl.Series, decimal_comma: bool) -> Reading:
    """Parse plain numbers; in a table with decimal commas, the dot in "1.234" separates thousands."""
    if not texts.str.contains(".", literal=True).any():
        return Reading(PLAIN_FORMAT, 0)
    if not has_ambiguous_dots(texts):
        return Reading(PLAIN_FORMAT, 0, decimal_comma=False)
    return Reading(DOT_THOUSANDS if decimal_comma else PLAIN_FORMAT, 0, ".")


def _count(texts: pl.Series, pattern: str) -> int:
    return int(texts.str.contains(pattern).sum() or 0)
