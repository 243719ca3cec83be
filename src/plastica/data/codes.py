"""Digits that identify something instead of measuring it: telephone numbers, article numbers, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..notes import Note, note
from .table import show

if TYPE_CHECKING:
    import polars as pl

LEADING_ZERO = r"^[+-]?0[0-9]+$"  # "007", "02134"
NEGATIVE = r"^[-−]"
TELEPHONE = r"^\+[0-9][0-9 \u00a0\u202f/()-]*$"
LEAST_TELEPHONE = 7  # digits; E.164 numbers have up to 15
LONG = r"^[+-]?[0-9]{16,}$"
EXACT_DIGITS = 15  # IEEE 754: every decimal number of 15 digits survives conversion to a double and back
LEAST_WIDTH = 10  # digits; longer numbers of equal width are codes: ISBN-10, EAN-13, telephone numbers
LEAST_ROWS = 10
EPOCH = (946_684_800, 2_208_988_800)  # seconds in 2000 and 2040; numbers in between may be times, which are quantities
STAMP = r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?$"
SMALLEST = 1e6  # columns of smaller numbers contain none of the codes below


def why_codes(values: pl.Series) -> Note | None:
    """Return why a cleaned text column is a column of codes written in digits, or None if it is not."""
    present = values.drop_nulls()
    zeros = present.filter(present.str.contains(LEADING_ZERO))
    if len(zeros):
        return note("columns.codes_zeros", value=show(zeros[0]))
    return why_long_codes(present)


def why_long_codes(present: pl.Series) -> Note | None:
    """Return why texts without leading zeros are codes: a plus sign, too many digits, or equal width."""
    if present.str.starts_with("+").any() and (plus := _telephone(present)) is not None:
        return note("columns.codes_plus", value=show(plus))
    lengths = present.str.len_chars()
    if (lengths > EXACT_DIGITS).any() and (long := beyond_doubles(present)) is not None:
        return note("columns.codes_digits", value=show(long))
    if len(present) < LEAST_ROWS or lengths[0] < LEAST_WIDTH or not (lengths == lengths[0]).all():
        return None
    if not present.str.contains(r"^[0-9]+$").all() or (present == present[0]).all() or _are_times(present):
        return None
    return note("columns.codes_width", digits=lengths[0])


def _telephone(present: pl.Series) -> str | None:
    """Return the first telephone number if at least half of the values are telephone numbers and none is negative."""
    digits = present.str.replace_all(r"\D", "").str.len_chars()
    found = present.filter(present.str.contains(TELEPHONE) & (digits >= LEAST_TELEPHONE))
    return found[0] if 2 * len(found) >= len(present) > 0 and not present.str.contains(NEGATIVE).any() else None


def beyond_doubles(texts: pl.Series) -> str | None:
    """Return the first integer that a double does not represent exactly, or None."""
    for text in texts.filter(texts.str.contains(LONG)).unique(maintain_order=True):
        significant = text.strip("+-0")
        if len(significant) > EXACT_DIGITS and not _is_exact(text):
            return text
    return None


def _is_exact(text: str) -> bool:
    try:
        return int(float(text)) == int(text)
    except (OverflowError, ValueError):  # beyond the largest double; more digits than Python converts
        return False


def _are_times(present: pl.Series) -> bool:
    """Return whether all are seconds, milliseconds or finer since 1970, or date and time written as one number."""
    import polars as pl

    if present.str.contains(STAMP).all():
        return True
    numbers = present.cast(pl.Float64)
    return any(bool(numbers.is_between(EPOCH[0] * unit, EPOCH[1] * unit).all()) for unit in (1.0, 1e3, 1e6, 1e9))
