"""What a display of progress needs of a run, whether it is in this process or divided among workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class MemberUnderWay(Protocol):
    """A member as a display sees it.

    Attributes:
        logs: The figures of its last finished epoch.
        failed: What was not finite; empty if nothing was.
    """

    logs: dict[str, float]
    failed: str


class UnderWay(Protocol):
    """A run as a display sees it."""

    @property
    def step(self) -> int:
        """The step at which it stands."""
        ...

    @property
    def batches(self) -> int:
        """Steps of an epoch."""
        ...

    @property
    def members(self) -> Sequence[MemberUnderWay]:
        """What is trained."""
        ...

    @property
    def going(self) -> Mapping[int, MemberUnderWay]:
        """The members with steps to make, by their place."""
        ...


class Display:
    """Base class of hooks that show progress and change nothing: they can also show that of workers."""

    def __call__(self, run: UnderWay) -> None:
        """Show where a run stands."""
        raise NotImplementedError
