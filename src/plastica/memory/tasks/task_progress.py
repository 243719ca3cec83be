"""The progress of a comparison on memory tasks."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self, TextIO

import numpy as np

from ...language import Texts
from ...training.callbacks import one_of
from ...training.live import Standing
from ...training.live_line import LiveLine
from ...training.wording import seconds, short
from ...typing import Float
from .task_training import TrainedOnTask

SAY = Texts("memory")


class TaskProgress:
    """A live line in a terminal for the pair in training, and a line for each that is done.

    Args:
        verbose: 0 shows nothing.
        pairs: The number of pairs of a task and a layer.
        out: The stream to write to. None: standard error.
    """

    def __init__(self, verbose: int | str, pairs: int, out: TextIO | None = None) -> None:
        self.talks = bool(
            one_of(
                "compare_recurrent_layers", "verbose", int(verbose) if verbose is True else verbose, (0, 1, 2, "auto")
            )
        )
        self.pairs, self.done, self.out = pairs, 0, out or sys.stderr
        self._line = LiveLine(self.out, self.talks, may_stop=True)
        self._epochs, self._pair = 0, ""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the live line."""
        self._line.stop()

    def begins(self, task: str, layer: str, epochs: int) -> None:
        """Start the live line of a pair."""
        self._epochs, self._pair = epochs, f"{task}, {layer}"
        self._line.start(f"{self.done + 1}/{self.pairs} {self._pair}")

    def round_ended(self, number: int, scores: Float[np.ndarray, "networks"]) -> None:
        """Show the scores of a round."""
        said = [SAY("score_mean", value=short(float(scores.mean())))]
        self._line.show(Standing(self._epochs, number, 1, 0, said))

    def ends(self, trained: TrainedOnTask) -> None:
        """Write the result of a pair."""
        self._line.stop()
        self.done += 1
        if self.talks:
            words = {"number": self.done, "pairs": self.pairs, "pair": self._pair, "time": seconds(trained.seconds)}
            words |= {"value": short(float(trained.scores.mean())), "chance": short(trained.test.chance)}
            words |= {"solved": trained.solved, "networks": len(trained.scores), "trained": f"{trained.trained:,}"}
            print(SAY("task_done", **words), file=self.out, flush=True)
