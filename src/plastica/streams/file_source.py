"""Rows of a file, which may grow and be replaced by the next one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import FileError
from ..notes import note
from ..typing import Json
from .records import Records, is_json
from .sources import A_LOOK, BLOCK, RowSource, StreamRecord, whole_position

FIRST = 4096  # bytes by which a file is known again


class FileSource(RowSource):
    """A file of rows, which may grow.

    A position is a byte with a hash of the first bytes before it, by which a file that was replaced is noticed. A file
    that is followed may be rotated, as logs are: once another file has its name, its last rows are taken, and then
    those of the new one.

    Args:
        path: The file.
        follow: Whether to wait for more rows at its end.

    Raises:
        FileError: If it is not a file that can be read.
    """

    rewinds = True

    def __init__(self, path: str | os.PathLike[str], follow: bool = False) -> None:
        self.path, self.follow, self.name = Path(path), follow, str(path)
        if not self.path.is_file():
            raise FileError(note("streams.folder" if self.path.is_dir() else "streams.no_file", path=self.name))

    def head(self) -> bytes:
        """Return the first record, once it is complete."""
        while True:
            with contextlib.suppress(FileNotFoundError) if self.follow else contextlib.nullcontext():  # being rotated
                with self.path.open("rb") as file:
                    found, complete = self._first_record(file)
                if complete or not self.follow:
                    return found
            time.sleep(A_LOOK)

    def records(self, position: Json) -> Iterator[StreamRecord | None]:
        """Yield the records behind a position; None at the end, again and again if it is followed.

        Raises:
            FileError: If the file is not the one of the position, or was cut, or the next one has other columns.
        """
        head = self.head()
        with self.path.open("rb") as file:
            at, first = self._found_again(file, position)
            yield from self._records(file, at, first)
        while self.follow:
            if (found := self.head()) != head and not (is_json(head) and is_json(found)):
                raise FileError(note("streams.other_columns", path=self.name))
            with self.path.open("rb") as file:
                first = b"" if is_json(head) else self._first_record(file)[0]
                yield from self._records(file, len(first), first[:FIRST])

    def _found_again(self, file: BinaryIO, position: Json) -> tuple[int, bytes]:
        """Return the byte of a position and the first bytes before it, and go there."""
        told = position if isinstance(position, dict) else {"byte": position}
        at = whole_position(told.get("byte"), self.name)
        self._refuse_cut(file, at)
        first = file.read(min(at, FIRST))
        if told.get("begins") not in (None, _hash(first)):
            raise FileError(note("streams.replaced", path=self.name))
        if not at and position is not None and not is_json(self.head()):  # the file after the one that was rotated
            first, _ = self._first_record(file)
            return len(first), first[:FIRST]
        file.seek(at)
        return at, first

    def _first_record(self, file: BinaryIO) -> tuple[bytes, bool]:
        """Return the first record of a file, which may have line breaks in quotes, and whether it has its end.

        The file is then at the end of the record.
        """
        records = Records(self.name)
        while data := file.read(BLOCK):
            for record in records.take(data):
                file.seek(len(record))
                return record, True
        return records.waiting, False

    def _records(self, file: BinaryIO, at: int, first: bytes) -> Iterator[StreamRecord | None]:
        """Yield the records of a file to its end, which one that is followed has once another file has its name."""
        records, begins = Records(self.name, quoted=not is_json(first or self.head())), _hash(first)
        while True:
            if not (data := file.read(BLOCK)):
                self.unfinished = len(records.waiting)
                yield None
                if not self.follow:
                    return
                if not self._is_replaced(file):
                    self._refuse_cut(file, at + self.unfinished)
                    time.sleep(A_LOOK)
                    continue
                if not (data := file.read(BLOCK)):  # what was written just before
                    if records.waiting.strip():  # nobody will complete it any more
                        yield StreamRecord(records.waiting + b"\n", {"byte": 0, "begins": _hash(b"")})
                    self.unfinished = 0
                    return
            for record in records.take(data):
                at += len(record)
                if len(first) < FIRST:
                    first = (first + record)[:FIRST]
                    begins = _hash(first)
                yield StreamRecord(record, {"byte": at, "begins": begins})

    def _is_replaced(self, file: BinaryIO) -> bool:
        try:
            return not os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:  # between the renaming of the old file and the making of the new one
            return False

    def _refuse_cut(self, file: BinaryIO, at: int) -> None:
        if (size := os.fstat(file.fileno()).st_size) < at:
            raise FileError(note("streams.shorter", path=self.name, size=size, learned=at))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
