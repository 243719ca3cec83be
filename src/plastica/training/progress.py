"""Progress: what a person sees while a network trains."""

from __future__ import annotations

import atexit
import os
import sys
import time
from typing import TextIO

from .callbacks import Callback, Logs, Needs, one_of
from .history import History
from .live import Live, Standing
from .wording import figures, seconds

LINE_EVERY = 1.0  # seconds between plain lines of whole epochs
PART_EVERY = 10.0  # seconds between plain lines within an epoch
ALONE = 0.25  # epochs that take less may arrive several at once, so the clock alone does not tell their time
FLUSH_EVERY = 0.1


class Progress(Callback):
    """Show how a run gets on.

    In a terminal ``verbose=1`` shows a live bar with the figures, the speed and the time left; slow epochs
    leave a line each. Without a terminal, with ``NO_COLOR`` and in a notebook it writes plain lines: the
    first epoch, the last, and one a second at most in between. ``verbose=2`` writes one line an epoch.

    Args:
        verbose: 0 shows nothing, 1 and 2 as above; ``"auto"`` is 1.
        history: The run's history; its ``stopped_by`` is shown in the end unless all epochs were made.
        out: Where to write; standard output unless said.

    Example:
        >>> progress = Progress(verbose=2)
        >>> progress.set_params({"epochs": 10, "steps": 100})
        >>> progress.on_epoch_end(2, {"loss": 0.1234, "accuracy": 0.9})  # doctest: +ELLIPSIS
        Epoch 3/10 - ...ms - loss: 0.1234 - accuracy: 0.9000
    """

    needs: Needs = "logs"

    def __init__(self, verbose: int | str = 1, history: History | None = None, out: TextIO | None = None) -> None:
        chosen = int(verbose) if isinstance(verbose, bool) else verbose
        self.verbose = 1 if one_of("fit", "verbose", chosen, (0, 1, 2, "auto")) == "auto" else chosen
        self.history = history
        self._out = out
        self._live: Live | None = None
        self._begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start the clock and, in a terminal, the live bar."""
        self.close()
        self._begin()
        if self.verbose == 1 and is_live(self.out):
            self._live = Live(self.out)
            atexit.register(self.close)
            self._live.start(Standing(epochs=self._epochs, batches=self.params.get("steps") or 0))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Show a finished epoch."""
        if not self.verbose:
            return
        now = time.perf_counter()
        took = self._took(now)
        self._last = (epoch, took, dict(logs or {}))
        if self._live:
            steps = self.params.get("steps") or 0
            self._live.show(Standing(self._epochs, epoch + 1, steps, 0, self._last[2]), now)
        stopped = self.model is not None and self.model.stop_training
        first, last = self._made == 1, stopped or epoch + 1 == self._epochs
        slow = took >= LINE_EVERY
        due = now - self._line_written >= LINE_EVERY and not self._live
        if self.verbose == 2 or slow or due or ((first or last) and not self._live):
            self._write_last(now)

    def on_progress(self, epoch: int, batch: int, batches: int, logs: Logs | None = None) -> None:
        """Show where the run stands within an epoch.

        Args:
            epoch: The epoch; the first is 0.
            batch: How many of its steps are made.
            batches: How many it has.
            logs: Its figures so far.
        """
        if self.verbose != 1:
            return
        now = time.perf_counter()
        if self._live:
            self._live.show(Standing(self._epochs, epoch, batches, batch, logs or {}), now)
        elif 0 < batch < batches and now - max(self._line_written, self._epoch_began) >= PART_EVERY:
            parts = [self._count(epoch), f"{batch}/{batches} steps", f"{now - self._epoch_began:.0f}s"]
            self._write(" - ".join(parts + figures(logs or {})), now)
            self._line_written = now

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Show the last epoch, how long all took, and what ended the run before its time."""
        if self.verbose and self._last:
            self._write_last(time.perf_counter())
        self.close()
        reason = self.history.stopped_by if self.history else ""
        early = reason not in ("", "epochs")
        if self._made and (self.verbose == 1 or (self.verbose and early)):
            now = time.perf_counter()
            epochs = "1 epoch" if self._made == 1 else f"{self._made} epochs"
            self._write(f"{epochs} in {seconds(now - self._began)}{f', stopped by {reason}' if early else ''}.", now)
        self.out.flush()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Start the clock."""
        self._test_began = time.perf_counter()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Show the figures of an evaluation."""
        if self.verbose:
            now = time.perf_counter()
            rows = self.params.get("samples")
            parts = [f"Evaluated {rows} rows" if rows else "Evaluated", f"{now - self._test_began:.1f}s"]
            self._write(" - ".join(parts + figures(logs or {})), now)
            self.out.flush()

    def close(self) -> None:
        """Leave the terminal clean; the run calls it whatever ends it, and calling it again does nothing."""
        if self._live:
            self._live.stop()
            self._live = None
            atexit.unregister(self.close)

    @property
    def out(self) -> TextIO:
        """Where it writes."""
        return self._out or sys.stdout

    def _begin(self) -> None:
        self._began = self._epoch_began = self._first_ended = self._test_began = time.perf_counter()
        self._made = 0
        self._line_written = self._flushed = 0.0
        self._last: tuple[int, float, Logs] | None = None

    def _took(self, now: float) -> float:
        """Return how long an epoch took: by the clock where it is slow, else the mean of those after the first."""
        took = now - self._epoch_began
        self._epoch_began = now
        self._made += 1
        if self._made == 1:
            self._first_ended = now
        elif took < ALONE:
            return (now - self._first_ended) / (self._made - 1)
        return took

    @property
    def _epochs(self) -> int:
        return int(self.params.get("epochs") or 0)

    def _count(self, epoch: int) -> str:
        return f"Epoch {epoch + 1}/{self._epochs}" if self._epochs else f"Epoch {epoch + 1}"

    def _write_last(self, now: float) -> None:
        if self._last:
            epoch, took, logs = self._last
            self._last = None
            self._line_written = now
            self._write(" - ".join([self._count(epoch), seconds(took), *figures(logs)]), now)

    def _write(self, line: str, now: float) -> None:
        if self._live:
            self._live.write(line)
            return
        self.out.write(line + "\n")
        if now - self._flushed >= FLUSH_EVERY:
            self._flushed = now
            self.out.flush()


def is_live(out: TextIO) -> bool:
    """Return whether a bar that redraws itself belongs here."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
