"""How one column becomes features; one record for each kind, learned from training rows only."""

from __future__ import annotations

from ..column import Column
from ..table import Table
from .boolean import BooleanEncoder
from .category import CategoryEncoder, most_common
from .code import CodeEncoder
from .date import DateEncoder
from .number import NumberEncoder
from .text import TextEncoder

__all__ = [
    "BooleanEncoder",
    "CategoryEncoder",
    "CodeEncoder",
    "ColumnEncoder",
    "DateEncoder",
    "NumberEncoder",
    "TextEncoder",
    "fit_encoder",
]

ColumnEncoder = NumberEncoder | BooleanEncoder | CategoryEncoder | CodeEncoder | DateEncoder | TextEncoder
KINDS: dict[str, type[NumberEncoder | BooleanEncoder | DateEncoder | TextEncoder]] = {
    "number": NumberEncoder,
    "boolean": BooleanEncoder,
    "date": DateEncoder,
    "text": TextEncoder,
}
ONE_HOT = 9  # RealMLP: up to as many categories get a feature each, more are embedded


def fit_encoder(train: Table, column: Column) -> ColumnEncoder:
    """Learn from training rows how a column becomes features."""
    if column.kind != "category":
        return KINDS[column.kind].fit(train, column)
    counts = most_common(train, column)
    return (CategoryEncoder if counts.height <= ONE_HOT else CodeEncoder).fit(column, counts)
