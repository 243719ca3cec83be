"""What a worker and the process that started it say to each other: a few values and arrays, nothing pickled."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, NamedTuple, Protocol

import numpy as np

from ..errors import FileError
from ..storage import document as documents
from ..storage import tensor_file
from ..typing import Document

NO_ARRAYS: Mapping[str, np.ndarray] = {}
LENGTH = 8  # bytes before each message in a stream, which say how long it is


class WorkerMessage(NamedTuple):
    """A message.

    Attributes:
        kind: What it is about.
        document: JSON-serializable values.
        arrays: Arrays by name.
    """

    kind: str
    document: Document
    arrays: Mapping[str, np.ndarray] = NO_ARRAYS

    def encode(self) -> bytes:
        """Return the message as bytes in the safetensors format.

        Example:
            >>> WorkerMessage.decode(WorkerMessage("round", {"number": 3}).encode())
            WorkerMessage(kind='round', document={'number': 3}, arrays={})
        """
        text = documents.encode(self.document, in_order=True)
        return tensor_file.content(self.arrays, {"kind": self.kind, "document": text})

    @classmethod
    def decode(cls, given: bytes) -> WorkerMessage:
        """Return the message that was encoded.

        Raises:
            FileError: If the bytes are none.
        """
        file = tensor_file.parsed(given, "a message between workers")
        if file.metadata.keys() != {"kind", "document"}:
            raise FileError("a message between workers is damaged: it does not say what it is about.")
        document = documents.decode(file.metadata["document"], "a message between workers")
        return cls(file.metadata["kind"], document, tensor_file.arrays_of(file, "a message between workers"))


class LineClosed(Exception):
    """The process at the other end has ended, or wants no more messages."""


class WorkerLine(Protocol):
    """The connection of a worker to the process that started it."""

    def send(self, said: WorkerMessage) -> None:
        """Send a message."""
        ...

    def receive(self) -> WorkerMessage:
        """Wait for a message and return it.

        Raises:
            LineClosed: If none will come.
        """
        ...


class StreamLine:
    """Messages over two streams of bytes, such as the standard input and output of a process.

    Args:
        incoming, outgoing: The streams.
    """

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def send(self, said: WorkerMessage) -> None:
        """Send a message."""
        content = said.encode()
        try:
            self._outgoing.write(len(content).to_bytes(LENGTH, "little"))
            self._outgoing.write(content)
            self._outgoing.flush()
        except (OSError, ValueError) as problem:  # a closed stream
            raise LineClosed(str(problem)) from None

    def receive(self) -> WorkerMessage:
        """Wait for a message and return it."""
        return WorkerMessage.decode(self._read(int.from_bytes(self._read(LENGTH), "little")))

    def close(self) -> None:
        """Send no more messages, which ends a wait at the other end."""
        with suppress(OSError, ValueError):
            self._outgoing.close()

    def close_both(self) -> None:
        """Close both streams, once nothing is read any more."""
        self.close()
        self._incoming.close()

    def _read(self, count: int) -> bytes:
        try:
            found = self._incoming.read(count)
        except (OSError, ValueError) as problem:
            raise LineClosed(str(problem)) from None
        if len(found) < count:
            raise LineClosed("the stream has ended")
        return found


class QueueLine:
    """Messages between two threads of a process: those of a worker, and those of whoever hands them on as bytes.

    Attributes:
        incoming: What the worker receives; None says that nothing more will come.
        outgoing: What it sends; None says that it has ended.
    """

    def __init__(self) -> None:
        self.incoming: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def send(self, said: WorkerMessage) -> None:
        """Send a message."""
        self.outgoing.put(said.encode())

    def receive(self) -> WorkerMessage:
        """Wait for a message and return it."""
        found = self.incoming.get()
        if found is None:
            raise LineClosed("no more messages come")
        return WorkerMessage.decode(found)
