"""Drawing: a matplotlib figure that notebooks display and that can be saved to files."""

from __future__ import annotations

import io
import os
from typing import Self

from matplotlib.figure import Figure

from ..storage.atomic import replace_file
from . import DPI, PAPER, UNDATED, ArtistOption, checked_ending, own_style


class Drawing(Figure):
    """A matplotlib figure without a window, displayed as the last expression of a notebook cell.

    All methods of matplotlib figures are available: ``drawing.axes[0].set_title("...")``.

    Args:
        width: The width in inches.
        height: The height in inches.
        options: As for matplotlib's ``Figure``.
    """

    def __init__(self, width: float = 6.4, height: float = 4.8, **options: ArtistOption) -> None:
        super().__init__(**{"figsize": (width, height), "dpi": DPI, "facecolor": PAPER} | options)

    def save(self, path: str | os.PathLike[str] | None) -> Self:
        """Save the figure to a file atomically; equal figures give equal bytes.

        Args:
            path: The file; the suffix determines the format: ``.svg``, ``.png`` or ``.pdf``. None writes no file.

        Returns:
            The drawing itself.

        Raises:
            InvalidValue: If the suffix is unknown.
            FileError: If the file cannot be written.
        """
        if path is not None:
            replace_file(path, [self._written(checked_ending(path))])
        return self

    def _repr_svg_(self) -> str:
        text = self._written("svg").decode()
        return text[text.index("<svg") :]

    def _written(self, ending: str) -> bytes:
        made = io.BytesIO()
        with own_style():
            self.savefig(made, format=ending, metadata=UNDATED[ending])
        return made.getvalue()
