"""Bytes of a text file become text: the encoding is told from the bytes, or asked for."""

from __future__ import annotations

import codecs
import re
from collections import Counter

from ..errors import DataError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# A character of two to four bytes as UTF-8 writes it: RFC 3629.
MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
HIGH = re.compile(rb"[\x80-\xff]")
SAMPLE = 1 << 18
COMMON_CHINESE = 0.6  # of the characters beyond ASCII: running Chinese text has over 0.9, misread Latin under 0.2
# Accents in western European words stand alone or in pairs; Cyrillic, Greek or Big5 come in whole words.
LONGEST_LATIN_RUN = 2.2
MOST_LATIN_SHARE = 0.5


def decode(data: bytes, source: str, encoding: str | None = None) -> tuple[str, str]:
    """Return the text and, where it is not plain UTF-8, the name of the encoding that was assumed.

    Byte order marks decide first, then UTF-8 if all of it is valid, then UTF-16 without a mark, then GB18030
    where what it gives is common Chinese, then Windows-1252 where accents stand as in western European words.

    Raises:
        DataError: The bytes fit none of these, or not the encoding that was asked for.
    """
    if encoding is not None:
        return _decode_as(data, source, encoding), ""
    for mark, codec, name in MARKS:
        if data.startswith(mark):
            return _decode_as(data, source, codec), name
    codec = _utf16_without_mark(data)
    if codec:
        return _decode_as(data, source, codec), "UTF-16 without a byte order mark"
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as problem:
        _refuse_broken_utf8(data, source, problem.start)
    return _decode_old(data, source)


def _decode_old(data: bytes, source: str) -> tuple[str, str]:
    if _is_chinese(data):
        return _decode_as(data, source, "gb18030"), "GB18030 (GBK)"
    if _is_western(data):
        try:
            return data.decode("cp1252"), "Windows-1252 (Latin-1)"
        except UnicodeDecodeError:
            return data.decode("latin-1"), "Latin-1"
    raise DataError(
        f"{source} is not UTF-8 and its encoding cannot be told. "
        "Save it as UTF-8, or name its encoding (encoding='cp1251', 'big5', 'shift_jis' ...)."
    )


def line_of(data: bytes | str, position: int) -> int:
    """Return the line, counted from 1, on which a position in the data lies."""
    before = data[:position]
    if isinstance(before, bytes):
        return 1 + max(before.count(b"\n"), before.count(b"\r"))
    return 1 + max(before.count("\n"), before.count("\r"))


def known(codec: str, source: str) -> str:
    """Return an encoding's name; DataError where there is none of this name."""
    try:
        "a".encode(codec)
    except LookupError:
        raise DataError(
            f"unknown encoding {codec!r} for {source}; known are for example utf-8, gb18030, cp1252."
        ) from None
    return codec


def _decode_as(data: bytes, source: str, codec: str) -> str:
    try:
        return data.decode(known(codec, source))
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{source} is not valid {codec}: line {line_of(data, problem.start)} holds bytes that are no text. "
            "It may be cut short or damaged, or in another encoding."
        ) from None


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    stray = max(1, half // 50)  # NUL characters in a damaged file, whose line is to be named
    if half < 4 or len(data) % 2:
        return ""
    if odd > 0.4 * half and even <= stray:
        return "utf-16-le"
    if even > 0.4 * half and odd <= stray:
        return "utf-16-be"
    return ""


def _refuse_broken_utf8(data: bytes, source: str, position: int) -> None:
    """Stop where a file is UTF-8 but for a few bytes: another encoding would read all the rest wrong."""
    high = len(HIGH.findall(data))
    valid = sum(len(found) for found in MULTIBYTE.findall(data))
    if valid > 0.6 * high:
        end = " It may be cut short." if position > len(data) - 4 else ""
        raise DataError(
            f"{source}, line {line_of(data, position)}: not valid UTF-8, which the rest of the file is.{end} "
            "Mend that line, or name the file's encoding."
        )


def _is_chinese(data: bytes) -> bool:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    counts = Counter(letter for letter in text[:SAMPLE] if ord(letter) > 127)
    if not counts:
        counts = Counter(letter for letter in text if ord(letter) > 127)
    return sum(count for letter, count in counts.items() if _is_common(letter)) >= COMMON_CHINESE * counts.total()


def _is_common(letter: str) -> bool:
    """Whether GB 2312 has it among its punctuation (rows 1 to 3) or its 3,755 commonest characters (16 to 55)."""
    try:
        first = letter.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= first <= 0xA3 or 0xB0 <= first <= 0xD7


def _is_western(data: bytes) -> bool:
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data[:SAMPLE])] or [1]
    high = len(HIGH.findall(data))
    letters = sum(data.count(bytes([code])) for code in (*range(65, 91), *range(97, 123)))
    return sum(runs) <= LONGEST_LATIN_RUN * len(runs) and high <= MOST_LATIN_SHARE * (letters + high)
