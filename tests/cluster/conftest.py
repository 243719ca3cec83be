"""Workers that are threads of this process, for tests of what they say and not of how they end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from plastica.cluster import standing
from plastica.cluster.messages import LineClosed, QueueLine, WorkerMessage
from plastica.cluster.work import work


class LosingLine(QueueLine):
    """Ends as if its process were killed, before it says something for the n-th time."""

    def __init__(self, after=None):
        super().__init__()
        self.left = after

    def send(self, said):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise LineClosed
        super().send(said)


class ThreadWorker:
    """A worker in a thread of this process."""

    begun: list[ThreadWorker]
    losses: dict[int, int]  # after how many messages a worker is lost

    def __init__(self, task, inbox):
        self.task, self.code = task, None
        task.error.unlink(missing_ok=True)
        self.line = LosingLine(self.losses.pop(len(self.begun), None))
        self.begun.append(self)
        folder, how, number = task.arguments
        threading.Thread(target=self._work, args=(Path(folder), how, int(number)), daemon=True).start()
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def _work(self, *arguments):
        self.code = work(*arguments, self.line)
        self.line.outgoing.put(None)

    def _listen(self, inbox):
        while (said := self.line.outgoing.get()) is not None:
            inbox.put((self, WorkerMessage.decode(said)))
        inbox.put((self, None))

    def send(self, message):
        self.line.incoming.put(message.encode())

    def interrupt(self):
        self.line.incoming.put(None)

    kill = interrupt


@pytest.fixture
def threads(monkeypatch):
    monkeypatch.setattr(ThreadWorker, "begun", [], raising=False)
    monkeypatch.setattr(ThreadWorker, "losses", {}, raising=False)
    monkeypatch.setattr(standing, "LocalWorker", ThreadWorker)
    return ThreadWorker
