"""Several processes behind one port: started, started again when they die, reloaded and ended together."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, cast

import msgspec
from prometheus_client.multiprocess import mark_process_dead

from ..errors import FileError, InvalidValue
from ..notes import note
from .metrics import SHARED
from .model_process import read_message, write_message
from .pool import CountPool
from .worker import WorkerStart, WorkerTold

LOG = logging.getLogger("plastica.serving")
A_LOOK = 0.05  # seconds
LONGEST_PAUSE = 30.0  # seconds before a process that dies at once is started again


class WorkerProcess:
    """One of the processes.

    Args:
        start: What it is told.
        folder: The folder that all of them share.
    """

    def __init__(self, start: WorkerStart, folder: str) -> None:
        # In a session of its own, so that Ctrl-C in a terminal does not end it before the last requests are answered.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "plastica.serving.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[start.descriptor],
            start_new_session=True,
            env={**os.environ, SHARED: folder},
        )
        self.told: WorkerTold | None = None
        self.reloads = False  # whether it is to load its model again, once it answers
        with contextlib.suppress(OSError):
            write_message(cast("IO[bytes]", self.process.stdin), start)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        self.told = read_message(cast("IO[bytes]", self.process.stdout), WorkerTold)

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self.told is not None and self.told.fault is None

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class Workers:
    """Serves a model in several processes that share a socket.

    Who is killed is replaced, while the others answer. SIGHUP is passed on to each, which loads the model again;
    SIGTERM and Ctrl-C end each once the requests at hand are answered.

    Args:
        start: What each process is told.
        count: The number of processes.

    Raises:
        InvalidValue: On a system without POSIX signals.
    """

    def __init__(self, start: WorkerStart, count: int) -> None:
        if os.name != "posix":
            raise InvalidValue(note("serving.no_workers"))
        self._start, self._count = start, count
        self._ending = self._reload = False
        self._failed, self._again_at = 0, 0.0  # how often in a row one died before it answered

    def run(self, ready: Callable[[str], None]) -> None:
        """Serve until SIGTERM or Ctrl-C.

        Args:
            ready: Called with the kind of the model when all processes answer.

        Raises:
            FileError: If the model cannot be served.
        """
        with tempfile.TemporaryDirectory(prefix="plastica-serve-") as folder, self._signals():
            self._folder, self._pool = folder, CountPool(Path(folder))
            workers = [self._started() for _ in range(self._count)]
            try:
                while not self._ending and not all(each.ready for each in workers):
                    self._refuse_failed(workers)
                    time.sleep(A_LOOK)
                if not self._ending:
                    ready(cast("WorkerTold", workers[0].told).kind)
                while not self._ending:
                    self._look_after(workers)
                    time.sleep(A_LOOK)
            finally:
                self._end(workers)

    def _started(self) -> WorkerProcess:
        options = replace(self._start.options, shared=self._folder)
        return WorkerProcess(msgspec.structs.replace(self._start, options=options), self._folder)

    def _refuse_failed(self, workers: list[WorkerProcess]) -> None:
        """Raise the reason for which a process cannot serve the model."""
        for each in workers:
            if each.told is not None and each.told.fault is not None:
                raise FileError(each.told.fault)
            if each.process.poll() is not None:
                time.sleep(A_LOOK)  # for its last words to arrive
                raise FileError((each.told.fault if each.told else None) or note("serving.worker_ended"))

    def _look_after(self, workers: list[WorkerProcess]) -> None:
        """Pass on what is asked for, and replace processes that ended."""
        for each in workers:
            each.reloads = each.reloads or self._reload
            if each.reloads and each.ready:
                each.reloads = False
                each.signal(signal.SIGHUP)
        self._reload = False
        for place, each in enumerate(workers):
            if each.process.poll() is None:
                self._failed = 0 if each.ready else self._failed
            elif time.monotonic() >= self._again_at:
                LOG.error("a worker ended (%s); it is started again", each.process.returncode)
                mark_process_dead(each.process.pid, self._folder)
                self._pool.retire(each.process.pid)
                if not each.ready:
                    self._failed += 1
                    self._again_at = time.monotonic() + min(2.0**self._failed, LONGEST_PAUSE)
                workers[place] = self._started()

    def _end(self, workers: list[WorkerProcess]) -> None:
        """End all processes; one that does not end once its time is up is killed."""
        for each in workers:
            each.signal(signal.SIGTERM)
        until = time.monotonic() + self._start.options.timeout + 5
        for each in workers:
            try:
                each.process.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()
            for stream in (each.process.stdin, each.process.stdout):
                with contextlib.suppress(OSError):
                    cast("IO[bytes]", stream).close()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def end(number: int, frame: FrameType | None) -> None:
            self._ending = True

        def reload(number: int, frame: FrameType | None) -> None:
            self._reload = True

        wanted = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: reload}
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
