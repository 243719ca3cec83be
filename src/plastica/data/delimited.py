"""Parsing of delimited text into a table of text, with detection of separator and header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..notes import Note, note
from .decoding import line_of
from .headers import header_place, is_header, stand_over_numbers
from .separators import (
    NO_SEPARATOR,
    SEPARATOR_NAMES,
    SNIFFED_ROWS,
    NumberedRow,
    excel_hint,
    read_rows,
    sniff_separator,
)
from .swift import read_plain
from .table import Table, distinct_names, show
from .unseen import TAKEN_OFF, first_difference, said_of, without_unseen

if TYPE_CHECKING:
    import polars as pl

CHUNK = 20_000  # rows held as Python lists at a time, before they are stored compactly
TRAILING = note("reading.trailing")
LINE_END = re.compile(r"[ \t]*(?:\r\n|\n|\r)")
MOST_REMARKS = 20  # lines below the table
MANY_BLANKS = ("\n" * 1000, "\r\n" * 1000)

Columns = tuple[dict[str, "pl.Series"], np.ndarray]  # columns by name, and the line number of each row


def parse(text: str, source: str, separator: str | None = None, header: bool | None = None) -> Table:
    """Parse delimited text; all cells remain text.

    In a table with several columns, empty lines are ignored. In a table with a single column, an empty line is a row
    with a missing value, except at the end of the text.

    Args:
        text: The whole file.
        source: The name in error messages.
        separator: One character; None detects it from the first rows.
        header: Whether the first row contains names; None detects it from the first rows.

    Raises:
        DataError: If the text is empty, or has only a header, rows of different lengths, NUL characters, or an unclosed
            quote; with the line.
    """
    _refuse_nul(text, source)
    text, notes = _seen(text, 0)
    text, skipped, given = excel_hint(text)
    if text.isspace():
        raise DataError(note("errors.empty_table", source=source))
    separator = separator or given or sniff_separator(text)
    if len(separator) != 1 or separator in '"\r\n':
        raise DataError(f"separator {separator!r} does not work; give one character such as ',' or ';'.")
    if separator == NO_SEPARATOR:
        notes.append(note("reading.no_separator"))
    elif separator != ",":
        name = SEPARATOR_NAMES.get(separator)
        notes.append(note("reading.separated", separator=note(f"words.{name}") if name else show(separator)))
    layout = _lay_out(text, source, separator, header, skipped)
    plain = _read_plain(text, separator, layout, skipped)
    if plain is None:
        body = _Body(layout, source)
        plain = body.read(read_rows(text, source, separator, skipped, blanks=len(layout.names) == 1))
        notes = [*notes, *layout.notes, *body.notes]
    else:
        notes = [*notes, *layout.notes]
    columns, lines = plain
    return Table(columns, source, tuple(notes), lines, "line", separator)


def parse_more(text: str, first: Table, before: int) -> Table:
    """Parse more rows of a text whose beginning was parsed by :func:`parse`.

    Args:
        text: Complete rows; for a single column, including the empty lines above them (:func:`end_of_rows`).
        first: The table from the beginning, whose names and separator are used.
        before: The number of lines before these.

    Raises:
        DataError: As for :func:`parse`, with the line number in the whole text.
    """
    _refuse_nul(text, first.source, before)
    text, notes = _seen(text, before)
    if any(each.key == TAKEN_OFF for each in first.notes):
        notes = []
    trailing = TRAILING in first.notes
    layout = _Layout([*first.names, *["\x1f"] * trailing], None, [])
    plain = _read_plain(text, first.separator, layout, before)
    if plain is None:
        rows = read_rows(text, first.source, first.separator, before, blanks=len(layout.names) == 1)
        plain = _Body(layout, first.source).read(rows)
    columns, lines = plain
    surplus = columns.pop("\x1f").str.strip_chars() != "" if trailing else None
    if surplus is not None and surplus.any():
        line = lines[int(surplus.arg_true()[0])]
        raise DataError(f"{first.source}, line {line}: has a value after the last separator, unlike the rows above.")
    return Table(columns, first.source, tuple(notes), lines, "line", first.separator)


def _read_plain(text: str, separator: str, layout: _Layout, skipped: int) -> Columns | None:
    if separator == " " or layout.header_line not in (None, skipped + 1):
        return None
    if any(blanks in text for blanks in MANY_BLANKS):
        return None  # read row by row, so that a million empty lines take no memory
    skip = 0 if layout.header_line is None else 1
    made = read_plain(text, separator, len(layout.names), skip, skipped)
    if made is None:
        return None
    columns, lines = made
    return {name: values.alias(name) for name, values in zip(layout.names, columns, strict=True)}, lines


def end_of_rows(text: str) -> int:
    r"""Return the position where the empty lines at the end of a text begin.

    Example:
        >>> end_of_rows("a\n1\n \n\n")
        4
    """
    end = len(text.rstrip(" \t\r\n"))
    found = LINE_END.match(text, end)
    return found.end() if found else len(text)


def _seen(text: str, lines: int) -> tuple[str, list[Note]]:
    """Remove invisible characters and return notes about them; ``lines`` is the number of lines before the text."""
    seen = without_unseen(text)
    if seen is text or seen == text:
        return text, []
    place = first_difference(text, seen)
    return seen, [said_of(text, seen, note("words.line", number=str(lines + line_of(text, place))))]


def _refuse_nul(text: str, source: str, before: int = 0) -> None:
    position = text.find("\0")
    if position >= 0:
        raise DataError(note("errors.nul", source=source, line=str(before + line_of(text, position))))


@dataclass
class _Layout:
    names: list[str]
    header_line: int | None  # None: the first row is data
    notes: list[Note]


def _lay_out(text: str, source: str, separator: str, header: bool | None, skipped: int) -> _Layout:
    rows = list(islice(read_rows(text, source, separator, skipped), SNIFFED_ROWS))
    if not any(any(cell.strip() for cell in cells) for _, cells in rows):
        raise DataError(note("errors.empty_table", source=source))
    widths = Counter(len(cells) for _, cells in rows)
    usual = max(widths, key=lambda width: (widths[width], width))
    while len(rows) > 1 and rows[0][1][0].lstrip().startswith("#"):
        if len(rows[0][1]) == usual and not stand_over_numbers([cells for _, cells in rows[1:]]):
            break  # "#name,age" above the rows is the header
        rows.pop(0)
    notes: list[Note] = []
    if header is not False and (place := header_place([cells for _, cells in rows])):
        titles = separator.join(rows[0][1]).strip(separator + " ")
        notes.append(note("reading.titles", line=str(rows[place][0]), title=show(titles)))
        rows = rows[place:]
    line, first = rows[0]
    if header is None:
        header = is_header(first, [cells for _, cells in rows[1:]])
        if not header:
            notes.append(note("reading.no_header_line", count=len(first)))
    if not header:
        return _Layout([f"column_{number}" for number in range(1, len(first) + 1)], None, notes)
    if first[0].lstrip().startswith("#"):
        first = [first[0].lstrip().lstrip("#"), *first[1:]]
    names, renamed = distinct_names(first)
    return _Layout(names, line, notes + renamed)


class _Body:
    """Collects rows into columns, chunk by chunk, and checks the number of cells."""

    def __init__(self, layout: _Layout, source: str) -> None:
        self.layout = layout
        self.source = source
        self.notes: list[Note] = []
        self.comments: list[int] = []
        self.extra: bool | None = None  # whether every row has one cell more than the header
        self.blank: list[range] = []  # empty lines, which are rows of a single column if another row follows

    def read(self, rows: Iterator[NumberedRow]) -> Columns:
        import polars as pl

        chunks: list[list[pl.Series]] = []
        lines: list[int] = []
        kept = self._checked(rows)
        while chunk := list(islice(kept, CHUNK)):
            lines.extend(line for line, _ in chunk)
            chunks.append(
                [pl.Series(values, dtype=pl.String) for values in zip(*(cells for _, cells in chunk), strict=True)]
            )
        if not lines:
            raise DataError(note("errors.header_only", source=self.source))
        if self.comments:
            self.notes.append(note("reading.comments", count=len(self.comments), first=str(self.comments[0])))
        columns = [pl.concat(parts) if len(parts) > 1 else parts[0] for parts in map(list, zip(*chunks, strict=True))]
        names, columns = self._settle_extra(columns)
        return {name: values.alias(name) for name, values in zip(names, columns, strict=True)}, np.array(lines)

    def _checked(self, rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
        width = len(self.layout.names)
        begun = self.layout.header_line is None
        before: NumberedRow | None = None
        for line, cells in rows:
            if not begun:
                begun = line == self.layout.header_line
                if not begun and cells and cells[0].lstrip().startswith("#"):
                    self.comments.append(line)
                continue
            if not cells or (len(cells) == 1 and not cells[0].strip() and (cells[0] or width > 1)):
                if width == 1:
                    self._wait(line)
                continue
            if len(cells) != width and cells[0].lstrip().startswith("#"):
                self.comments.append(line)
                continue
            if self.extra is None:
                self.extra = len(cells) == width + 1 and self.layout.header_line is not None
                width += self.extra
            if len(cells) != width:
                below = list(islice(rows, MOST_REMARKS))
                remarks = len(below) < MOST_REMARKS and all(len(each) < width for _, each in ((line, cells), *below))
                if remarks and before is not None and line > 1 + _last_line(before):
                    self.notes.append(note("reading.remarks", line=str(line), text=show(cells[0].strip())))
                    return
                self._refuse(line, len(cells), width, not below)
            before = line, cells
            if width == 1:
                yield from ((blank, [""]) for blanks in self.blank for blank in blanks)
            self.blank = []
            yield line, cells
        if (count := sum(map(len, self.blank))) > 1:
            self.notes.append(note("reading.empty_lines", count=count))

    def _wait(self, line: int) -> None:
        if self.blank and self.blank[-1].stop == line:
            self.blank[-1] = range(self.blank[-1].start, line + 1)
        else:
            self.blank.append(range(line, line + 1))

    def _refuse(self, line: int, got: int, width: int, last: bool) -> None:
        wanted = note("errors.width_rows" if self.layout.header_line is None or self.extra else "errors.width_header")
        cut = note("errors.cut_short") if last and got < width else ""
        told = {
            "source": self.source,
            "line": str(line),
            "got": note("words.values", count=got),
            "width": width,
            "wanted": wanted,
            "cut": cut,
        }
        raise DataError(note("errors.width", **told))

    def _settle_extra(self, columns: list[pl.Series]) -> tuple[list[str], list[pl.Series]]:
        names = self.layout.names
        if not self.extra:
            return names, columns
        if (columns[-1].str.strip_chars() == "").all():
            self.notes.append(TRAILING)
            return names, columns[:-1]
        self.notes.append(note("reading.row_name"))
        return distinct_names(["row_name", *names])[0], columns


def _last_line(row: NumberedRow) -> int:
    line, cells = row
    return line + sum(cell.count("\n") for cell in cells)
