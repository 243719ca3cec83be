"""A live line of progress where the output is a terminal, and nothing elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TextIO

from .live import Live, Standing
from .progress import is_live
from .underway import UnderWay


class LiveLine:
    """A live line that may be absent: where it is not wanted, and where the output is no terminal.

    Args:
        out: The stream to write to.
        wanted: Whether anything is to be shown.
        may_stop: Whether runs may end before their last epoch, so that the time left is an upper bound.
    """

    def __init__(self, out: TextIO, wanted: bool = True, may_stop: bool = False) -> None:
        self._out, self._wanted, self._may_stop = out, wanted, may_stop
        self._live: Live | None = None

    @property
    def is_shown(self) -> bool:
        """Whether the line is there."""
        return self._live is not None

    def start(self, title: str = "") -> None:
        """Show the line, with a title in front; one that is there stays."""
        if self._wanted and self._live is None and is_live(self._out):
            self._live = Live(self._out, self._may_stop, title)
            self._live.start()

    def show(self, standing: Standing) -> None:
        """Set the progress."""
        if self._live is not None:
            self._live.show(standing, time.perf_counter())

    def show_run(self, run: UnderWay, epochs: int, figures: Sequence[str] = ()) -> None:
        """Set the progress to that of a run of so many epochs, with its metrics as text."""
        epoch, batch = divmod(run.step, run.batches)
        self.show(Standing(epochs, epoch, run.batches, batch, figures))

    def stop(self) -> None:
        """Remove the line."""
        if self._live is not None:
            self._live.stop()
            self._live = None
