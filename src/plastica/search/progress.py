"""The progress of a search: a live line in a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ..language import WORDS
from ..training.live_line import LiveLine
from ..training.underway import Display, UnderWay
from ..training.wording import metric_name, seconds, short
from .search import Search


class SearchProgress(Display):
    """Shows the trials under way, the best value so far and the time left; a hook of the runs.

    Args:
        budget: Seconds for all trials; None for no limit.
        epochs: The epochs of a trial.
        out: The stream to write to.
    """

    def __init__(self, budget: float | None, epochs: int, out: TextIO | None = None) -> None:
        self.budget, self.epochs, self.out = budget, epochs, out or sys.stderr
        self.search: Search | None = None
        self._line = LiveLine(self.out, may_stop=True)
        self._began = time.perf_counter()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the line in a terminal."""
        self._line.start()
        try:
            yield
        finally:
            self._line.stop()

    def __call__(self, run: UnderWay) -> None:
        """Update the line."""
        if not self._line.is_shown:
            return
        figures = [WORDS("search_going", count=len(run.going), all=len(run.members))]
        if self.search is not None and self.search.trials.good:
            trials = self.search.trials
            told = {"figure": metric_name(trials.monitor), "value": short(trials.best().value)}
            figures.append(WORDS("search_so_far", count=len(trials), **told))
        if self.budget is not None:
            left = max(self.budget - (time.perf_counter() - self._began), 0.0)
            figures.append(WORDS("search_left", time=seconds(left)))
        self._line.show_run(run, self.epochs, figures)
