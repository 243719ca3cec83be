"""The progress of learning a stream: a live line, and a line for each experience."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from ..language import Texts
from ..training.live_line import LiveLine
from ..training.run import Run

if TYPE_CHECKING:
    from .runs import ExperienceLearned

SAY = Texts("continual")


def line_of(learned: ExperienceLearned) -> str:
    """Return what was learned in one line."""
    so_far = learned.scores[: learned.number + 1]
    return SAY(
        "learned", strategy=SAY.name("strategy", learned.strategy), seed=learned.seed, number=learned.number + 1,
        all=learned.experiences, name=learned.name, own=f"{so_far[-1]:.3f}", mean=f"{so_far.mean():.3f}",
    )  # fmt: skip


def print_line(learned: ExperienceLearned, out: TextIO | None = None) -> None:
    """Print what was learned on standard error."""
    print(line_of(learned), file=out or sys.stderr, flush=True)


class ContinualProgress:
    """A live line while experiences are learned, and a line after each.

    Args:
        talks: Whether anything is shown.
        epochs: The epochs of an experience.
        out: The stream to write to. None: standard error.
    """

    def __init__(self, talks: bool, epochs: int, out: TextIO | None = None) -> None:
        self.talks, self.epochs, self.out = talks, epochs, out or sys.stderr
        self._line = LiveLine(self.out, talks)

    def looks(self, run: Run) -> None:
        """Update the live line; a hook of the runs."""
        self._line.start()
        self._line.show_run(run, self.epochs)

    def learned(self, learned: ExperienceLearned) -> None:
        """Print what was learned."""
        self.close()
        if self.talks:
            print_line(learned, self.out)

    def close(self) -> None:
        """Remove the live line."""
        self._line.stop()
