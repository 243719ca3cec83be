"""Sources of records, each with the position behind it: what they have in common, standard input and sockets."""

from __future__ import annotations

import os
import select
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ..errors import FileError, InvalidValue
from ..notes import note
from ..typing import Json
from .records import Records

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


class Descriptor(Protocol):
    """A stream that the operating system knows by a number."""

    def fileno(self) -> int:
        """Return the number."""
        ...


class LineSource(RowSource):
    """Standard input or a socket: rows as they come, which cannot be asked for again.

    A position is the number of records. Who goes on with such a source gets what is sent from then on, unless the
    sender begins anew each time.

    Args:
        stream: A stream of bytes with a file descriptor, which stays open as long as the source.
        name: Its name.
        replayed: Whether the sender sends all rows from the beginning again: those before the position are passed over,
            and each row is learned exactly once.
    """

    def __init__(self, stream: Descriptor, name: str, replayed: bool = False) -> None:
        self.stream, self.name, self.rewinds = stream, name, replayed
        self._records, self._ahead = Records(name), list[bytes]()

    def head(self) -> bytes:
        """Return the first record, once it is complete."""
        while not self._ahead:
            if not (data := self._read()):
                return self._records.waiting
            self._ahead.extend(self._records.take(data))
        return self._ahead[0]

    def records(self, position: Json) -> Iterator[StreamRecord | None]:
        """Yield the records as they come; None while there is none."""
        known = whole_position(position, self.name)
        count = 0 if self.rewinds else known
        descriptor = self.stream.fileno()
        while True:
            waiting, self._ahead = self._ahead, []
            for record in waiting:
                count += 1
                if count > known or not self.rewinds:
                    yield StreamRecord(record, count)
            if not select.select([descriptor], [], [], A_LOOK)[0]:
                yield None
                continue
            if not (data := self._read()):
                if self.rewinds and count < known:
                    raise FileError(note("streams.fewer", source=self.name, count=count, learned=known))
                self.unfinished = len(self._records.waiting)
                return
            self._ahead = list(self._records.take(data))

    def _read(self) -> bytes:
        try:
            return os.read(self.stream.fileno(), BLOCK)
        except OSError as error:
            raise FileError(note("streams.lost", source=self.name, why=error.strerror or str(error))) from None


def source_of(given: str, follow: bool = False, replayed: bool = False) -> RowSource:
    """Return the source for a path, ``-`` for standard input, ``tcp://HOST:PORT`` or ``kafka://HOST:PORT/TOPIC``.

    Args:
        given: The source.
        follow: Whether to wait for more rows at the end of a file.
        replayed: Whether standard input or a socket sends all rows from the beginning again.

    Raises:
        InvalidValue: If the address is not understood.
        FileError: If there is no such file, or no answer comes from the address.
        MissingExtra: If Kafka is asked for and kafka-python is not installed.
    """
    if given == "-":
        return LineSource(sys.stdin.buffer, "standard input", replayed)
    scheme, separator, rest = given.partition("://")
    if not separator:
        from .file_source import FileSource

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
    return LineSource(connection.makefile("rb", buffering=0), given, replayed)


def whole_position(position: Json, name: str) -> int:
    """Return a position that is a number.

    Raises:
        FileError: If it is none.
    """
    if position is None:
        return 0
    if not isinstance(position, int) or position < 0:
        raise FileError(note("streams.bad_position", source=name))
    return position
