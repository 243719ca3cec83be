"""Shared parts of all encoders: indicators of missing values, and notes on unseen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...notes import Note, first_few, note
from ...typing import Bool
from ..column import Column
from ..table import show

if TYPE_CHECKING:
    import polars as pl

Features = list[np.ndarray]  # columns of equal length
LEAST_ROWS = 10  # rows without any value from which there is a note


def indicator_name(column: Column, indicator: bool) -> tuple[str, ...]:
    """Return the name of the indicator of a column, if it has one."""
    return (f"{column.name} is missing",) * indicator


def say_unseen(
    column: Column, texts: pl.Series, unseen: Bool[np.ndarray, "rows"], taken: str, notes: list[Note]
) -> None:
    """Add one note on the values of a column that do not occur in the training set, and how they are treated."""
    if not unseen.any():
        return
    values = texts.filter(unseen).unique(maintain_order=True).to_list()
    told = note(f"unlike.{taken}")
    rows = note("words.rows", count=int(unseen.sum()))
    shown = first_few([show(value) for value in values], 3)
    notes.append(note("unlike.never_seen", column=show(column.name), values=shown, taken=told, rows=rows))


def say_missing(column: Column, gone: Bool[np.ndarray, "rows"], known: bool, taken: str, notes: list[Note]) -> None:
    """Add a note if values are missing but none was in the training set, or if all are missing but not all were.

    Args:
        column: The description of the column.
        gone: For each row, whether its value is missing.
        known: Whether the training set has missing values.
        taken: How a missing value is treated: the key of a message.
        notes: The list to which the note is added.
    """
    count = int(gone.sum())
    if count and not known:
        told = note(f"unlike.{taken}")
        notes.append(note("unlike.missing_new", column=show(column.name), missing=count, taken=told))
    elif count == len(gone) >= LEAST_ROWS:
        notes.append(note("unlike.missing_all", column=show(column.name), missing=count))
