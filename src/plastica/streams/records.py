"""The records of a stream of bytes: lines, also with line breaks within quotes."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import DataError

LONGEST = 1 << 24  # bytes of a record; beyond, an unclosed quote would fill the memory
QUOTE, END = b'"', b"\n"


class Records:
    r"""Divides bytes into complete records; what is not complete yet waits.

    A line ends a record unless a quote is open in it. A last line without its end is no record: nobody can tell whether
    ``12`` is the beginning of ``123``.

    Args:
        name: The name of the source in errors.
        quoted: Whether line breaks within double quotes belong to the record, as in CSV and not in JSON. None: unless
            the first record begins with a brace.

    Example:
        >>> records = Records("rows.csv")
        >>> list(records.take(b'1,2\n3,"a')), list(records.take(b'\nb"\n4'))
        ([b'1,2\n'], [b'3,"a\nb"\n'])
        >>> records.waiting
        b'4'
    """

    def __init__(self, name: str, quoted: bool | None = None) -> None:
        self.name, self.quoted, self.waiting = name, quoted, b""

    def take(self, data: bytes) -> Iterator[bytes]:
        """Yield the records that these bytes complete, each with its line break.

        Raises:
            DataError: If a record is longer than 16 MiB.
        """
        rest = self.waiting + data
        if self.quoted is None and rest.strip():
            self.quoted = not is_json(rest)
        self.waiting = b""
        start = begun = 0
        while (end := rest.find(END, begun)) >= 0:
            begun = end + 1
            if self.quoted and rest.count(QUOTE, start, begun) % 2:
                continue
            yield rest[start:begun]
            start = begun
        self.waiting = rest[start:]
        if len(self.waiting) > LONGEST:
            raise DataError(f"{self.name}: a row of more than {LONGEST:,} bytes begins; is a quote not closed?")


def is_json(record: bytes) -> bool:
    """Return whether a record is a JSON object, or the beginning of one, and not names of columns."""
    return record.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
