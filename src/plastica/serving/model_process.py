"""A model in a process of its own, which is started again if it dies."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar, cast

import msgspec

from ..errors import FileError
from ..notes import note
from ..typing import Document
from .exchange import DriftCounts, Reply, Request

T = TypeVar("T")
LOG = logging.getLogger("plastica.serving")
AT_MOST = 2  # attempts to answer: a request that kills the model twice is not tried again


class ModelCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message to the process: one of its fields is what is asked for.

    Args:
        warm: Compile the programs for so many rows.
        requests: Answer these.
        drift: Return the drift.
        others: The counts of other processes to be added to it.
        counts: Return what the drift is computed from.
    """

    warm: int = 0
    requests: list[Request] = []
    drift: bool = False
    others: list[DriftCounts] = []
    counts: bool = False


class ModelReturn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message from the process.

    Args:
        replies: The replies to requests.
        drift: The drift.
        counts: What it is computed from.
        about: The name, kind, digest and schema of the model, told at the beginning.
        fault: Why it cannot be opened, or what failed.
    """

    replies: list[Reply] = []
    drift: list[Document] = []
    counts: DriftCounts = []
    about: Document | None = None
    fault: str | None = None


class ModelDied(Exception):
    """The process of the model ended while it was asked."""


class ModelProcess:
    """Answers requests with a model in another process.

    What a crash, the operating system or an operator kills is the model, and not the connections of those who ask: they
    wait until it has been started again, and are answered then. HTTP and the model also share no lock of Python.

    Args:
        path: The file of the model.
        remembered: The number of rows over which drift is measured.
        lang: The language of the reason for which it cannot be opened.

    Raises:
        FileError: If the model cannot be opened.
    """

    def __init__(self, path: str | Path, remembered: int, lang: str = "en") -> None:
        self._command = [sys.executable, "-m", "plastica.serving.model_worker", str(path), str(remembered), lang]
        self._lock, self._rows, self._closed = threading.Lock(), 0, False
        self.deaths = 0
        self._start()

    def _start(self) -> None:
        # In a session of its own, so that Ctrl-C in a terminal does not end it before the last requests are answered.
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        told = read_message(cast("IO[bytes]", self._process.stdout), ModelReturn)
        if told is None or told.about is None:
            self._end()
            raise FileError(note("serving.worker_ended") if told is None or told.fault is None else told.fault)
        self.name, self.kind, self.digest = (str(told.about[name]) for name in ("name", "kind", "digest"))
        self._schema: Document = told.about["schema"]
        if self._rows:
            self._ask(ModelCall(warm=self._rows))

    def schema(self) -> Document:
        """Return the JSON Schema of a row."""
        return self._schema

    def warm(self, rows: int) -> None:
        """Compile all programs that batches of up to so many rows need."""
        self._rows = rows
        self._alive(ModelCall(warm=rows))

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer several requests together."""
        return self._alive(ModelCall(requests=list(requests))).replies

    def drift(self, others: Sequence[DriftCounts] = ()) -> list[Document]:
        """Return how far the values of each column are from those of training."""
        return self._alive(ModelCall(drift=True, others=list(others))).drift

    def drift_counts(self) -> DriftCounts:
        """Return what :meth:`drift` is computed from."""
        return self._alive(ModelCall(counts=True)).counts

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._closed = True
            self._end()

    def _alive(self, asked: ModelCall) -> ModelReturn:
        """Return what the process tells; if it died, that of a new one."""
        with self._lock:
            for attempt in range(AT_MOST):
                try:
                    return self._ask(asked)
                except ModelDied:
                    self._end()
                    if self._closed:
                        raise
                    self.deaths += 1
                    LOG.error("the process of the model ended (%s); it is started again", self._process.returncode)
                    try:
                        self._start()
                    except FileError as error:  # its file is gone or damaged: the next request tries again
                        LOG.error("the model cannot be started again: %s", error)
                        raise ModelDied from error
                    if attempt + 1 == AT_MOST:
                        raise
            raise ModelDied

    def _ask(self, asked: ModelCall) -> ModelReturn:
        try:
            write_message(cast("IO[bytes]", self._process.stdin), asked)
        except (OSError, ValueError) as error:  # ValueError: it ended before, and its streams are closed
            raise ModelDied from error
        told = read_message(cast("IO[bytes]", self._process.stdout), ModelReturn)
        if told is None:
            raise ModelDied
        if told.fault is not None:
            raise RuntimeError(told.fault)
        return told

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                cast("IO[bytes]", stream).close()  # the process ends at the end of its input
        self._process.wait()


def write_message(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message behind its length."""
    data = msgspec.msgpack.encode(message)
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def read_message(stream: IO[bytes], kind: type[T]) -> T | None:
    """Read a message; None at the end, also within a message."""
    size = int.from_bytes(head, "big") if len(head := stream.read(8)) == 8 else -1
    data = stream.read(size) if size >= 0 else b""
    return msgspec.msgpack.decode(data, type=kind) if len(data) == size else None
