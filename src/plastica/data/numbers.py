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
from .durations import BASES, SPELLED, ColonNotation, clock_of, spelled
from .looks import EITHER
from .signs import REWRITES, Negative, negatives_of, with_minus
from .unit_families import UnitFamily, digits_of, factors_of, family_of, part_pattern, total_of, whole_pattern
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
    rf"^\(?[{SYMBOLS}]?[+-]?[{SYMBOLS}]?\s?([0-9][0-9.,'\u00a0\u202f]*|[.,][0-9]+){EXPONENT}\s?[{SYMBOLS}]?(\)|\s?-)?$"
)


class NumberFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number format of a column.

    Args:
        point: The decimal separator: "." or ",".
        group: The thousands separator: "", ",", ".", or " " for any space or apostrophe. Commas may also stand as in
            India: 12,34,567.
        unit: What stands before or behind every number and is removed: "%", "€", "kg" ...
        negatives: The notations of negative numbers besides a minus in front.
        clock: How durations with colons are read.
        family: The units that occur side by side, which are converted to one of them.
        base: That unit.
    """

    point: Literal[".", ","] = "."
    group: Literal["", ",", ".", " "] = ""
    unit: str = ""
    negatives: tuple[Negative, ...] = ()
    clock: ColonNotation = ""
    family: UnitFamily = ""
    base: str = ""

    def __str__(self) -> str:
        return ", ".join(map(str, self.parts))

    @property
    def parts(self) -> list[Note]:
        """Notes on the format; none for plain numbers."""
        grouping = {",": "commas", ".": "dots", " ": "spaces"}.get(self.group)
        told = [note("columns.unit_removed", unit=self.unit)] * bool(self.unit)
        if self.clock:
            told += [note(f"columns.clock_{self.clock.replace(':', '_')}", unit=self.base)]
        elif self.family:
            told += [note(f"columns.family_{self.family}", unit=self.base)]
        told += [note(f"columns.negative_{each}") for each in self.negatives]
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

    @property
    def rewrites(self) -> list[tuple[str, str]]:
        """What a cell is replaced by before it is read: regular expressions, and texts with $1 for a group."""
        return [*(REWRITES[each] for each in self.negatives), *SPELLED.get(self.clock, ())]

    @property
    def patterns(self) -> tuple[str, str]:
        """The regular expressions of a cell with units of the family, and of a part of it."""
        return whole_pattern(self.family), part_pattern(self.family)


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

    values = without_unit(spelled(with_minus(values, form.negatives), form.clock), form.unit)
    if form.family:
        return _read_family(values, form)
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


def _read_family(values: pl.Series, form: NumberFormat) -> pl.Series:
    """Return text with several units as numbers in one of them."""
    import polars as pl

    factors, patterns = factors_of(form.family, form.base), form.patterns
    plain = msgspec.structs.replace(form, unit="", negatives=(), clock="", family="", base="")
    texts = values.drop_nulls().unique().to_list()
    written = digits_of(values, form.family).unique()
    known = dict(zip(written.to_list(), read_as(written, plain).to_list(), strict=True))
    made = {text: total_of(text, patterns, factors, known.get) for text in texts}
    return values.replace_strict(made, default=None, return_dtype=pl.Float64)


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


def best_reading(values: pl.Series, decimal_comma: bool | None = None, declared: bool = False) -> Reading:
    """Return the format in which most cells of a cleaned column are numbers.

    Args:
        values: Text, null for missing values.
        decimal_comma: Whether the rest of the table uses decimal commas, for ambiguous columns.
        declared: Whether they are declared numbers, so that 1:30 is a duration and not a time of the day.
    """
    negatives = negatives_of(values)
    texts = with_minus(values, negatives)
    if clock := clock_of(texts, declared):
        return _in_family(spelled(texts, clock), NumberFormat(negatives=negatives, clock=clock), decimal_comma)
    family, base = family_of(texts)
    unit = "" if family else unit_of(texts)
    texts = without_unit(texts, unit)
    if unit:
        family, base = family_of(texts)  # $19M beside $201k
    made = NumberFormat(unit=unit, negatives=negatives, family=family, base=base)
    return _in_family(texts, made, decimal_comma) if family else _in_one_unit(texts, made, decimal_comma)


def _in_family(texts: pl.Series, form: NumberFormat, decimal_comma: bool | None) -> Reading:
    """Return the reading of text in several units, whose numbers are all in one format."""
    if form.clock:
        form = msgspec.structs.replace(form, family="duration", base=BASES[form.clock])
    found = best_reading(digits_of(texts, form.family), decimal_comma)
    form = msgspec.structs.replace(form, point=found.format.point, group=found.format.group)
    read = _read_family(texts, form)
    return replace(found, format=form, numbers=len(read) - read.null_count())


def _in_one_unit(texts: pl.Series, form: NumberFormat, decimal_comma: bool | None) -> Reading:
    """Return the reading of text in one unit, which has been removed."""
    counts = {PLAIN_FORMAT: _count(texts, PLAIN)}
    present = texts.len() - texts.null_count()
    # Most columns are plain; the other patterns cost a pass over the column each.
    if counts[PLAIN_FORMAT] < present:
        counts |= {each: _count(texts, each.pattern) for each in FORMATS[1:]}
    infinite = _count(texts.str.to_lowercase(), INFINITY) if max(counts.values()) < present else 0
    most = max(counts.values())
    if most == 0:
        return Reading(PLAIN_FORMAT, infinite)
    if counts[PLAIN_FORMAT] == most:
        made = _read_dots(texts, bool(decimal_comma))
    elif counts[DECIMAL_COMMA] == counts[COMMA_THOUSANDS] == most:
        made = Reading(DECIMAL_COMMA if decimal_comma else COMMA_THOUSANDS, 0, ",")
    else:
        best = next(each for each in FORMATS if counts[each] == most)
        made = Reading(best, 0, decimal_comma=best.point == ",")
    form = msgspec.structs.replace(form, point=made.format.point, group=made.format.group)
    return replace(made, format=form, numbers=most + infinite)


def _read_dots(texts: pl.Series, decimal_comma: bool) -> Reading:
    """Parse plain numbers; in a table with decimal commas, the dot in "1.234" separates thousands."""
    if not texts.str.contains(".", literal=True).any():
        return Reading(PLAIN_FORMAT, 0)
    if not has_ambiguous_dots(texts):
        return Reading(PLAIN_FORMAT, 0, decimal_comma=False)
    return Reading(DOT_THOUSANDS if decimal_comma else PLAIN_FORMAT, 0, ".")


def _count(texts: pl.Series, pattern: str) -> int:
    return int(texts.str.contains(pattern).sum() or 0)
