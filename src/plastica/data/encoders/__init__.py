"""Encoders from a column to features, one for each kind of column, fitted to the training set only."""

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
ONE_HOT = 9  # RealMLP: up to this many categories are one-hot encoded, more are embedded


def fit_encoder(train: Table, column: Column) -> ColumnEncoder:
    """Return the encoder of a column, fitted to the training set."""
    if column.kind != "category":
        return KINDS[column.kind].fit(train, column)
    counts = most_common(train, column)
    return (CategoryEncoder if counts.height <= ONE_HOT else CodeEncoder).fit(column, counts)
