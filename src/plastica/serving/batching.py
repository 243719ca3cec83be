"""One thread that calls the model, with the requests that wait at that time as one batch."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..notes import note
from .exchange import Refused, Reply, Request, Served

LOG = logging.getLogger("plastica.serving")
FAULT = Refused(500, "fault", note("serving.fault"))


class Waiting(NamedTuple):
    """A request that waits for its reply.

    Args:
        request: The request.
        reply: Receives the reply, in the event loop.
        arrived: When it arrived, in seconds of ``time.monotonic``.
    """

    request: Request
    reply: asyncio.Future[Reply]
    arrived: float


class Batcher:
    """Answers requests in batches.

    The thread takes the first request that waits and those behind it, up to ``rows`` rows. Unless these are reached,
    it waits for others until the first one has waited for ``wait`` seconds. While the model computes, the next batch
    forms by itself, so that without a wait a single request is answered at once and many are answered together.

    Args:
        served: Returns the model; asked for each batch.
        wait: The longest time that a request waits for others, in seconds.
        rows: The number of rows in a batch; a request with more rows is a batch of its own.
        most: The number of requests that may wait.
        watch: Called with the rows and the seconds of each batch.
    """

    def __init__(
        self,
        served: Callable[[], Served],
        wait: float,
        rows: int,
        most: int,
        watch: Callable[[int, float], None] = lambda rows, seconds: None,
    ) -> None:
        self._served, self._wait, self._rows, self._watch = served, wait, rows, watch
        self._queue: queue.Queue[Waiting | None] = queue.Queue(most)
        self._ended = False
        self.busy = threading.Lock()  # held while the model answers, so that it is not replaced and closed meanwhile
        self._thread = threading.Thread(target=self._run, name="plastica-model", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Answer the requests that wait, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return self._queue.qsize()

    def submit(self, request: Request) -> asyncio.Future[Reply]:
        """Return the future reply to a request; to be called in the event loop.

        Raises:
            Refused: If too many requests wait.
        """
        reply = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(Waiting(request, reply, time.monotonic()))
        except queue.Full:
            told = note("serving.overloaded", count=self._queue.maxsize)
            raise Refused(503, "overloaded", told, retry_after=1) from None
        return reply

    def _run(self) -> None:
        first = self._queue.get()
        while first is not None:
            batch, first = self._collect(first)
            # Who does not wait any longer is not answered.
            batch = [each for each in batch if not each.reply.done()]
            if batch:
                begun = time.monotonic()
                with self.busy:
                    replies = _answer(self._served(), [each.request for each in batch])
                self._watch(sum(each.request.rows for each in batch), time.monotonic() - begun)
                batch[0].reply.get_loop().call_soon_threadsafe(_deliver, batch, replies)
            if first is None and not self._ended:
                first = self._queue.get()

    def _collect(self, first: Waiting) -> tuple[list[Waiting], Waiting | None]:
        """Return a batch, and the request behind it if that is known already."""
        batch, rows, until = [first], first.request.rows, first.arrived + self._wait
        while rows < self._rows:
            try:
                left = until - time.monotonic()
                following = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._ended = True
                break
            if rows + following.request.rows > self._rows:
                return batch, following
            batch.append(following)
            rows += following.request.rows
        return batch, None


def _answer(served: Served, requests: Sequence[Request]) -> list[Reply]:
    """Answer requests together; one by one if that fails, so that one request cannot spoil the others."""
    try:
        return served.answer(requests)
    except Exception:
        LOG.exception("a batch of %d requests failed", len(requests))
        if len(requests) == 1:
            return [FAULT.reply(requests[0].lang)]
        return [reply for each in requests for reply in _answer(served, [each])]


def _deliver(batch: Sequence[Waiting], replies: Sequence[Reply]) -> None:
    for each, reply in zip(batch, replies, strict=True):
        if not each.reply.done():
            each.reply.set_result(reply)
