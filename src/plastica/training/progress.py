"""The display of progress during training."""

from __future__ import annotations

import atexit
import math
import os
import sys
import time
from threading import Timer
from typing import TYPE_CHECKING, TextIO

from ..language import WORDS
from ..notebook.display import cell_for
from .callbacks import Callback, CallbackState, Logs, Needs, one_of
from .history import History
from .live import Live, Standing
from .monitor import better
from .timing import Timing
from .wording import count_epochs, figures, of_epochs, said_figures, seconds, short

if TYPE_CHECKING:
    from .live_cell import LiveCell

SILENT = 60.0  # seconds after which a line is written even if the number of epochs has not doubled
COMPILING_AFTER = 1.0  # seconds without an update before a line says that the program is being compiled
FLUSH_EVERY = 0.1
LINE_WIDTH = 110  # characters


class Progress(Callback):
    """Show the progress of a run.

    In a terminal, ``verbose=1`` shows a live line with the epoch, a progress bar, the time left and the best validation
    metric so far. In a notebook, it shows the same and the learning curves below the cell. Without a terminal, or with
    ``NO_COLOR``, it writes a line for epochs 1, 2, 4, 8 and so on, at least one per minute, and for the last epoch. At
    the end, one line summarizes the result. ``verbose="live"`` leaves that line to the caller; ``verbose=2`` writes one
    line per epoch.

    Args:
        verbose: 0 shows nothing, 1, "live" and 2 as above; ``"auto"`` is 1.
        history: The history of the run; its ``stopped_by`` is shown at the end if training stopped early.
        out: Where to write. Default: standard output.
        timing: The timing of the epochs.
        monitor: The most important metric. Default: the validation loss, or the loss without validation.
        may_stop: Whether the run may end before its last epoch.

    Example:
        >>> progress = Progress(verbose=2)
        >>> progress.set_params({"epochs": 10, "steps": 100})
        >>> progress.on_epoch_end(2, {"loss": 0.1234, "accuracy": 0.9})
        Epoch 3/10 - 0.0 ms - loss: 0.1234 - accuracy: 0.9000
    """

    needs: Needs = "logs"

    def __init__(
        self,
        verbose: int | str = 1,
        history: History | None = None,
        out: TextIO | None = None,
        timing: Timing | None = None,
        monitor: str = "val_loss",
        may_stop: bool = False,
    ) -> None:
        chosen = int(verbose) if isinstance(verbose, bool) else verbose
        self.verbose = one_of("fit", "verbose", chosen, (0, 1, 2, "auto", "live"))
        self.shows = self.verbose in (1, "auto", "live")
        self.history, self.timing = history, timing or Timing()
        self.monitor, self.may_stop = monitor, may_stop
        self._out = out
        self._live: Live | LiveCell | None = None
        self._waiting: Timer | None = None
        self._begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start the clock and, in a terminal, the live line."""
        self.close()
        self._begin()
        if not self.shows:
            return
        atexit.register(self.close)
        self._live = _display_on(self.out, self.may_stop)
        if self._live:
            self._live.start()
        else:
            self._waiting = Timer(COMPILING_AFTER, _say, [self.out, f"{WORDS('compiling')} ..."])
            self._waiting.daemon = True
            self._waiting.start()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Show a finished epoch."""
        if not self.verbose:
            return
        now = time.perf_counter()
        self._made += 1
        self._last = (epoch, self.timing.epoch, dict(logs or {}))
        self._keep_best()
        if self.verbose == 2:
            self._write(" - ".join([self._count(epoch), seconds(self.timing.epoch), *figures(self._last[2])]), now)
        elif self._live:
            self._show(epoch + 1, 0, now, self._last[2])
        elif _is_power_of_two(epoch + 1) or now - self._line_written >= SILENT or self._is_last(epoch):
            self._write_last(now)

    def on_progress(self, epoch: int, batch: int, batches: int, logs: Logs | None = None) -> None:
        """Show the progress within an epoch.

        Args:
            epoch: The number of the epoch, from 0.
            batch: The number of its finished steps.
            batches: The number of its steps.
            logs: Its metrics so far.
        """
        if not self.shows:
            return
        now = time.perf_counter()
        self._stop_waiting()
        if self._live:
            self._show(epoch, batch, now, logs)
        elif 0 < batch < batches and now - self._line_written >= SILENT:
            made = WORDS("steps_of", made=f"{batch:,}", all=f"{batches:,}")
            self._write(" - ".join([self._count(epoch), made, *said_figures(logs or {}, "loss", None)]), now)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Write the result, and why training stopped early."""
        self._stop_waiting()
        now = time.perf_counter()
        if self._last and self.shows and not self._live and self._line_of != self._last[0]:
            self._write_last(now)
        self.close()
        reason = self.history.stopped_by if self.history else ""
        early = reason not in ("", "epochs")
        if self._made and self.verbose in (1, "auto"):
            self._write(f"{self._closing(now)}{'; ' + WORDS('ended_by', reason=reason) if early else ''}.", now)
        elif self._made and self.verbose == 2 and early:
            self._write(f"{count_epochs(self._made)}; {WORDS('ended_by', reason=reason)}.", now)
        self.out.flush()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Start the clock."""
        self._test_began = time.perf_counter()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Show the metrics of an evaluation."""
        if self.verbose:
            now = time.perf_counter()
            rows = self.params.get("samples")
            parts = [f"Evaluated {rows} rows" if rows else "Evaluated", seconds(now - self._test_began)]
            self._write(" - ".join(parts + figures(logs or {})), now)
            self.out.flush()

    def close(self) -> None:
        """Restore the terminal; called however the run ended. Calling it again has no effect."""
        self._stop_waiting()
        if self._live:
            self._live.stop()
            self._live = None
        atexit.unregister(self.close)

    @property
    def out(self) -> TextIO:
        """The stream to which it writes."""
        return self._out or sys.stdout

    def get_state(self) -> CallbackState:
        """Return the best value so far."""
        return {"best": self._best}

    def set_state(self, state: CallbackState) -> None:
        """Restore the best value so far."""
        self._best = state.get("best")

    def _begin(self) -> None:
        self._began = self._test_began = self._line_written = time.perf_counter()
        self._made, self._flushed = 0, 0.0
        self._line_of: int | None = None
        self._last: tuple[int, float, Logs] | None = None
        self._best: float | None = None

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _show(self, epoch: int, batch: int, now: float, logs: Logs | None = None) -> None:
        assert self._live is not None
        said = self._said() if self._last else said_figures(logs or {}, "loss", None)
        brief = "" if self._best is None else WORDS("best_alone", best=short(self._best))
        steps = self.params.get("steps") or 0
        self._live.show(Standing(self._epochs, epoch, steps, batch, said, brief, logs or {}), now)

    def _keep_best(self) -> None:
        assert self._last is not None
        value = self._last[2].get(self._matters, math.nan)
        lower = better(self._matters) != "max"
        if math.isfinite(value) and (self._best is None or (value < self._best if lower else value > self._best)):
            self._best = value

    @property
    def _matters(self) -> str:
        logs = self._last[2] if self._last else {}
        return next((name for name in (self.monitor, "val_loss") if name in logs), "loss")

    def _said(self) -> list[str]:
        assert self._last is not None
        best = self._best if self._matters.startswith("val_") else None
        return said_figures(self._last[2], self._matters, best)

    @property
    def _epochs(self) -> int:
        return int(self.params.get("epochs") or 0)

    def _count(self, epoch: int) -> str:
        return of_epochs(epoch + 1, self._epochs)

    def _is_last(self, epoch: int) -> bool:
        return epoch + 1 == self._epochs or (self.model is not None and self.model.stop_training)

    def _closing(self, now: float) -> str:
        """Return the result: epochs, time, metrics."""
        key = "trained" if self.timing.compiled < 0.1 else "trained_compiled"
        times = {"time": seconds(now - self._began), "compiled": seconds(self.timing.compiled)}
        return f"{WORDS(key, epochs=count_epochs(self._made), **times)}: {', '.join(self._said())}"

    def _write_last(self, now: float) -> None:
        assert self._last is not None
        epoch, took, _ = self._last
        first, *rest = self._said() or [""]
        line = " - ".join([self._count(epoch), seconds(took), first])
        for figure in rest:
            if len(line) + len(figure) + 3 > LINE_WIDTH:
                break
            line += f" - {figure}"
        self._line_of = epoch
        self._write(line, now)

    def _write(self, line: str, now: float) -> None:
        self._stop_waiting()
        self._line_written = now
        if self._live:
            self._live.write(line)
            return
        self.out.write(line + "\n")
        if now - self._flushed >= FLUSH_EVERY:
            self._flushed = now
            self.out.flush()


def _say(out: TextIO, line: str) -> None:
    out.write(f"{line}\n")
    out.flush()


def _display_on(out: TextIO, may_stop: bool) -> Live | LiveCell | None:
    """Return the live display for this terminal or notebook cell; None if only lines are written."""
    if is_live(out):
        return Live(out, may_stop)
    cell = cell_for(out)
    if cell is None:
        return None
    from .live_cell import LiveCell

    return LiveCell(cell, may_stop)


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


def is_live(out: TextIO) -> bool:
    """Return whether a live line can be shown here."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
