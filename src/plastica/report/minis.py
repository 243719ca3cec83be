"""Small charts: lines over the values of a numeric column, or marks for each category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.columns import Column
from . import formats

TONES = ("blue", "orange", "green", "pink", "sky")  # in the order of the legend
MOST_LINES = len(TONES)


@dataclass(frozen=True)
class Mini:
    """A chart with positions relative to its width and height.

    Args:
        column: The column.
        lines: For numbers and dates, one line for each class or target.
        left, right: The labels at the ends of the axis.
        marks: For categories, their names and a position for each class or target.
        trend: "up", "down" or "mixed", or empty if unclear.
    """

    column: str
    lines: tuple[tuple[tuple[float, float], ...], ...] = ()
    left: str = ""
    right: str = ""
    marks: tuple[tuple[str, tuple[float, ...]], ...] = ()
    trend: str = ""


def end_of(column: Column, value: float) -> str:
    """Return the label at an end of the axis of a column."""
    if column.kind == "date":
        return str(np.datetime64(round(value), "s"))[:10]
    return formats.number(value, 3)


def scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return values scaled from ``low`` to ``high`` to the range 0 to 1."""
    return np.clip((values - low) / ((high - low) or 1.0), 0.0, 1.0)
