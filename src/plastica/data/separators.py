"""Rows of delimited text, and detection of the separator."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ..errors import DataError
from .headers import stand_over_numbers
from .numbers import looks_numeric

SEPARATORS = (",", "\t", ";", "|")
LAST_SEPARATORS = (":", " ")  # also common in text and times: accepted only if there are numbers below names
SEPARATOR_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", ":": "colons", " ": "spaces"}
NO_SEPARATOR = "\x1f"  # the unit separator of ASCII, which does not occur in ordinary text
SNIFFED_ROWS = 200
SNIFFED_LENGTH = 1 << 23
LONGEST_FIELD = 1 << 24
# Consecutive empty lines, or one line with its line break, which is preserved inside quotes.
LINE = re.compile(r"([\r\n]+)|[^\r\n]+(?:\r\n|\n|\r)?")
LINE_END = re.compile(r"\r\n|\n|\r")

NumberedRow = tuple[int, list[str]]  # the number of the first line of a row, and its cells


def read_rows(
    text: str, source: str, separator: str, skipped: int = 0, *, strict: bool = True, blanks: bool = False
) -> Iterator[NumberedRow]:
    """Yield the rows of a text, one in memory at a time.

    Args:
        text: The text.
        source: The name in error messages.
        separator: One character.
        skipped: The number of lines removed before.
        strict: Whether a misplaced quote is an error.
        blanks: Whether an empty line is a row without cells.

    Raises:
        DataError: If a quote is not closed, or a cell is too long; with the line.
    """
    csv.field_size_limit(LONGEST_FIELD)
    lines = _Lines(text, skipped, blanks)
    reader = csv.reader(lines, delimiter=separator, strict=strict, skipinitialspace=separator == " ")
    while True:
        lines.between = True
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _refusal(str(problem), source, lines.start, lines.read) from None
        yield lines.start, cells


class _Lines:
    """An iterator of lines for a CSV reader that skips many empty lines between rows at a time.

    Args:
        text: The text.
        read: The number of lines before it.
        blanks: Whether empty lines between rows are included.
    """

    def __init__(self, text: str, read: int, blanks: bool) -> None:
        self.found = LINE.finditer(text)
        self.read, self.start = read, read + 1
        self.blanks = blanks
        self.between = True  # whether between rows; otherwise inside quotes
        self.waiting: Iterator[re.Match[str]] = iter(())

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for end in self.waiting:
            return self._given(end.group(), 1)
        for found in self.found:
            line = found.group()
            if found.start(1) < 0:
                return self._given(line, 1)
            if not self.between:
                return self._given(line, _count(line))
            if self.blanks:
                self.waiting = LINE_END.finditer(line)
                return self._given(next(self.waiting).group(), 1)
            self.read += _count(line)
        raise StopIteration

    def _given(self, line: str, count: int) -> str:
        if self.between:
            self.start, self.between = self.read + 1, False
        self.read += count
        return line


def _count(ends: str) -> int:
    return ends.count("\n") + ends.count("\r") - ends.count("\r\n")


def _refusal(problem: str, source: str, start: int, end: int) -> DataError:
    if "field limit" not in problem:
        return DataError(
            f"{source}, line {start}: a quote is not closed or is not at the start of a cell ({problem}). Inside a "
            'quoted cell a quote is written twice: "5"" pipe".'
        )
    spans = f" and spans lines {start} to {end}; is a quote not closed?" if end > start else "."
    return DataError(
        f"{source}, line {start}: a cell is longer than {LONGEST_FIELD:,} characters, the maximum{spans} Shorten the "
        "cell, or leave the column out."
    )


def excel_hint(text: str) -> tuple[str, int, str | None]:
    """Remove the line ``sep=;``, in which Excel specifies the separator."""
    if text[:1] not in 'sS"' or text[:5].strip('"').lower()[:3] != "sep":
        return text, 0, None
    first, _, rest = text.partition("\n")
    first = first.strip().strip('"').lower()
    if len(first) == 5 and first.startswith("sep="):
        return rest, 1, first[4]
    return text, 0, None


def separator_of(text: str) -> str:
    """Return the separator of a text: that of the hint for Excel, or one detected from its rows."""
    rest, _, given = excel_hint(text)
    return given or sniff_separator(rest)


def sniff_separator(text: str) -> str:
    """Return the separator with which rows have equal lengths and cells look most like values."""
    if len(text) > SNIFFED_LENGTH:
        text = text[: text.rfind("\n", 0, SNIFFED_LENGTH) + 1 or SNIFFED_LENGTH]
    best, best_score = NO_SEPARATOR, (-1.0, -1.0, -1)
    for candidate in SEPARATORS:
        try:
            rows = [cells for _, cells in islice(read_rows(text, "", candidate, strict=False), SNIFFED_ROWS)]
        except DataError:
            continue
        rows = [cells for cells in rows if not cells[0].startswith("#")] or rows
        widths = Counter(len(cells) for cells in rows)
        if not widths or max(widths) == 1:
            continue
        width = max(widths, key=lambda width: (widths[width], width))
        if width == 1 and len(rows[0]) == 1:
            continue  # a column of text in which the candidate occurs occasionally
        cells = [cell for row in rows for cell in row]
        clean = sum(looks_numeric(cell) for cell in cells) / len(cells)
        score = (round(widths[width] / len(rows), 2) if width > 1 else 0.0, clean, width)
        if score > best_score:
            best, best_score = candidate, score
    return best if best != NO_SEPARATOR else next(filter(lambda one: _separates(text, one), LAST_SEPARATORS), best)


def _separates(text: str, candidate: str) -> bool:
    """Return whether all rows have equal lengths with this separator, with a column of numbers below a name."""
    try:
        rows = [cells for _, cells in islice(read_rows(text, "", candidate), SNIFFED_ROWS)]
    except DataError:
        return False
    return len(rows) > 2 and len(rows[0]) > 1 and len(set(map(len, rows))) == 1 and stand_over_numbers(rows)
