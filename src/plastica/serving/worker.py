"""A process that serves beside others: it takes connections of a socket that they share, once its model answers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from ..errors import PlasticaError
from ..language import using
from ..notes import sentence_of
from .exchange import spoken
from .logs import log_to_stderr
from .model_process import read_message, write_message
from .options import ServingOptions


class WorkerStart(msgspec.Struct, frozen=True):
    """What a process is told at the beginning.

    Args:
        path: The file of the model.
        descriptor: The number of the socket that listens.
        options: The options of the service.
        certificate, key: Files for TLS.
        watch: Whether to load the model again whenever its file changes.
        access_log: Whether to log a line for each request.
        lang: The language of messages.
    """

    path: str
    descriptor: int
    options: ServingOptions
    certificate: str | None
    key: str | None
    watch: bool
    access_log: bool
    lang: str


class WorkerTold(msgspec.Struct, frozen=True):
    """What a process tells: that its model answers, or why it cannot.

    Args:
        kind: The kind of the model.
        fault: Why it cannot be served.
    """

    kind: str = ""
    fault: str | None = None


def main() -> None:
    """Serve until SIGTERM, or until the process that started this one ends."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a model to be loaded again
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    start = read_message(sys.stdin.buffer, WorkerStart)
    if start is None:
        return
    with using(start.lang):
        log_to_stderr(start.access_log)
        try:
            _serve(start, lambda kind: write_message(out, WorkerTold(kind)))
        except PlasticaError as error:
            write_message(out, WorkerTold(fault=spoken(sentence_of(error), start.lang)))
            sys.exit(1)


def _serve(start: WorkerStart, ready: Callable[[str], None]) -> None:
    from .server import Listener, run_server
    from .service import Service

    service = Service.of_file(Path(start.path), start.options)
    service.start()  # no connection is taken before the model answers: other processes take it meanwhile
    if service.failure is not None:
        service.stop()
        raise service.failure
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
    with socket.socket(fileno=start.descriptor) as listening:
        place = Listener(certificate=start.certificate, key=start.key)
        kind = service.served.kind
        run_server(
            service, listening, place, watch=start.watch, access_log=start.access_log, ready=lambda: ready(kind),
            shares_socket=True,
        )  # fmt: skip


def _end_with_the_supervisor() -> None:
    os.read(0, 1)  # not by sys.stdin, whose lock a thread must not hold when Python ends
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
