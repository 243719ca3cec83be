"""PicturedResult: a result that is told in sentences, with a table and a picture."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from .figure import Drawing

MOST_LINES = 24  # rows of a table that are printed; all are in ``to_frame``


class PicturedResult(ABC):
    """A result with a picture worth printing and, beside it, the same in words and as a table."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""

    @abstractmethod
    def to_frame(self) -> pl.DataFrame:
        """Return all of it as a polars data frame."""

    def summary(self) -> pl.DataFrame:
        """Return the table that is printed, which may be shorter."""
        return self.to_frame()

    @abstractmethod
    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw it.

        Args:
            path: Where to write the picture (``.svg``, ``.png``, ``.pdf``). None only returns it.

        Raises:
            InvalidValue: If the suffix is unknown.
            FileError: If the file cannot be written.
        """

    def to_dict(self) -> dict[str, Any]:
        """Return what it shows, and its table, as JSON can hold them: numbers that are not finite are None."""
        rows = [{name: finite_or_none(value) for name, value in row.items()} for row in self.to_frame().to_dicts()]
        return {"says": self.sentences(), "rows": rows}

    def __repr__(self) -> str:
        """Say what it shows, above a table."""
        return "\n".join([*self.sentences(), *_aligned(self.summary())])


def number(value: object) -> str:
    """Return a value of a table in a few characters.

    Example:
        >>> number(0.123456), number(12), number(None), number("a")
        ('0.1235', '12', '', 'a')
    """
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(number, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def finite_or_none(value: object) -> object:
    """Return a value as JSON can hold it."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _aligned(frame: pl.DataFrame) -> list[str]:
    """Return a table as lines whose columns are aligned: texts to the left, numbers to the right."""
    shown = [frame.columns, *([number(value) for value in row] for row in frame.head(MOST_LINES).rows())]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    left = [not kind.is_numeric() for kind in frame.dtypes]
    lines = [
        "  ".join(
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in shown
    ]
    rest = frame.height - MOST_LINES
    return [*lines, *([f"... {rest:,} more in to_frame()"] if rest > 0 else [])]
