"""What a worker does for an ensemble: it trains some of the copies, and adds up each epoch with the other workers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..model import fitting
from ..model.in_memory import InMemory
from ..model.inputs import Examples
from ..model.options import Options
from ..model.reading import read_network
from ..typing import Document
from .answers import MemberAnswer
from .attending import Attendance
from .callbacks import callbacks_from
from .job import network_at, progress_of, read_rows
from .messages import WorkerLine
from .work_apart import Telling, options_of, write_answers


def work(folder: Path, settings: Document, part: int, line: WorkerLine) -> None:
    """Train the copies of a part, and write the answer."""
    model = read_network(network_at(folder, part)).model
    learn, held_out = (_own(each, settings, part) for each in read_rows(folder))
    assert learn is not None
    callbacks = callbacks_from(settings["callbacks"])
    attendance = SumAttendance(line, settings["before"], held_out is not None)
    options = Options(
        verbose=0,
        initial_epoch=0,
        checkpoint_seconds=settings["checkpoint_seconds"],
        joined=attendance.joined,
        **options_of(folder, settings, part),
    )
    hooks = [Telling(progress_of(folder, part))]
    history = fitting.fit(model, InMemory(model, learn), held_out, [attendance, *callbacks], options, hooks)
    write_answers(folder, settings, part, [model], [MemberAnswer.of(history, callbacks)])


def _own(examples: Examples | None, settings: Document, part: int) -> Examples | None:
    """Return rows with their weights in the members of a part only, ``(rows, members)``."""
    if examples is None or examples.weight is None:
        return examples
    start, stop = settings["copies"][part]
    each = examples.weight.shape[1] // settings["copies"][-1][1]  # the members of one copy
    return examples._replace(weight=np.ascontiguousarray(examples.weight[:, start * each : stop * each]))


class SumAttendance(Attendance):
    """Adds up the sums of each epoch with those of the other workers.

    Args:
        line, before: As for :class:`~plastica.cluster.attending.Attendance`.
        has_held_out: Whether there are validation rows.
    """

    def __init__(self, line: WorkerLine, before: int, has_held_out: bool) -> None:
        super().__init__(line, (), before)
        self.has_held_out = has_held_out

    def joined(self, epoch: int, sums: np.ndarray) -> np.ndarray:
        """Return the sums of all workers; see :attr:`plastica.training.member.Member.joined`."""
        reply = self.exchange(epoch + 1, {"held_out": self.has_held_out}, {"sums": sums})
        if reason := reply.document["stop"]:
            self.model.stop(reason)
        return reply.arrays["sums"]
