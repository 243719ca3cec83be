"""What a command prints: plain lines, tables, one JSON object, notes beside them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

WIDE = 140  # columns where there is no terminal to fit into


def visible(text: str) -> str:
    """Return text that a terminal shows and never obeys: control and hidden characters are escaped.

    Example:
        >>> len("a" + chr(27) + "b"), len(visible("a" + chr(27) + "b"))
        (3, 6)
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def brief(text: str, most: int = 80) -> str:
    """Cut a name or a label of a thousand letters, which would hide what stands beside it.

    Example:
        >>> brief("x" * 5000, 8)
        'xxxx ...'
    """
    return text if len(text) <= most else f"{text[: most - 4]} ..."


class OutputLost(Exception):
    """Standard output takes no more, and the command is there for nothing else."""

    def __init__(self, why: OSError) -> None:
        super().__init__(str(why))
        self.why = why


def write_out(text: str) -> None:
    """Write a part of a long answer to standard output, as UTF-8 unless a terminal shows it.

    Raises:
        OutputLost: When it cannot be written: the rest need not be computed.
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
    """Write one line to standard error."""
    sys.stderr.write(f"{word}: {visible(line)}\n")
    sys.stderr.flush()


def note(line: str) -> None:
    """Tell something worth knowing, in one line on standard error."""
    complain(line, "note")


@dataclass(frozen=True)
class Output:
    """Where the results of a command go.

    Args:
        as_json: Whether the command prints one JSON object, and nothing else, on standard output.
        quiet: Whether only results are wanted.
    """

    as_json: bool = False
    quiet: bool = False

    @property
    def talks(self) -> bool:
        """Whether lines and tables for people are shown."""
        return not (self.as_json or self.quiet)

    def say(self, line: str = "") -> None:
        """Print a line."""
        if self.talks:
            sys.stdout.write(visible(line) + "\n")

    def fact(self, word: str, line: str) -> None:
        """Print a line under a word that stands at the margin."""
        self.say(f"{word:<9} {line}")

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], strong: int | None = None) -> None:
        """Print a table; the first column is text, and ``strong`` the row that counts."""
        if not self.talks:
            return
        from rich import box
        from rich.table import Table
        from rich.text import Text

        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for head in heads:
            made.add_column(Text(visible(head)), overflow="fold")
        for number, row in enumerate(rows):
            made.add_row(*(Text(visible(cell)) for cell in row), style="bold" if number == strong else None)
        sys.stdout.flush()
        _console(sys.stdout).print(made)

    def result(self, value: dict[str, Any]) -> None:
        """Print the JSON object, where it was asked for."""
        if self.as_json:
            import json

            sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def _console(out: TextIO) -> Any:
    from rich.console import Console

    shown = out.isatty() and os.environ.get("TERM") != "dumb"
    plain = not shown or bool(os.environ.get("NO_COLOR"))
    return Console(
        file=out,
        force_terminal=shown,
        color_system=None if plain else "auto",
        width=None if shown else WIDE,
        highlight=False,
        markup=False,
        emoji=False,
    )
