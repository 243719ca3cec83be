"""The progress of a comparison on the terminal."""

from __future__ import annotations

import sys
from typing import TextIO

from ..training.live_line import LiveLine
from ..training.run import Run
from ..training.wording import count_epochs, metric_name, said_figures, seconds
from .records import RuleRecord, middle
from .wording import SAY, with_spread


class Watcher:
    """Shows a progress bar for the rule being trained, and prints one line when it is finished.

    Args:
        talks: Whether anything is shown.
        out: The stream to write to. None: standard error.
    """

    def __init__(self, talks: bool, out: TextIO | None = None) -> None:
        self.talks, self.out = talks, out or sys.stderr
        self._line = LiveLine(self.out, talks)
        self._epochs = 0

    def says(self, line: str) -> None:
        """Print a line."""
        if self.talks:
            print(line, file=self.out, flush=True)

    def begins(self, name: str, epochs: int) -> None:
        """Start the progress bar of a rule."""
        self._epochs = epochs
        self._line.start(name)

    def looks(self, run: Run) -> None:
        """Update the progress bar."""
        if self._line.is_shown:
            self._line.show_run(run, self._epochs, said_figures(run.members[0].logs, "loss", None))

    def finished(self, record: RuleRecord) -> None:
        """Print the result of a rule, or why it was not trained."""
        self.close()
        if record.reason:
            self.says(SAY("rule_not_trained", rule=record.name, reason=record.reason))
            return
        least = middle(record.test_losses)
        told = {"rule": record.name, "value": with_spread(record.test, record.figure)}
        told |= {"figure": metric_name(record.figure), "epochs": count_epochs(record.epochs)}
        told |= {"time": seconds(record.epoch_seconds)}
        self.says(SAY("finished", **told) if least is None else SAY("finished_loss", **told, loss=f"{least:.4g}"))

    def close(self) -> None:
        """Remove the progress bar."""
        self._line.stop()
