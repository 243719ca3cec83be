"""A long text file with separators as tables of some thousand rows each."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import DataError, FileError
from .decoding import decode, known
from .delimited import end_of_rows, parse, parse_more
from .separators import SEPARATORS, separator_of
from .table import Table

BLOCK_BYTES = 1 << 22
LONGEST_RECORD = 1 << 26  # characters; a quote that is never closed would otherwise fill the memory
LINE_BREAK = re.compile(r"[\r\n]")
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "cp1252", "latin-1")


def text_tables(
    path: Path, separator: str | None = None, encoding: str | None = None, header: bool | None = None
) -> Iterator[Table]:
    """Yield the rows of a CSV or TSV file, also gzipped; separator, encoding and header are told from its beginning.

    Raises:
        FileError: The file cannot be read or is damaged.
        DataError: What :func:`~plastica.data.delimited.parse` refuses, with the line.
    """
    first: Table | None = None
    before, waiting = 0, ""
    for part, known_separator in _texts(path, separator, encoding):
        separator = known_separator
        # Empty lines are rows of a single column only where a row follows, and a header needs a row below it.
        text = waiting + part
        end = end_of_rows(text)
        if not text[:end].strip() or (first is None and not LINE_BREAK.search(text.strip())):
            waiting = text
            if len(waiting) > LONGEST_RECORD:
                raise DataError(f"{path.name}, line {before + 1}: more than {LONGEST_RECORD:,} empty lines follow.")
            continue
        text, waiting = text[:end], text[end:]
        if first is None:
            first = parse(text, path.name, separator, header)
            yield first
        else:
            yield parse_more(text, first, before)
        before += text.count("\n") or text.count("\r")
    if first is None:
        if waiting.strip():
            yield parse(waiting, path.name, separator, header)
            return
        raise DataError(f"{path.name} is empty: there is no header and no row in it.")


def _texts(path: Path, separator: str | None, encoding: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield the file's text in parts of whole records, and the separator as far as it is known."""
    decoder: codecs.IncrementalDecoder | None = None
    rest = ""
    for data in _bytes(path):
        if rest:  # and more comes, so that what fits in one block is read as a whole
            separator = separator or separator_of(rest)  # only with it is a quote known to begin a cell
            if cut := record_end(rest, separator):
                yield rest[:cut], separator
                rest = rest[cut:]
            elif len(rest) > LONGEST_RECORD:
                raise DataError(f"{path.name}: a row of more than {LONGEST_RECORD} characters; is a quote not closed?")
        if decoder is None:
            decoder = codecs.getincrementaldecoder(_codec(data, path.name, encoding))()
        rest += _decoded(decoder, data, path.name)
    rest += "" if decoder is None else _decoded(decoder, b"", path.name, final=True)
    if rest:
        yield rest, separator


def _bytes(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            handle: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # pyright: ignore[reportAssignmentType]
            while data := handle.read(BLOCK_BYTES):
                yield data
    except EOFError:
        raise FileError(f"{path.name} is cut short: its gzip data ends too early. Copy or download it again.") from None
    except (OSError, zlib.error) as problem:
        raise FileError(f"{path.name} cannot be read: {problem}.") from None


def _codec(data: bytes, name: str, encoding: str | None) -> str:
    """Tell the encoding from the first block; what decodes to the same text is the codec of that text."""
    if encoding is not None:
        return known(encoding, name)
    wide = b"\0" in data[:4096]  # UTF-16 or UTF-32, whose characters are two or four bytes
    end = len(data) // 4 * 4 if wide else data.rfind(b"\n") + 1
    sample = data[: end or len(data)]
    text, _ = decode(sample, name)
    for codec in CODECS:
        try:
            if sample.decode(codec) == text:
                return codec
        except UnicodeDecodeError:
            continue
    raise DataError(f"{name}: its encoding cannot be told from its beginning; name it (encoding='cp1252').")


def _decoded(decoder: codecs.IncrementalDecoder, data: bytes, name: str, final: bool = False) -> str:
    try:
        return decoder.decode(data, final)
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{name} holds bytes that are not {problem.encoding}, which its beginning is "
            f"({problem.object[problem.start : problem.start + 4]!r}). Name the file's encoding (encoding='cp1252')."
        ) from None


def record_end(text: str, separator: str | None = None) -> int:
    r"""Return where the last whole record ends, outside of quotes; 0 where none does.

    Example:
        >>> record_end('a,b\n1,"x\ny"\n2,"z\n')
        12
    """
    newline = "\n" if "\n" in text else "\r"
    end = text.rfind(newline)
    if '"' in text:
        before = re.escape(separator or "".join((*SEPARATORS, " ")))
        # A quoted cell begins where a cell begins, and may hold doubled quotes and line ends; the last may be open.
        cells = re.finditer(rf'(?:\A|(?<=[\r\n{before}]))"[^"]*(?:""[^"]*)*(?:"|\Z)', text)
        for start, stop in reversed([cell.span() for cell in cells]):
            open_ended = stop == len(text) and text.count('"', start) % 2 == 1
            if start < end and (end < stop or open_ended):
                end = text.rfind(newline, 0, start)
            elif end >= stop:
                break
    return end + 1
