"""A model in service: the batches of its requests, its metrics, and its replacement by a newer file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from pathlib import Path

from ..notes import note
from ..typing import Document
from .batching import Batcher
from .exchange import Refused, Reply, Request, Served
from .metrics import Metrics
from .options import ServingOptions
from .pool import CountPool

LOG = logging.getLogger("plastica.serving")
A_LOOK = 1.0  # seconds between looks at the file


class Service:
    """A model that answers requests, and may be replaced while it does.

    Args:
        served: The model.
        options: The options.
        path: Its file, from which it can be loaded again; None for a model in memory.
    """

    def __init__(self, served: Served, options: ServingOptions, path: Path | None = None) -> None:
        self.served, self.options = served, options
        self.pool = CountPool(Path(options.shared) if options.shared else None)
        self.metrics = Metrics(self.pool)
        self.ready = False
        self.failure: Exception | None = None
        self._path, self._lock = path, threading.Lock()
        self._batcher = Batcher(
            lambda: self.served, options.batch_wait, options.batch_rows, options.most_waiting, self._watch
        )
        self.metrics.waiting.set_function(lambda: self._batcher.waiting)

    @classmethod
    def of_file(cls, path: str | Path, options: ServingOptions) -> Service:
        """Return a service for the model of a file.

        Raises:
            FileError: If the file is missing, damaged or not a model.
            InvalidValue: If its model cannot be served.
        """
        return cls(_opened(path, options), options, Path(path))

    def start(self) -> None:
        """Compile the programs of the model, then answer; what prevents this becomes the ``failure``."""
        if self.ready:
            return
        try:
            self.served.warm(self.options.batch_rows)
        except Exception as error:
            self.failure = error
            return
        self._batcher.start()
        self.metrics.take(self.served, time.time())
        self.ready = True
        self.metrics.ready.set(1)

    def stop(self) -> None:
        """Answer the requests that wait, then no others."""
        if self.ready:
            self.ready = False
            self.metrics.ready.set(0)
            self._batcher.stop()
        self.served.close()

    async def answer(self, request: Request) -> Reply:
        """Return the reply to a request.

        Raises:
            Refused: If the model is not ready, too many requests wait, or the answer takes too long.
        """
        if self.failure is not None:
            raise Refused(503, "failed", note("serving.failed"))
        if not self.ready:
            raise Refused(503, "not_ready", note("serving.not_ready"), retry_after=1)
        reply = self._batcher.submit(request)
        try:
            return await asyncio.wait_for(reply, self.options.timeout)
        except TimeoutError:
            seconds = f"{self.options.timeout:g}"
            raise Refused(504, "timeout", note("serving.timeout", seconds=seconds), retry_after=1) from None

    def reload(self) -> bool:
        """Load the model again, compile its programs, and let it take over; requests meanwhile are answered by the old.

        Returns:
            Whether it took over: a file that cannot be used is logged, and the model stays.
        """
        if self._path is None:
            return False
        with self._lock:
            try:
                served = self._newer(self._path)
            except Exception as error:
                LOG.error("the model stays as it is: %s", error)
                self.metrics.reloads.labels("failed").inc()
                return False
            with self._batcher.busy:
                before, self.served = self.served, served
            before.close()
        self.metrics.take(served, time.time())
        self.metrics.reloads.labels("done").inc()
        LOG.info("%s (%s) answers from now on", served.name, served.digest)
        return True

    def _newer(self, path: Path) -> Served:
        served = _opened(path, self.options)
        try:
            served.warm(self.options.batch_rows)
        except BaseException:
            served.close()
            raise
        return served

    def drift(self) -> list[Document]:
        """Return how far the values of each column are from those of training, over all processes."""
        return self.pool.drift(self.served)

    async def share(self) -> None:
        """Tell other processes what is counted here, until cancelled."""
        while self.options.shared:
            await asyncio.sleep(A_LOOK)
            if self.ready:
                with contextlib.suppress(Exception):  # the folder goes with the supervisor
                    await asyncio.to_thread(self.pool.share, self.served)

    def _watch(self, rows: int, seconds: float) -> None:
        self.metrics.watch(rows, seconds)
        if self.options.shared:
            self.metrics.waiting.set(self._batcher.waiting)

    async def follow(self) -> None:
        """Load the model again whenever its file changes, until cancelled."""
        if self._path is None:
            return
        seen = _state(self._path)
        while True:
            await asyncio.sleep(A_LOOK)
            found = _state(self._path)
            if found not in (None, seen):
                seen = found
                await asyncio.to_thread(self.reload)


def _opened(path: str | Path, options: ServingOptions) -> Served:
    if options.own_process:
        from .model_process import ModelProcess

        return ModelProcess(path, options.drift_rows, options.lang)
    from .opening import open_served

    return open_served(path, options.drift_rows)


def _state(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced or written; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
