"""Rungs: members on workers wait for a decision on which of them go on, as in successive halving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..populations.fitting import kept_epoch
from ..training.callbacks import Callback
from ..training.history import History
from ..training.run import Run
from ..typing import Document
from .answers import PAUSED, MemberAnswer
from .attending import Attendance
from .messages import WorkerLine, WorkerMessage
from .rounds import OVER, ROUND, RoundOutcome


class Pauses(NamedTuple):
    """When all members wait for a decision on which of them go on.

    Attributes:
        epochs: After how many epochs.
        given_up: Returns the members that are given up, with the reasons, from the number of epochs and what all
            members have answered.
    """

    epochs: Sequence[int] = ()
    given_up: Callable[[int, Sequence[MemberAnswer]], Mapping[int, str]] = lambda epoch, answers: {}


class RungAttendance(Attendance):
    """Says at each rung what the members of a worker have reached, and ends those that are given up.

    Args:
        line, rounds: As for :class:`Attendance`.
        callbacks: The callbacks of each member.
    """

    def __init__(self, line: WorkerLine, rounds: Sequence[int], callbacks: Sequence[Sequence[Callback]]) -> None:
        super().__init__(line, rounds)
        self.callbacks = callbacks

    def said(self, run: Run) -> tuple[Document, dict[str, np.ndarray]]:
        """Return the answer of each member so far."""
        found: list[Document] = []
        for member, callbacks in zip(run.members, self.callbacks, strict=True):
            history = next(each for each in member.callbacks if isinstance(each, History))
            told = MemberAnswer.of(history, callbacks, kept_epoch(member), member.failed).to_dict()
            ended = (member.trainee.stop_reason or "stopped") if member.is_done else PAUSED
            found.append({**told, "history": {**told["history"], "stopped_by": ended}})
        return {"members": found}, {}

    def take(self, run: Run, reply: WorkerMessage) -> None:
        """End the members that are given up."""
        for place, reason in reply.document["given_up"].items():
            run.members[int(place)].trainee.stop(reason)


class RungHolder:
    """Decides at each rung; see :class:`~plastica.cluster.rounds.RoundHolder`.

    Args:
        pauses: How.
        parts: The members of each worker.
    """

    def __init__(self, pauses: Pauses, parts: Sequence[Sequence[int]]) -> None:
        self.pauses, self.parts = pauses, parts

    def hold(self, number: int, said: Sequence[WorkerMessage]) -> RoundOutcome:
        """Return which members are given up."""
        found: dict[int, MemberAnswer] = {}
        for places, each in zip(self.parts, said, strict=True):
            found |= dict(zip(places, map(MemberAnswer.from_dict, each.document["members"]), strict=True))
        answers = [found[place] for place in range(len(found))]
        goes_on = any(each.is_paused for each in answers)
        given_up = self.pauses.given_up(number, answers) if goes_on else {}
        kind = ROUND if goes_on else OVER
        own = [{str(own): given_up[p] for own, p in enumerate(places) if p in given_up} for places in self.parts]
        return RoundOutcome(
            [WorkerMessage(kind, {"round": number, "given_up": each}) for each in own], WorkerMessage(kind, {})
        )

    def take(self, record: WorkerMessage) -> None:
        """Nothing is kept here: members know that they were given up."""

    def state(self) -> WorkerMessage:
        """Return nothing."""
        return WorkerMessage("state", {})

    def restore(self, state: WorkerMessage) -> None:
        """Restore nothing."""
