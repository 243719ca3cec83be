"""Workers that stay alive: they say what they have, wait for an answer, and are replaced if they are lost."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, TypeAlias

from ..training import interrupting
from ..training.interrupting import Interrupted
from . import launching
from .launching import INTERRUPTED, LOOK, Underway, WorkerTask, raise_own_error, say_lost, stopped_at_the_end
from .messages import LineClosed, WorkerMessage

TO_DIE = 10.0  # seconds in which a process has ended whose messages have


class StandingWorker(Underway, Protocol):
    """A worker that exchanges messages with this process."""

    def send(self, message: WorkerMessage) -> None:
        """Send it a message; a worker that has ended gets none."""
        ...


# What workers say arrives here; None says that a worker has ended.
Inbox: TypeAlias = "queue.SimpleQueue[tuple[StandingWorker, WorkerMessage | None]]"
# Starts a worker that puts into the inbox what it says.
Starter: TypeAlias = Callable[[WorkerTask, Inbox], StandingWorker]


class WorkerPool:
    """Some workers that stay alive until the end of a run, each with a part of its own.

    Use it in a ``with`` statement, at the end of which every worker is stopped, whatever happened.

    Args:
        tasks: What each worker computes.
        start: Starts a worker.
        progress: Returns the step of the newest checkpoint of a part.
        looks: Called from time to time.

    Raises:
        PlasticaError: What a worker raised.
        WorkerFailed: If a worker is lost again and again before it writes a checkpoint.
    """

    def __init__(
        self,
        tasks: Sequence[WorkerTask],
        start: Starter,
        progress: Callable[[int], int],
        looks: Sequence[Callable[[], None]] = (),
    ) -> None:
        self.tasks, self._start, self._progress, self._looks = tasks, start, progress, looks
        self._inbox: Inbox = queue.SimpleQueue()
        self._going: list[StandingWorker] = []
        self._begun = [progress(number) for number in range(len(tasks))]
        self._in_vain = [0] * len(tasks)
        self._finished: set[int] = set()
        self._stack = ExitStack()

    def __len__(self) -> int:
        """Return the number of workers."""
        return len(self.tasks)

    def __enter__(self) -> WorkerPool:
        self._interrupts = self._stack.enter_context(interrupting.noted())
        self._stack.enter_context(stopped_at_the_end(self._going))
        with ExitStack() as failed:  # a worker that cannot be started must not leave others behind
            failed.push(self._stack.__exit__)
            self._going += [self._start(task, self._inbox) for task in self.tasks]
            failed.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def send(self, number: int, message: WorkerMessage) -> None:
        """Send a worker a message. One that is being replaced will ask again."""
        self._going[number].send(message)

    def finish(self, number: int) -> None:
        """Note that a worker has nothing more to say, and may end."""
        self._finished.add(number)

    def receive(self) -> tuple[int, WorkerMessage | None]:
        """Wait until a worker says something, and return its number and the message; None if it was replaced.

        Raises:
            Interrupted: If Ctrl-C was pressed.
        """
        while True:
            if self._interrupts.asked:
                raise Interrupted(INTERRUPTED)
            for look in self._looks:
                look()
            try:
                worker, message = self._inbox.get(timeout=LOOK)
            except queue.Empty:
                continue
            number = self._going.index(worker) if worker in self._going else None
            if number is None or number in self._finished:
                continue
            if message is None:
                self._replace(number)
            return number, message

    def _replace(self, number: int) -> None:
        worker, until = self._going[number], time.monotonic() + TO_DIE
        while worker.code is None and time.monotonic() < until:
            time.sleep(LOOK / 5)
        newest = self._progress(number)
        raise_own_error(worker.task.error, worker.code)
        self._in_vain[number] = self._in_vain[number] + 1 if newest <= self._begun[number] else 0
        say_lost(worker, len(self), self._in_vain[number], "another one goes on from its last checkpoint")
        self._begun[number] = newest
        self._going[number] = self._start(worker.task, self._inbox)


class LocalWorker:
    """A process of this machine.

    Args:
        task: What it computes.
        inbox: Where what it says arrives.
    """

    def __init__(self, task: WorkerTask, inbox: Inbox) -> None:
        self.task, self._inbox = task, inbox
        self._process = launching.Process(task)
        self._line = self._process.line
        self._thread = threading.Thread(target=self._listen, name=f"plastica-worker-{task.number}", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            while True:
                self._inbox.put((self, self._line.receive()))
        except LineClosed:
            self._line.close_both()
            self._inbox.put((self, None))

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.code

    def send(self, message: WorkerMessage) -> None:
        """Send it a message."""
        try:
            self._line.send(message)
        except LineClosed:  # it was lost, which its silence will say
            return

    def interrupt(self) -> None:
        """Ask it to end after its step; one that waits for a message ends at once."""
        self._process.interrupt()
        self._line.close()

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self._thread.join(TO_DIE)
