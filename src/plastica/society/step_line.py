"""A live line for programs of many steps, which are then called several times."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..language import Texts
from ..training.live import Standing
from ..training.live_line import LiveLine

LOOKS = 20  # with a live line
SAY = Texts("society")


class StepStanding(Standing):
    """The progress of a program whose units are steps."""

    @property
    def count(self) -> str:
        """The current step as text."""
        return SAY("step_of", made=self.epoch, all=self.epochs)


@contextmanager
def step_line(verbose: int | str) -> Iterator[LiveLine]:
    """Show a live line in a terminal, unless ``verbose`` is 0."""
    line = LiveLine(sys.stdout, bool(verbose))
    line.start()
    try:
        yield line
    finally:
        line.stop()


def shares_of(steps: int, line: LiveLine) -> list[int]:
    """Return how many steps each call of a program makes: all of them, where no line shows how far they are.

    Example:
        >>> shares_of(50, LiveLine(sys.stdout, wanted=False))
        [50]
    """
    each = -(-steps // LOOKS) if line.is_shown else steps
    return [each] * (steps // each) + [steps % each] * (steps % each > 0)
