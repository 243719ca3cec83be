"""Output of the commands: lines, tables, one JSON object on standard output; notes on standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

from .. import language
from .wording import SAY, cells, cut, in_command_words, padded, wrapped

MARGIN = 10  # width of the labels at the left margin
WIDE = 140  # width of tables if standard output is not a terminal
NARROWEST = 6  # minimum width of a truncated column
BETWEEN = "  "


def visible(text: str) -> str:
    """Escape control and invisible characters, so that a terminal shows and never executes them.

    Example:
        >>> len("a" + chr(27) + "b"), len(visible("a" + chr(27) + "b"))
        (3, 6)
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def brief(text: str, most: int = 80) -> str:
    """Truncate a very long name or label.

    Example:
        >>> brief("x" * 5000, 8)
        'xxxx ...'
    """
    return text if len(text) <= most else f"{text[: most - 4]} ..."


class OutputLost(Exception):
    """Standard output is closed, and the command has no other purpose."""

    def __init__(self, why: OSError) -> None:
        super().__init__(str(why))
        self.why = why


def write_out(text: str) -> None:
    """Write a part of the result to standard output, encoded as UTF-8 unless it is a terminal.

    Raises:
        OutputLost: If it cannot be written; the rest need not be computed.
    """
    try:
        if sys.stdout.isatty():
            sys.stdout.write(text)
        else:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputLost(error) from None


def complain(line: str, word: str = "error") -> None:
    """Write one line to standard error, with Python arguments spelled as options."""
    colon = "：" if language.current() == "zh" else ": "
    sys.stderr.write(f"{SAY(f'at_{word}')}{colon}{visible(in_command_words(line))}\n")
    sys.stderr.flush()


def note(line: str) -> None:
    """Print a note on standard error, once per command."""
    context = click.get_current_context(silent=True)
    said = set() if context is None else context.meta.setdefault("plastica.cli.said", set())
    if line not in said:
        said.add(line)
        complain(line, "note")


def room() -> int | None:
    """Return the width of standard output; None if it is not a terminal and COLUMNS is not set."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return None


@dataclass(frozen=True)
class Output:
    """Prints the results of a command.

    Args:
        as_json: Print one JSON object on standard output and nothing else.
        quiet: Print results only.
        verbose: Print all details.
    """

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def talks(self) -> bool:
        """Whether lines and tables are printed."""
        return not (self.as_json or self.quiet)

    def say(self, line: str = "") -> None:
        """Print text, wrapped to the width of a terminal."""
        if self.talks:
            width, text = room(), visible(in_command_words(line))
            lines = [text] if width is None else wrapped(text, width)
            sys.stdout.write("".join(f"{part}\n" for part in lines))

    def fact(self, word: str, line: str) -> None:
        """Print text beside a label at the left margin; an empty label continues the text above."""
        margin = padded(SAY(f"at_{word}") if f"at_{word}" in SAY else word, MARGIN)
        if not self.talks:
            return
        width, text = room(), visible(in_command_words(line))
        lines = [text] if width is None else list(wrapped(text, max(20, width - MARGIN)))
        for number, part in enumerate(lines):
            sys.stdout.write(f"{margin if number == 0 else ' ' * MARGIN}{part}\n")

    def fits(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bool:
        """Return whether a table fits without truncation."""
        return _needed(_widths(heads, [[visible(cell) for cell in row] for row in rows])) <= (room() or WIDE)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], strong: int | None = None) -> None:
        """Print a table, one line per row; cells are truncated to the width of the terminal.

        Args:
            heads: The names of the columns.
            rows: The texts of the cells.
            strong: The index of the row to highlight.
        """
        if not self.talks:
            return
        shown = [[visible(cell) for cell in row] for row in rows]
        widths = _shrunk(_widths(heads, shown), room() or WIDE)
        style = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

        def line(row: Sequence[str], bold: bool) -> str:
            text = BETWEEN.join(padded(cut(cell, width), width) for cell, width in zip(row, widths, strict=True))
            return click.style(text.rstrip(), bold=True) if bold and style else text.rstrip()

        lines = [line(heads, True), "─" * _needed(widths)]
        lines += [line(row, number == strong) for number, row in enumerate(shown)]
        sys.stdout.write("\n".join(lines) + "\n")

    def result(self, value: Mapping[str, object]) -> None:
        """Print the JSON object if ``as_json``."""
        if self.as_json:
            import json

            sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + len(BETWEEN) * (len(widths) - 1)


def _shrunk(widths: list[int], most: int) -> list[int]:
    """Narrow the widest columns until the table fits."""
    # From the widest to the second widest at most, so that wide columns become equally narrow.
    while (surplus := _needed(widths) - most) > 0 and max(widths) > NARROWEST:
        widest = max(range(len(widths)), key=widths.__getitem__)
        second = max((each for place, each in enumerate(widths) if place != widest), default=NARROWEST)
        widths[widest] -= min(surplus, max(1, widths[widest] - max(second, NARROWEST)))
    return widths
