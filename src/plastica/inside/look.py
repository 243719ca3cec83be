"""InsideView: what every look inside a network can do: say itself, be a table and be a picture."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..drawing import drawable_language, own_style
from ..errors import InvalidValue
from ..language import Texts, using
from ..model import Model
from ..training.monitor import better
from ..typing import Bool, Float

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("inside")
TOLERANCE = 0.01
MOST_LINES = 24  # rows of a table that are printed; all are in ``to_frame``


class InsideView(ABC):
    """The result of a look inside a network."""

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
    def drawing(self) -> Drawing:
        """Return the picture, in the style and the language that are set."""

    def draw(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw it.

        Args:
            path: Where to write the picture (``.svg``, ``.png``, ``.pdf``). None only returns it.

        Raises:
            InvalidValue: If the suffix is unknown.
            FileError: If the file cannot be written.
        """
        with own_style(), using(drawable_language()):
            return self.drawing().save(path)

    def to_dict(self) -> dict[str, Any]:
        """Return what it shows, and its table, as JSON can hold them: numbers that are not finite are None."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.to_frame().to_dicts()]
        return {"says": self.sentences(), "rows": rows}

    def __repr__(self) -> str:
        """Say what it shows, above a table."""
        return "\n".join([*self.sentences(), *_aligned(self.summary())])


def model_with_layers(owner: str, model: object) -> Model:
    """Return a model that has layers to look at.

    Raises:
        InvalidValue: If it is none of plastica's.
    """
    if not isinstance(model, Model):
        raise InvalidValue(f"{owner}: a {type(model).__name__} has no layers to look at; pass a plastica model.")
    return model


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


def no_worse(name: str, values: Float[np.ndarray, "*shape"], whole: float) -> Bool[np.ndarray, "*shape"]:
    """Return which values of a metric are no worse than one by more than 0.01, or for a loss by more than 1 %."""
    direction = better(name)
    if direction is None:
        return np.abs(values - whole) <= TOLERANCE
    if direction == "max":
        return values >= whole - TOLERANCE
    return values <= whole + TOLERANCE * max(abs(whole), 1e-9)


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


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not np.isfinite(value) else value
