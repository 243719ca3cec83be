"""How a worker takes part in rounds: between two epochs, it says what it has and waits for what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import FileError
from ..training.callbacks import Callback, CallbackState, Needs
from ..training.run import Run
from ..typing import Document
from .messages import WorkerLine, WorkerMessage
from .rounds import OVER, ROUND


class Attendance(Callback):
    """Takes part in the rounds of a job; a hook of the run of a worker, and a callback that keeps its state.

    Args:
        line: The connection to the process that holds the rounds.
        rounds: The epochs of the run after which there is one, in order.
        before: The epochs of earlier runs, with which rounds are numbered.
    """

    needs: Needs = "epoch"

    def __init__(self, line: WorkerLine, rounds: Sequence[int], before: int = 0) -> None:
        self.line, self.rounds, self.before = line, rounds, before
        self.attended = before  # the number of the last round
        self.is_over = False
        # Those of the newest checkpoints; the last one may not be complete yet, and the one before may be read instead.
        self._saved = [before, before, before]

    def said(self, run: Run) -> tuple[Document, dict[str, np.ndarray]]:
        """Return what the worker says in a round: values and arrays."""
        raise NotImplementedError

    def take(self, run: Run, reply: WorkerMessage) -> None:
        """Go on with what came of a round."""
        raise NotImplementedError

    def look(self, run: Run) -> None:
        """Take part in a round if an epoch has ended after which there is one."""
        epoch, batch = divmod(run.step, run.batches)
        if not batch and epoch in self.rounds and self.before + epoch > self.attended:
            self._attend(run, epoch, reached=True)
        # Members who have ended still speak to those who go on elsewhere.
        later = iter([each for each in self.rounds if each > epoch] if not run.going else ())
        while not self.is_over and (following := next(later, None)) is not None:
            self._attend(run, following, reached=False)

    def _attend(self, run: Run, epoch: int, reached: bool) -> None:
        document, arrays = self.said(run)
        reply = self.exchange(epoch, {**document, "reached": reached}, arrays)
        self.is_over = reply.kind == OVER
        if not self.is_over:
            self.take(run, reply)

    def exchange(self, epoch: int, document: Document, arrays: Mapping[str, np.ndarray]) -> WorkerMessage:
        """Say something in the round after an epoch of the run, and return what comes of it."""
        number = self.before + epoch
        own = {"round": number, "saved": self._saved[0]}
        self.line.send(WorkerMessage(ROUND, {**document, **own}, arrays))
        reply = self.line.receive()
        if reply.document.get("round") != number:
            raise FileError(f"round {number}: the answer is for round {reply.document.get('round')}.")
        self.attended = number
        return reply

    def get_state(self) -> CallbackState:
        """Return the number of the last round, for a checkpoint."""
        self._saved = [*self._saved[1:], self.attended]
        return {"attended": self.attended}

    def set_state(self, state: CallbackState) -> None:
        """Go on after the last round of a checkpoint."""
        self.attended = int(state["attended"])
        self._saved = [self.attended] * 3
