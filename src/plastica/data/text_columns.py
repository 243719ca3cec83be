"""Inference of the kind of a text column: numbers, Booleans, dates, codes, categories or free text, in this order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..notes import Note, note
from ..typing import Bool
from .codes import LEADING_ZERO, SMALLEST, why_codes, why_long_codes
from .column import Column
from .date_forms import HALVES_ONLY, MONTHS_ONLY, QUARTERS_ONLY, WEEKS_ONLY, forms_of
from .dates import compact_order, date_order, has_zones, is_short, no_dates, other_order
from .declared import Declared
from .description import EMPTY, describe_numbers, describe_words, with_changes
from .looks import Look
from .numbers import Reading, best_reading, clean, read_as, say_format, without_words
from .spellings import joined, spellings_of, yes_and_no
from .table import Table, show
from .words import BOOLEANS, PERHAPS_A_CLASS, PERHAPS_A_VALUE

if TYPE_CHECKING:
    import polars as pl

ODD_SHARE = 0.1  # a numeric column may contain up to this share of other values
FREQUENT = 0.05  # the share of the rows from which a word for a missing value is mentioned
LEAST_ROWS = 5  # with fewer rows, frequency is no reason to mention it
FREQUENT_CLASS = 0.1  # the share of the rows from which such a word in a target is a class
CODE_LIKE = r"^[A-Z]{2,3}$"  # countries and continents: "NA" beside "DE" and "FR" is Namibia
CODES_SHARE = 0.9
FEW_WORDS = 6


class Text:
    """A text column, cleaned and parsed as numbers only once."""

    def __init__(self, values: pl.Series, plain: pl.Series | None, declared: Declared, look: Look) -> None:
        self.values = values
        self.plain = plain
        self.declared = declared
        self.look = look

    @cached_property
    def cleaned(self) -> pl.Series:
        """The text with null for missing values."""
        return clean(self.values, self.declared.missing_words)

    @cached_property
    def present(self) -> int:
        """The number of values present."""
        return self.values.len() - self.cleaned.null_count()

    @cached_property
    def reading(self) -> Reading:
        """The result of parsing as numbers, from this column alone."""
        return best_reading(self.cleaned)

    @property
    def could_be_thousands(self) -> bool:
        """Whether all dots in its plain numbers are followed by three digits."""
        return self.plain is not None and self.look.thousands

    @property
    def has_clear_dots(self) -> bool:
        """Whether some dot in its plain numbers is certainly a decimal point."""
        return self.plain is not None and self.look.dots and not self.look.thousands


@dataclass(frozen=True, eq=False)
class TextPlace:
    """The context of a text column.

    Args:
        table: The table.
        name: The name of the column.
        decimal_comma: Whether the other columns of the table use decimal commas; None if they do not show it.
        target: Whether it is the target.
    """

    table: Table
    name: str
    decimal_comma: bool | None
    target: bool


def decimal_habit(separator: str, texts: Iterable[Text]) -> bool | None:
    """Return whether the table uses decimal commas, for columns in which "1,234" is ambiguous.

    Unambiguous columns decide; without any, semicolons as separators indicate decimal commas.
    """
    texts = list(texts)
    others = [text.reading for text in texts if text.plain is None]
    if not any(reading.ambiguous == "," or reading.decimal_comma for reading in others):  # no commas in numbers
        unsure = separator != "," and any(text.could_be_thousands for text in texts)
        return False if unsure and any(text.has_clear_dots for text in texts) else None
    readings = others + [text.reading for text in texts if text.plain is not None]
    shown = {reading.decimal_comma for reading in readings if not reading.ambiguous} - {None}
    if len(shown) == 1:
        return shown.pop()
    if not shown and separator == ";" and any(reading.ambiguous == "," for reading in readings):
        return True
    return None


def infer_text(place: TextPlace, text: Text) -> Column:
    """Infer the kind of a text column from all its values."""
    name, target = place.name, place.target
    if not target and (order := compact_order(name, text.cleaned)):
        return as_dates(place, text.cleaned, order)
    if text.plain is not None and not place.decimal_comma and not _codes_among(text.plain, text, target):
        return _plain_numbers(place, text, text.plain)
    reading = text.reading
    if reading.ambiguous and place.decimal_comma is not None:
        reading = best_reading(text.cleaned, place.decimal_comma)
    codes = why_codes(text.cleaned) if reading.numbers and not target else None
    if codes or (target and reading.numbers and text.cleaned.str.contains(LEADING_ZERO).any()):
        return _from_words(place, text, reading, codes or why_codes(text.cleaned))
    return _as_numbers(place, text, reading) or _as_booleans(place, text) or _from_words(place, text, reading)


def as_dates(place: TextPlace, cleaned: pl.Series, order: str, column: Column | None = None) -> Column:
    """Return a column of dates in one order; up to a tenth of other values count as missing, with a note."""
    said = [note("columns.compact_dates")] * (order == "compact")
    said += [note("columns.year_month")] * (order in MONTHS_ONLY)
    said += [note("columns.year_quarter")] * (order in QUARTERS_ONLY)
    said += [note("columns.year_half")] * (order in HALVES_ONLY) + [note("columns.year_week")] * (order in WEEKS_ONLY)
    said += [note("columns.several_forms", count=len(forms_of(order)))] * ("|" in order)
    said += [note("columns.short_years")] * is_short(order, cleaned) + [note("columns.utc")] * has_zones(cleaned)
    odd = no_dates(cleaned, order)
    if (turned := other_order(cleaned, order)).any():
        row = int(turned.argmax())
        said.append(note("columns.other_order", value=show(cleaned[row]), place=place.table.where(row)))
    words, told = _say_odd(place, cleaned, odd, "date")
    base = column or Column(place.name, "date")
    words = tuple(dict.fromkeys([*base.missing_words, *words]))
    made = with_changes(base, kind="date", notes=(*said, *told), date_order=order, missing_words=words, keep_words=())
    return describe_words(made, cleaned.set(_series(odd), None), place.target)


def _series(truths: Bool[np.ndarray, "rows"]) -> pl.Series:
    import polars as pl

    return pl.Series(truths, dtype=pl.Boolean)


def _codes_among(plain: pl.Series, text: Text, target: bool) -> bool:
    """Return whether plain numbers are written like codes."""
    if text.look.zeros:
        return True
    large = not target and bool((plain.abs() >= SMALLEST).any())
    return large and bool(why_long_codes(text.values.str.strip_chars()))


def _plain_numbers(place: TextPlace, text: Text, plain: pl.Series) -> Column:
    words = text.declared.missing_words
    column = Column(place.name, "number", _say_dots(place, text.could_be_thousands), missing_words=words)
    numbers = without_words(plain.to_numpy().astype(np.float64), words, column.format)
    made = describe_numbers(numbers, column, place.target)
    return with_changes(made, whole=False) if made.whole and text.look.dots else made


def _say_dots(place: TextPlace, ambiguous: bool) -> tuple[Note, ...]:
    """Return a note on ambiguous dots, unless commas as separators or an unambiguous column show decimal points."""
    if place.table.separator == "," or place.decimal_comma is False or not ambiguous:
        return ()
    return (note("columns.format_unsure", parts=note("columns.decimal_dot")),)


def _as_numbers(place: TextPlace, text: Text, reading: Reading) -> Column | None:
    cleaned, present = text.cleaned, text.present
    if not reading.numbers or present - reading.numbers > ODD_SHARE * present:
        return None
    read = read_as(cleaned, reading.format)
    said = say_format(reading.format, bool(reading.ambiguous)) or _say_dots(place, reading.ambiguous == ".")
    odd = (read.is_null() & cleaned.is_not_null()).to_numpy()
    words, told = _say_odd(place, cleaned, odd, "number")
    declared = text.declared.missing_words
    words = tuple(dict.fromkeys([*declared, *words]))
    column = Column(place.name, "number", (*said, *told), format=reading.format, missing_words=words)
    numbers = without_words(read.to_numpy().astype(np.float64), declared, reading.format)
    made = describe_numbers(numbers, column, place.target)
    decimals = made.whole and cleaned.filter(~_series(odd)).str.contains(reading.format.point, literal=True).any()
    return with_changes(made, whole=False) if decimals else made


def _say_odd(
    place: TextPlace, cleaned: pl.Series, odd: Bool[np.ndarray, "rows"], what: str
) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Return the values that do not fit the kind of a column, and a note on them."""
    rows = np.flatnonzero(odd)
    if not len(rows):
        return (), ()
    words = tuple(cleaned.gather(rows).unique(maintain_order=True).to_list())
    present = cleaned.len() - cleaned.null_count()
    first = {"value": show(words[0]), "place": place.table.where(int(rows[0]))}
    if len(rows) == 1:
        return words, (note(f"columns.no_{what}", **first),)
    return words, (note(f"columns.no_{what}s", **first, more=len(rows) - 1, all=present),)


def _as_booleans(place: TextPlace, text: Text) -> Column | None:
    cleaned = clean(text.values, text.declared.missing_words, text.declared.kept)
    if place.target and _commonest_word(text, cleaned)[1] >= max(LEAST_ROWS, FREQUENT_CLASS * len(cleaned)):
        return None  # yes, no and "N/A"
    words = _words(cleaned)
    short = yes_and_no(words)
    words = {short.get(word, word) for word in words}
    pair = next((pair for pair in BOOLEANS if words == set(pair)), None)
    if pair is None:
        return None
    said = tuple(note("columns.spellings", value=show(word), other=show(long)) for word, long in short.items())
    column = Column(place.name, "boolean", said, booleans=pair, missing_words=text.declared.missing_words)
    column = with_changes(column, spellings=tuple(short.items()))
    return describe_words(column, text.cleaned, place.target)


def _words(cleaned: pl.Series) -> set[str]:
    found = cleaned.drop_nulls().unique()
    return set(found.str.to_lowercase().to_list()) if found.len() <= FEW_WORDS else set()


def _from_words(place: TextPlace, text: Text, reading: Reading, codes: Note | None = None) -> Column:
    base = as_category(place, text)
    cleaned = clean(text.values, base.missing_words, base.keep_words)
    present = cleaned.drop_nulls()
    if not present.len():
        return with_changes(base, kind="empty", notes=EMPTY, missing=cleaned.len())
    if codes:
        notes = (note("columns.codes", why=codes), *base.notes)
        return describe_words(with_changes(base, notes=notes), cleaned, place.target)
    order = date_order(text.cleaned)
    if order == "?":
        notes = (note("columns.date_order", value=show(present[0])),)
        return with_changes(
            base, kind="unreadable", notes=notes, missing=cleaned.null_count(), distinct=present.n_unique()
        )
    if order:
        return as_dates(place, text.cleaned, order, base)
    notes = (*_half_numeric(place, cleaned, reading), *base.notes)
    return describe_categories(with_changes(base, notes=notes), cleaned, text.declared.kept, place.target)


def as_category(place: TextPlace, text: Text) -> Column:
    """Return a column as a category, with the words that are missing values and those that are values."""
    kept, notes = _kept_words(place, text)
    return Column(place.name, "category", notes, missing_words=text.declared.missing_words, keep_words=kept)


def describe_categories(column: Column, cleaned: pl.Series, kept: tuple[str, ...], target: bool) -> Column:
    """Return the description of a category whose values are counted in one spelling each."""
    spellings, said = spellings_of(cleaned, kept)
    notes = (*column.notes, *said)
    made = describe_words(with_changes(column, notes=notes, spellings=spellings), joined(cleaned, spellings), target)
    # Words of texts are compared in lower case anyway, and what is left out needs no spelling.
    return made if made.kind == "category" else describe_words(column, cleaned, target)


def _kept_words(place: TextPlace, text: Text) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Return words for missing values that are values here, such as "-" beside "+" or a class "None", and a note."""
    plus = text.values.str.strip_chars().eq("+").any()
    kept = (*text.declared.kept, *("-",) * plus, *PERHAPS_A_CLASS * place.target)
    cleaned = clean(text.values, text.declared.missing_words, kept)
    word, rows = _commonest_word(text, cleaned)
    if not rows:
        return kept, ()
    different = cleaned.drop_nulls().unique()
    coded = (
        word.isupper()
        and len(different) > 1
        and different.str.contains(CODE_LIKE).sum() >= CODES_SHARE * len(different)
    )
    share = rows / len(cleaned) if rows >= LEAST_ROWS else 0.0
    told = {"word": show(word), "rows": note("words.rows", count=rows)}
    if place.target and (coded or share >= FREQUENT_CLASS):
        return (*kept, word.lower()), (note("columns.word_class", **told),)
    if coded or share >= FREQUENT:
        return kept, (note("columns.word_missing", **told),)
    return kept, ()


def _commonest_word(text: Text, cleaned: pl.Series) -> tuple[str, int]:
    """Return the most frequent word that counts as missing but may be a value, and its count; "" and 0 if none."""
    gone = text.values.str.strip_chars().filter(cleaned.is_null())
    may_be = gone.str.to_lowercase().is_in(PERHAPS_A_VALUE) & ~gone.is_in(list(text.declared.missing_words))
    counts = (
        gone.filter(may_be).alias("word").value_counts(name="rows").sort(["rows", "word"], descending=[True, False])
    )
    return (str(counts["word"][0]), int(counts["rows"][0])) if counts.height else ("", 0)


def _half_numeric(place: TextPlace, cleaned: pl.Series, reading: Reading) -> tuple[Note, ...]:
    present = cleaned.len() - cleaned.null_count()
    if reading.numbers < 0.5 * present:
        return ()
    odd = (read_as(cleaned, reading.format).is_null() & cleaned.is_not_null()).arg_true()
    if not odd.len():
        return ()
    row = int(odd[0])
    first = {"value": show(cleaned[row]), "place": place.table.where(row)}
    return (note("columns.half_numbers", numbers=reading.numbers, all=present, **first),)
