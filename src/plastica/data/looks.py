"""Features of text columns, computed for ten thousand columns in one call of polars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .codes import LEADING_ZERO

if TYPE_CHECKING:
    import polars as pl

# Three digits after the mark: with decimal commas, 1.234 may be 1234, and 1,234 may be 1.234.
EITHER = {mark: rf"^[+-]?[1-9][0-9]{{0,2}}{re.escape(mark)}[0-9]{{3}}$" for mark in (".", ",")}


@dataclass(frozen=True)
class Look:
    """Features of a text column.

    Args:
        zeros: Whether some cell consists of digits and begins with a zero.
        dots: Whether some cell contains a dot.
        thousands: Whether there are dots, all followed by three digits.
    """

    zeros: bool = False
    dots: bool = False
    thousands: bool = False


def looks(columns: Mapping[str, pl.Series], names: Iterable[str]) -> dict[str, Look]:
    """Return the features of those of the named columns that exist and are text."""
    import polars as pl

    chosen = [name for name in names if name in columns and columns[name].dtype == pl.String]
    if not chosen:
        return {}
    texts = pl.DataFrame([columns[name].alias(str(number)) for number, name in enumerate(chosen)])
    dotted = pl.all().str.contains(".", literal=True)
    zeros = texts.select(pl.all().str.contains(LEADING_ZERO).any()).row(0)
    dots = texts.select(dotted.any()).row(0)
    with_dots = [str(number) for number, found in enumerate(dots) if found]
    either = pl.all().str.contains(EITHER["."])
    found = texts.select(with_dots).select((either | ~dotted).all()).row(0) if with_dots else ()
    thousands = dict(zip(with_dots, found, strict=True))
    return {
        name: Look(zeros[number], dots[number], bool(thousands.get(str(number)))) for number, name in enumerate(chosen)
    }
