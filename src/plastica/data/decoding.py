"""Decoding of text files, with the given encoding or one detected from the bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from ..errors import DataError
from ..notes import Note, note

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", note("reading.utf8_mark")),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
SAMPLE = 1 << 18
# Lines with bytes beyond ASCII; anchored at the beginning of the line, so that other lines are skipped quickly.
HIGH_LINE = re.compile(rb"^[^\n\x80-\xff]*[\x80-\xff][^\n]*", re.M)
MOST_LINES = 100_000
MOST_WORDS = 2000  # distinct words used to detect an encoding
# No two-byte character contains a byte below 0x40, so words can be split there; some of GB18030 contain digits.
BETWEEN = re.compile(rb"[\x00-\x2f\x3a-\x3f]+")
SHIFTED = re.compile(rb"\+([A-Za-z0-9+/]{3,})(?![A-Za-z0-9+/])")  # RFC 2152: UTF-16 as base64
ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_ext"))
MIXED = (
    " The file mixes two encodings and cannot be read as one: convert its parts to UTF-8 before joining them, or name "
    "one encoding for the whole file."
)
LEAST = -8.5  # per character of text in its language: Chinese has about -7.5, random characters -10 to -16
MARGIN = 4.0  # log likelihood by which lines must be more likely UTF-8 than the encoding of the others


@dataclass(frozen=True)
class Encoding:
    """A detected encoding.

    Args:
        codec: The name of the Python codec.
        said: The note for the user; "" for UTF-8 without a byte order mark.
        guessed: Whether it was detected from the language of the text only.
    """

    codec: str
    said: Note | str = ""
    guessed: bool = False


def decode(data: bytes, source: str, encoding: str | None = None) -> tuple[str, Note | str]:
    """Return the text and, unless it is plain UTF-8, the name of the assumed encoding.

    Raises:
        DataError: As for :func:`tell_encoding`, or if the bytes are invalid in the given encoding.
    """
    if encoding is not None:
        return _decode_as(data, source, encoding), ""
    if not (data.startswith(codecs.BOM_UTF8) or b"\0" in data[:SAMPLE] or data.isascii()):
        with suppress(UnicodeDecodeError):
            return data.decode("utf-8"), ""
    found = tell_encoding(data, source)
    return _decode_as(data, source, found.codec), found.said


def tell_encoding(data: bytes, source: str) -> Encoding:
    """Detect the encoding of bytes.

    In this order: byte order marks, UTF-16 without a mark, seven-bit encodings (UTF-7, ISO-2022), UTF-8 if everything
    is valid, and legacy encodings by the language of the text (:mod:`.legacy`).

    Raises:
        DataError: If there is invalid UTF-8 or a mix of two encodings (with the line), or no encoding fits.
    """
    for mark, codec, name in MARKS:
        if data.startswith(mark):
            return Encoding(codec, name)
    if codec := _utf16_without_mark(data):
        return Encoding(codec, note("reading.utf16_no_mark"))
    if data.isascii():
        return _seven_bits(data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as problem:
        return _tell_old(data, source, problem.start)
    return Encoding("utf-8")


def said_of_encoding(said: Note | str) -> tuple[Note, ...]:
    """Return the note on the encoding as a sentence."""
    return (note("reading.encoding", encoding=said),) if said else ()


def line_of(data: bytes | str, position: int) -> int:
    """Return the line number, from 1, of a position in the data."""
    before = data[:position]
    if isinstance(before, bytes):
        return 1 + max(before.count(b"\n"), before.count(b"\r"))
    return 1 + max(before.count("\n"), before.count("\r"))


def known(codec: str, source: str) -> str:
    """Return the name of an encoding; DataError if there is no such encoding."""
    try:
        "a".encode(codec)
    except LookupError:
        raise DataError(
            f"unknown encoding {codec!r} for {source}; known are for example utf-8, gb18030, cp1252."
        ) from None
    return codec


def refuse_utf8(data: bytes, source: str, codec: str, before: int = 0) -> None:
    """Raise an error if some lines of a file in another encoding are UTF-8.

    Args:
        data: Complete lines.
        source: The name of the file in error messages.
        codec: The encoding of the other lines.
        before: The number of lines before these.

    Raises:
        DataError: If there is such a line; with the number of the first one.
    """
    lines = {position: line for position, line in _high_lines(data) if _is_utf8(line)}
    if _rather_utf8(_words(lines.values()), codec):
        line = before + line_of(data, next(iter(lines)))
        raise DataError(f"{source}, line {line}: is UTF-8, and other lines are {codec}.{MIXED}")


def _tell_old(data: bytes, source: str, position: int) -> Encoding:
    from .legacy import tell

    lines = dict(_high_lines(data))
    valid = {place: line for place, line in lines.items() if _is_utf8(line)}
    others = {place: line for place, line in lines.items() if place not in valid}
    words, odd = _words(valid.values()), _words(others.values())
    guess, seems = tell(_words(lines.values())), tell(odd)
    if not all(_rather_utf8(words, each.codec) for each in (guess, seems) if each) or not (words or guess):
        if guess is None:
            raise DataError(
                f"{source} is not UTF-8 and its encoding cannot be determined: line {line_of(data, position)} "
                f"contains {data[position : position + 4]!r}. Save it as UTF-8, or name its encoding "
                "(encoding='cp1251', 'big5', 'shift_jis' ...)."
            )
        if not _rather_utf8(odd, guess.codec):
            return Encoding(guess.codec, guess.said, guessed=True)
    broken = seems is None or position > len(data) - 4 or _rather_utf8(odd, seems.codec)
    if seems is not None and not broken:
        first = min(valid if len(valid) < len(others) else others)
        said = (
            f"is UTF-8, and other lines are {seems.name}"
            if first in valid
            else f"not valid UTF-8, which other lines are, but {seems.name}"
        )
        raise DataError(f"{source}, line {line_of(data, first)}: {said}.{MIXED}")
    end = " It may be cut short." if position > len(data) - 4 else ""
    raise DataError(
        f"{source}, line {line_of(data, position)}: not valid UTF-8, which the rest of the file is.{end} Correct that "
        "line, or name the file's encoding."
    )


def _rather_utf8(words: list[bytes], codec: str) -> bool:
    from .legacy import likelihood_of

    return bool(words) and likelihood_of(words, "utf-8") > likelihood_of(words, codec) + MARGIN


def _high_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with bytes beyond ASCII and their start positions."""
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    for found in islice(HIGH_LINE.finditer(data), MOST_LINES):
        yield found.start(), found.group()


def _words(lines: Iterable[bytes]) -> list[bytes]:
    """Return the distinct words with bytes beyond ASCII, in order of appearance."""
    found: dict[bytes, None] = {}
    for line in lines:
        for word in BETWEEN.split(line):
            if not word.isascii():
                found[word[:200]] = None
        if len(found) > MOST_WORDS:
            break
    return list(found)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_as(data: bytes, source: str, codec: str) -> str:
    try:
        return data.decode(known(codec, source))
    except UnicodeDecodeError as problem:
        line = str(line_of(data, problem.start))
        raise DataError(note("errors.not_encoded", source=source, codec=codec, line=line)) from None


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    stray = max(1, half // 50)  # tolerates NUL characters in a damaged file, so that the error can name their line
    if half < 4 or len(data) % 2:
        return ""
    if odd > 0.4 * half and even <= stray:
        return "utf-16-le"
    if even > 0.4 * half and odd <= stray:
        return "utf-16-be"
    return ""


def _seven_bits(data: bytes) -> Encoding:
    for escape, codec in ESCAPES:
        if escape in data[:SAMPLE] and _decodes(data, codec):
            return Encoding(codec, codec.upper().replace("_EXT", "").replace("ISO2022_", "ISO-2022-"))
    if b"+" in data and _is_utf7(data):
        return Encoding("utf-7", "UTF-7")
    return Encoding("utf-8")


def _is_utf7(data: bytes) -> bool:
    """Return whether every plus sign begins UTF-16 characters in base64 that are plausible in some language.

    Three random letters after a plus sign are a valid character in one of four cases. Therefore, four characters are
    required, or letters of western European languages, whose codes begin with A.
    """
    from .likelihood import features, log_likelihood

    first = data.find(b"+")
    shifted = set(SHIFTED.findall(data[first : first + SAMPLE]))
    if not shifted or any(part.isdigit() for part in shifted) or not _decodes(data, "utf-7"):
        return False
    words = [b"+%b-" % part for part in shifted]
    if not all(_decodes(word, "utf-7") for word in words):
        return False
    decoded = [word.decode("utf-7") for word in words]
    text = "".join(decoded)
    if not all(letter > "\x7f" for letter in text) or log_likelihood(features(decoded))[0] < LEAST * len(text):
        return False
    return len(text) >= 4 or all("\xa0" <= letter <= "\u017f" for letter in text)


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
