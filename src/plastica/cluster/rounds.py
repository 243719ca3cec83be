"""Rounds: all workers come together after some epochs, say what they have, and go on with what comes of it.

Between two rounds they exchange nothing. What came of a round is kept until every worker has a checkpoint from after
it: a worker that was lost is replaced by one that goes on from an earlier checkpoint, and is told once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from ..storage.atomic import replace_file
from .messages import LENGTH, StreamLine, WorkerMessage
from .pool import WorkerPool

STATE = "rounds.state"
ROUND, DONE, OVER = "round", "done", "over"  # kinds of messages


class RoundOutcome(NamedTuple):
    """What comes of a round.

    Attributes:
        replies: What each worker is told.
        record: What is kept of it here, from which :meth:`RoundHolder.take` knows where the run stands after it.
    """

    replies: Sequence[WorkerMessage]
    record: WorkerMessage


class RoundHolder(Protocol):
    """What holds the rounds of a run."""

    def hold(self, number: int, said: Sequence[WorkerMessage]) -> RoundOutcome:
        """Return what comes of a round, from what each worker said. Nothing is changed."""
        ...

    def take(self, record: WorkerMessage) -> None:
        """Keep what came of a round."""
        ...

    def state(self) -> WorkerMessage:
        """Return everything that was kept."""
        ...

    def restore(self, state: WorkerMessage) -> None:
        """Restore what :meth:`state` returned."""
        ...


class RoundLog:
    """The rounds of a job, in its folder.

    Args:
        folder: The folder of the job.
        workers: The number of workers.
        holder: What holds them; it is brought to the last round that was held.
    """

    def __init__(self, folder: Path, workers: int, holder: RoundHolder) -> None:
        self.folder, self.workers, self.holder = folder, workers, holder
        self._saved = [0] * workers
        self._dropped = 0
        before = 0
        if (folder / STATE).exists():
            (state,) = _read(folder / STATE)
            before = int(state.document["round"])
            holder.restore(state)
        self.newest = max(self._kept(), default=before)
        for number in sorted(self._kept()):
            if number > before:
                holder.take(_read(self._path(number))[-1])

    def reply(self, number: int, worker: int) -> WorkerMessage | None:
        """Return what a worker was told in a round; None if it was not held yet."""
        return None if number > self.newest else _read(self._path(number))[worker]

    def add(self, number: int, outcome: RoundOutcome) -> None:
        """Keep a round."""
        replace_file(self._path(number), _framed([*outcome.replies, outcome.record]))
        self.holder.take(outcome.record)
        self.newest = number

    def saved(self, worker: int, number: int) -> None:
        """Note that a worker has a checkpoint from after a round, and drop rounds that nobody will ask for again."""
        self._saved[worker] = number
        if (oldest := min(self._saved)) > self._dropped:
            state = self.holder.state()
            document = {**state.document, "round": self.newest}
            replace_file(self.folder / STATE, _framed([state._replace(document=document)]))
            for each in self._kept():
                if each <= oldest:
                    self._path(each).unlink(missing_ok=True)
            self._dropped = oldest

    def _path(self, number: int) -> Path:
        return self.folder / f"round-{number}"

    def _kept(self) -> list[int]:
        return [int(path.name.removeprefix("round-")) for path in self.folder.glob("round-*")]


def hold_rounds(pool: WorkerPool, log: RoundLog) -> None:
    """Hold rounds until every worker has come to its end."""
    waiting: dict[int, WorkerMessage] = {}
    left = len(pool)
    while left:
        worker, message = pool.receive()
        if message is None:  # its replacement asks again, from an earlier round on
            waiting.pop(worker, None)
        elif message.kind == DONE:
            pool.finish(worker)
            left -= 1
        else:
            number = int(message.document["round"])
            log.saved(worker, int(message.document["saved"]))
            if (known := log.reply(number, worker)) is not None:
                pool.send(worker, known)
                continue
            waiting[worker] = message
            if len(waiting) == len(pool):
                outcome = log.holder.hold(number, [waiting[each] for each in range(len(pool))])
                log.add(number, outcome)
                waiting.clear()
                for each, reply in enumerate(outcome.replies):
                    pool.send(each, reply)


def _framed(messages: Sequence[WorkerMessage]) -> list[bytes]:
    encoded = [each.encode() for each in messages]
    return [part for each in encoded for part in (len(each).to_bytes(LENGTH, "little"), each)]


def _read(path: Path) -> list[WorkerMessage]:
    """Return the messages of a file."""
    found: list[WorkerMessage] = []
    with path.open("rb") as file:
        line = StreamLine(file, file)
        while file.peek(1):
            found.append(line.receive())
    return found
