"""Drawing: a matplotlib figure that notebooks show by themselves and that saves to files."""

from __future__ import annotations

import io
import os
from typing import Any, Self

from matplotlib.figure import Figure

from ..storage.atomic import replace_file
from . import DPI, PAPER, UNDATED, checked_ending, own_style


class Drawing(Figure):
    """A matplotlib figure that belongs to no window; the last line of a notebook's cell shows it.

    Everything that matplotlib can do with a figure works on it: ``drawing.axes[0].set_title("...")``.

    Args:
        width: Its width in inches.
        height: Its height in inches.
        options: As for matplotlib's ``Figure``.
    """

    def __init__(self, width: float = 6.4, height: float = 4.8, **options: Any) -> None:
        super().__init__(**{"figsize": (width, height), "dpi": DPI, "facecolor": PAPER} | options)

    def save(self, path: str | os.PathLike[str] | None) -> Self:
        """Write the picture to a file, whole or not at all; equal pictures give equal bytes.

        Args:
            path: The file; its ending says what is written: ``.svg``, ``.png`` or ``.pdf``. None writes nothing.

        Returns:
            The drawing itself.

        Raises:
            InvalidValue: For another ending.
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
