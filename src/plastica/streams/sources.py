"""Sources of records: a file that may grow, standard input or a socket, each with the position behind a record."""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from ..errors import FileError, InvalidValue
from ..notes import note
from ..typing import Json
from .records import Records, is_json

BLOCK = 1 << 16
A_LOOK = 0.2  # seconds between looks for more bytes


class StreamRecord(NamedTuple):
    """A complete record and the position behind it, from which the source goes on.

    Args:
        data: The bytes, with the line break.
        position: The position behind it: a byte of a file, a number of rows, or an offset for each partition.
    """

    data: bytes
    position: Json


class RowSource(ABC):
    """Records in their order.

    Attributes:
        name: The name in messages and in the file of the model.
        rewinds: Whether it can be read again from a position, so that each row is learned exactly once.
        unfinished: The number of bytes of a last row that is not complete; they are not taken.
    """

    name: str
    rewinds: bool
    unfinished: int = 0

    @abstractmethod
    def head(self) -> bytes:
        """Return the first record, the names of the columns if the stream is CSV; empty if there is none."""

    @abstractmethod
    def records(self, position: Json) -> Iterator[StreamRecord | None]:
        """Yield the records behind a position; None whenever there is no further one at the moment.

        Args:
            position: A position that was yielded with a record; None for the beginning.
        """


class FileSource(RowSource):
    """A file of rows, which may grow.

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
            raise FileError(note("streams.no_file", path=self.name))

    def head(self) -> bytes:
        """Return the first line, once it is complete."""
        with self.path.open("rb") as file:
            while b"\n" not in (line := file.readline()):
                if not self.follow:
                    return line
                file.seek(0)
                time.sleep(A_LOOK)
        return line

    def records(self, position: Json) -> Iterator[StreamRecord | None]:
        """Yield the records behind a byte; None at the end, again and again if it is followed.

        Raises:
            FileError: If the file is shorter than the position: it is another one, or was cut.
        """
        at = _whole(position, self.name)
        self._refuse_shorter(at)
        records = Records(self.name, quoted=not is_json(self.head()))
        with self.path.open("rb") as file:
            file.seek(at)
            while True:
                if not (data := file.read(BLOCK)):
                    self.unfinished = len(records.waiting)
                    yield None
                    if not self.follow:
                        return
                    time.sleep(A_LOOK)
                    self._refuse_shorter(at + self.unfinished)
                for record in records.take(data):
                    at += len(record)
                    yield StreamRecord(record, at)

    def _refuse_shorter(self, at: int) -> None:
        if (size := self.path.stat().st_size) < at:
            raise FileError(note("streams.shorter", path=self.name, size=size, learned=at))


class Descriptor(Protocol):
    """A stream that the operating system knows by a number."""

    def fileno(self) -> int:
        """Return the number."""
        ...


class LineSource(RowSource):
    """Standard input or a socket: rows as they come, which cannot be asked for again.

    A position is the number of rows. Who goes on with such a source gets what is sent from then on.

    Args:
        stream: A stream of bytes with a file descriptor, which stays open as long as the source.
        name: Its name.
    """

    rewinds = False

    def __init__(self, stream: Descriptor, name: str) -> None:
        self.stream, self.name = stream, name
        self._records, self._ahead = Records(name), list[bytes]()

    def head(self) -> bytes:
        """Return the first record, once it is complete."""
        while not self._ahead:
            if not (data := os.read(self.stream.fileno(), BLOCK)):
                return self._records.waiting
            self._ahead.extend(self._records.take(data))
        return self._ahead[0]

    def records(self, position: Json) -> Iterator[StreamRecord | None]:
        """Yield the records as they come; None while there is none."""
        count = _whole(position, self.name)
        descriptor = self.stream.fileno()
        while True:
            waiting, self._ahead = self._ahead, []
            for record in waiting:
                count += 1
                yield StreamRecord(record, count)
            if not select.select([descriptor], [], [], A_LOOK)[0]:
                yield None
                continue
            if not (data := os.read(descriptor, BLOCK)):
                self.unfinished = len(self._records.waiting)
                return
            self._ahead = list(self._records.take(data))


def source_of(given: str, follow: bool = False) -> RowSource:
    """Return the source for a path, ``-`` for standard input, ``tcp://HOST:PORT`` or ``kafka://HOST:PORT/TOPIC``.

    Args:
        given: The source.
        follow: Whether to wait for more rows at the end of a file.

    Raises:
        InvalidValue: If the address is not understood.
        FileError: If there is no such file, or no answer comes from the address.
        MissingExtra: If Kafka is asked for and kafka-python is not installed.
    """
    if given == "-":
        return LineSource(sys.stdin.buffer, "standard input")
    scheme, separator, rest = given.partition("://")
    if not separator:
        return FileSource(given, follow)
    if scheme == "kafka":
        from .kafka_source import KafkaSource

        return KafkaSource.at(rest, follow)
    host, colon, port = rest.rpartition(":")
    if scheme != "tcp" or not colon or not port.isdecimal():
        raise InvalidValue(note("streams.bad_address", given=given))
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=10)
    except OSError as error:
        raise FileError(note("streams.no_answer", given=given, why=error.strerror or str(error))) from None
    connection.settimeout(None)
    return LineSource(connection.makefile("rb", buffering=0), given)


def _whole(position: Json, name: str) -> int:
    if position is None:
        return 0
    if not isinstance(position, int) or position < 0:
        raise FileError(note("streams.bad_position", source=name))
    return position
