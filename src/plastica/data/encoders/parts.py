"""What the encoders of all kinds share: names and columns of indicators, and what is said of unseen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..column import Column
from ..table import show

if TYPE_CHECKING:
    import polars as pl

Features = list[np.ndarray]  # columns of equal length
LEAST_ROWS = 10  # of which none holds a value, so that it is worth a word


def indicator_name(column: Column, indicator: bool) -> tuple[str, ...]:
    """Return the name of a column's indicator, if it has one."""
    return (f"{column.name} is missing",) * indicator


def say_unseen(column: Column, texts: pl.Series, unseen: np.ndarray, taken: str, notes: list[str]) -> None:
    """Say once for a column which of its values training never saw, and what they are taken for."""
    if not unseen.any():
        return
    values = texts.filter(unseen).unique(maintain_order=True).to_list()
    listed = ", ".join(show(value) for value in values[:3]) + (" ..." if len(values) > 3 else "")
    count = int(unseen.sum())
    rows = "1 row" if count == 1 else f"{count} rows"
    notes.append(f"column {show(column.name)}: {listed} did not occur in training and is treated as {taken} ({rows}).")


def say_missing(column: Column, gone: np.ndarray, known: bool, taken: str, notes: list[str]) -> None:
    """Say that values are missing where training saw none missing, or that all are where it saw some.

    Args:
        column: What the column is.
        gone: For each row whether its value is missing.
        known: Whether training saw missing values.
        taken: What a missing value is taken for.
        notes: Where it is said.
    """
    count = int(gone.sum())
    if count and not known:
        notes.append(
            f"column {show(column.name)}: {count} missing, but none were missing in training; treated as {taken}."
        )
    elif count == len(gone) >= LEAST_ROWS:
        notes.append(f"column {show(column.name)}: all {count} values are missing.")
