"""What the encoders of all kinds share: names and columns of indicators, and what is said of unseen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...notes import Note, first_few, note
from ..column import Column
from ..table import show

if TYPE_CHECKING:
    import polars as pl

Features = list[np.ndarray]  # columns of equal length
LEAST_ROWS = 10  # of which none holds a value, so that it is worth a word


def indicator_name(column: Column, indicator: bool) -> tuple[str, ...]:
    """Return the name of a column's indicator, if it has one."""
    return (f"{column.name} is missing",) * indicator


def say_unseen(column: Column, texts: pl.Series, unseen: np.ndarray, taken: str, notes: list[Note]) -> None:
    """Say once for a column which of its values training never saw, and what they are taken for."""
    if not unseen.any():
        return
    values = texts.filter(unseen).unique(maintain_order=True).to_list()
    told = note(f"unlike.{taken}")
    rows = note("words.rows", count=int(unseen.sum()))
    shown = first_few([show(value) for value in values], 3)
    notes.append(note("unlike.never_seen", column=show(column.name), values=shown, taken=told, rows=rows))


def say_missing(column: Column, gone: np.ndarray, known: bool, taken: str, notes: list[Note]) -> None:
    """Say that values are missing where training saw none missing, or that all are where it saw some.

    Args:
        column: What the column is.
        gone: For each row whether its value is missing.
        known: Whether training saw missing values.
        taken: What a missing value is taken for: the key of a word.
        notes: Where it is said.
    """
    count = int(gone.sum())
    if count and not known:
        told = note(f"unlike.{taken}")
        notes.append(note("unlike.missing_new", column=show(column.name), missing=count, taken=told))
    elif count == len(gone) >= LEAST_ROWS:
        notes.append(note("unlike.missing_all", column=show(column.name), missing=count))
