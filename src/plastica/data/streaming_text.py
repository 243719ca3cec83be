"""Reading a long delimited text file as tables of a few thousand rows."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import DataError
from ..notes import note
from .decoding import Encoding, known, line_of, refuse_utf8, said_of_encoding, tell_encoding
from .delimited import end_of_rows, parse, parse_more
from .opening import blocks
from .separators import SEPARATORS, separator_of
from .table import Table

BLOCK_BYTES = 1 << 22
LONGEST_RECORD = 1 << 26  # characters; otherwise an unclosed quote could fill the memory
LINE_BREAK = re.compile(r"[\r\n]")


def text_tables(
    path: Path, separator: str | None = None, encoding: str | None = None, header: bool | None = None
) -> Iterator[Table]:
    """Yield the rows of a CSV or TSV file, also gzipped; separator, encoding and header are detected at its beginning.

    Raises:
        FileError: If the file cannot be read or is damaged.
        DataError: As for :func:`~plastica.data.delimited.parse`, with the line.
    """
    first: Table | None = None
    before, waiting = 0, ""
    told = _told(path, encoding)
    for part, known_separator in _texts(path, separator, told):
        separator = known_separator
        # Empty lines are rows of a single column only if another row follows, and a header needs a row below it.
        text = waiting + part
        end = end_of_rows(text)
        if not text[:end].strip() or (first is None and not LINE_BREAK.search(text.strip())):
            waiting = text
            if len(waiting) > LONGEST_RECORD:
                raise DataError(f"{path.name}, line {before + 1}: more than {LONGEST_RECORD:,} empty lines follow.")
            continue
        text, waiting = text[:end], text[end:]
        if first is None:
            first = _noted(parse(text, path.name, separator, header), told)
            yield first
        else:
            yield parse_more(text, first, before)
        before += _line_ends(text)
    if first is None:
        if waiting.strip():
            yield _noted(parse(waiting, path.name, separator, header), told)
            return
        raise DataError(note("errors.empty_table", source=path.name))


def _noted(table: Table, told: Encoding) -> Table:
    return replace(table, notes=(*said_of_encoding(told.said), *table.notes))


def _texts(path: Path, separator: str | None, encoding: Encoding) -> Iterator[tuple[str, str | None]]:
    """Yield the text in parts of complete records, and the separator if it is known."""
    decoder = codecs.getincrementaldecoder(known(encoding.codec, path.name))()
    rest, lines, given = "", 0, 1  # remaining text, numbers of lines read and yielded
    for data in blocks(path, BLOCK_BYTES):
        if rest:  # more follows; a file that fits in one block is read as a whole
            separator = separator or separator_of(rest)  # needed to decide whether a quote begins a cell
            if cut := record_end(rest, separator):
                yield rest[:cut], separator
                given += _line_ends(rest[:cut])
                rest = rest[cut:]
            elif len(rest) > LONGEST_RECORD:
                raise DataError(
                    f"{path.name}, line {given}: a row of more than {LONGEST_RECORD:,} characters begins; "
                    "is a quote not closed?"
                )
        if encoding.guessed:
            refuse_utf8(data, path.name, encoding.codec, lines)
        rest += _decoded(decoder, data, path.name, lines)
        lines += max(data.count(b"\n"), data.count(b"\r"))
    rest += _decoded(decoder, b"", path.name, lines, final=True)
    if rest:
        yield rest, separator


def _line_ends(text: str) -> int:
    return text.count("\n") or text.count("\r")


def _told(path: Path, encoding: str | None) -> Encoding:
    """Detect the encoding from the first block beyond ASCII, which is the same in most encodings."""
    if encoding is not None:
        return Encoding(known(encoding, path.name))
    for data in blocks(path, BLOCK_BYTES):
        wide = b"\0" in data[:4096]  # UTF-16 or UTF-32, with characters of two or four bytes
        end = len(data) // 4 * 4 if wide else data.rfind(b"\n") + 1
        found = tell_encoding(data[: end or len(data)], path.name)
        if not data.isascii() or found.codec != "utf-8":
            return found
    return Encoding("utf-8")


def _decoded(decoder: codecs.IncrementalDecoder, data: bytes, name: str, lines: int, final: bool = False) -> str:
    try:
        return decoder.decode(data, final)
    except UnicodeDecodeError as problem:
        line = lines + line_of(problem.object, problem.start)
        raise DataError(
            f"{name}, line {line}: contains bytes that are not {problem.encoding}, unlike the beginning of the file "
            f"({problem.object[problem.start : problem.start + 4]!r}). Name the file's encoding (encoding='cp1252')."
        ) from None


def record_end(text: str, separator: str | None = None) -> int:
    r"""Return the end of the last complete record, outside of quotes; 0 if there is none.

    Example:
        >>> record_end('a,b\n1,"x\ny"\n2,"z\n')
        12
    """
    newline = "\n" if "\n" in text else "\r"
    end = text.rfind(newline)
    if '"' in text:
        before = re.escape(separator or "".join((*SEPARATORS, " ")))
        # A quote at the beginning of a cell opens a quoted cell, which may contain doubled quotes and line breaks; the
        # last one may be unclosed.
        cells = re.finditer(rf'(?:\A|(?<=[\r\n{before}]))"[^"]*(?:""[^"]*)*(?:"|\Z)', text)
        for start, stop in reversed([cell.span() for cell in cells]):
            open_ended = stop == len(text) and text.count('"', start) % 2 == 1
            if start < end and (end < stop or open_ended):
                end = text.rfind(newline, 0, start)
            elif end >= stop:
                break
    return end + 1
