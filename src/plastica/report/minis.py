"""Small charts, many on a page: lines over a column's numbers, or marks for each of its categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.columns import Column
from . import formats

TONES = ("blue", "orange", "green", "pink", "sky")  # in the order of legends
MOST_LINES = len(TONES)


@dataclass(frozen=True)
class Mini:
    """A chart whose places are shares of its width and height.

    Args:
        column: What it is of.
        lines: For numbers and dates, one for each class or target.
        left, right: What stands at the ends of their axis.
        marks: For categories, their names and a place for each class or target.
        trend: "up", "down" or "mixed" where that can be said, else empty.
    """

    column: str
    lines: tuple[tuple[tuple[float, float], ...], ...] = ()
    left: str = ""
    right: str = ""
    marks: tuple[tuple[str, tuple[float, ...]], ...] = ()
    trend: str = ""


def end_of(column: Column, value: float) -> str:
    """Write what stands at an end of a column's axis."""
    if column.kind == "date":
        return str(np.datetime64(round(value), "s"))[:10]
    return formats.number(value, 3)


def scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where values stand between low and high, from 0 to 1."""
    return np.clip((values - low) / ((high - low) or 1.0), 0.0, 1.0)
