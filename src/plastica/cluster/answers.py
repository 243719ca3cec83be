"""What a worker answers for a network that it trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ..checks.findings import Finding
from ..training.callbacks import Callback, CallbackState
from ..training.history import History
from ..typing import Document
from .callbacks import states_of

PAUSED = "paused"  # instead of why a member ended, while it waits at a rung


class MemberAnswer(NamedTuple):
    """The result of the training of one network, beside its weights.

    Attributes:
        history: Its history.
        kept: The index of the epoch whose weights it has.
        failed: What was not finite; empty if nothing was.
        states: The states of its callbacks.
    """

    history: History
    kept: int
    failed: str
    states: list[CallbackState]

    @classmethod
    def of(cls, history: History, callbacks: Sequence[Callback], kept: int = -1, failed: str = "") -> MemberAnswer:
        """Return the answer for a network that was trained with these callbacks."""
        return cls(history, kept, failed, states_of(callbacks))

    @property
    def is_paused(self) -> bool:
        """Whether it is to go on after a pause."""
        return self.history.stopped_by == PAUSED

    def to_dict(self) -> Document:
        """Return the answer as JSON-serializable values."""
        return {
            "history": self.history.to_dict(),
            "findings": [msgspec.to_builtins(each) for each in self.history.findings],
            "looks": list(self.history.looks),
            "kept": self.kept,
            "failed": self.failed,
            "states": self.states,
        }

    @classmethod
    def from_dict(cls, given: Document) -> MemberAnswer:
        """Return the answer from the result of :meth:`to_dict`."""
        history = History.from_dict(given["history"])
        history.findings = msgspec.convert(given["findings"], tuple[Finding, ...])
        history.looks = tuple(given["looks"])
        return cls(history, int(given["kept"]), str(given["failed"]), given["states"])
