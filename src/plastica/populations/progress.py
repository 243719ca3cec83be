"""The progress of a population: a live line in a terminal, and a line at the end."""

from __future__ import annotations

import math
import sys
import time
from typing import TextIO

from ..language import WORDS
from ..training.callbacks import one_of
from ..training.live_line import LiveLine
from ..training.underway import Display, UnderWay
from ..training.wording import count_epochs, metric_name, seconds, short
from .results import PopulationHistory, best_place


class PopulationProgress(Display):
    """Shows how far the members are and how their figures spread; a hook of the run.

    Args:
        verbose: 0 shows nothing.
        epochs: The number of epochs.
        out: The stream to write to. Default: standard output.
    """

    def __init__(self, verbose: int | str, epochs: int, out: TextIO | None = None) -> None:
        self.verbose = one_of(
            "fit", "verbose", int(verbose) if isinstance(verbose, bool) else verbose, (0, 1, 2, "auto")
        )
        self.epochs, self.out = epochs, out or sys.stdout
        self._line = LiveLine(self.out, bool(self.verbose), may_stop=True)
        self._began = time.perf_counter()

    def begin(self) -> None:
        """Start the live line in a terminal."""
        self._line.start()

    def __call__(self, run: UnderWay) -> None:
        """Update the live line."""
        if not self._line.is_shown:
            return
        logs = [member.logs for member in run.members if member.logs and not member.failed]
        name = "val_loss" if any("val_loss" in each for each in logs) else "loss"
        values = [each[name] for each in logs if math.isfinite(each.get(name, math.nan))]
        said = [WORDS("members", count=len(run.members))]
        said += [_range(name, values)] if values else []
        self._line.show_run(run, self.epochs, said)

    def stop(self) -> None:
        """Remove the live line."""
        self._line.stop()

    def end(self, history: PopulationHistory) -> None:
        """Remove the live line, and write the result."""
        self.stop()
        values = [value for value in history.values() if math.isfinite(value)] if len(history.kept) else []
        if not self.verbose or not values:
            return
        name, place = history.monitor(), best_place(history)
        words = {
            "members": WORDS("members", count=len(history)),
            "epochs": count_epochs(max(len(each.epoch) for each in history.histories)),
            "time": seconds(time.perf_counter() - self._began),
            "range": _range(name, values),
            "best": place,
            "value": short(history.values()[place]),
        }
        line = WORDS("population_trained", **words)
        if history.failed:
            line += WORDS("population_failed", count=len(history.failed))
        found = history.diagnosis
        self.out.write("\n".join([line, *(found.lines() if found is not None and found.findings else [])]) + "\n")
        self.out.flush()


def _range(name: str, values: list[float]) -> str:
    return WORDS("population_range", figure=metric_name(name), low=short(min(values)), high=short(max(values)))
