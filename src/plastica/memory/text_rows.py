"""Rows of words from a text file, such as numbers that a person measured."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import FileError
from ..storage.atomic import reason


def rows_of_words(path: str | os.PathLike[str]) -> list[tuple[int, list[str]]]:
    """Return the number of each line, from 1, and its words; lines without words are left out.

    Args:
        path: A text file in UTF-8, with words separated by spaces, tabs, commas or semicolons.

    Raises:
        FileError: If the file cannot be read, or is no such text.
    """
    name = os.fspath(path)
    try:
        lines = Path(name).read_text("utf-8").splitlines()
    except OSError as error:
        raise FileError(f"{name} cannot be read: {reason(error, reading=True)}.") from None
    except UnicodeDecodeError:
        raise FileError(f"{name} cannot be read: it is not a text in UTF-8.") from None
    parted = [(number, line.replace(",", " ").replace(";", " ").split()) for number, line in enumerate(lines, 1)]
    return [(number, words) for number, words in parted if words]
