"""The live progress line at the bottom of the terminal, removed at the end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from ..language import WORDS
from .timing import CLOCK
from .wording import clock, of_epochs

if TYPE_CHECKING:
    from rich.text import Text

DRAWS_A_SECOND = 4.0  # in a separate thread, while XLA computes: training never waits for the display
SPEED_OVER = 2.0  # seconds: time constant for smoothing the speed
COMPILING_AFTER = 0.3  # seconds without an update; a compiled program updates sooner
NARROWEST, WIDEST = 8, 30  # width of the bar in characters


@dataclass(frozen=True)
class Standing:
    """The progress of a run.

    Attributes:
        epochs: The number of epochs; 0 if unknown.
        epoch: The number of finished epochs.
        batches: The number of steps in an epoch.
        batch: The number of finished steps in the current epoch.
        figures: The latest metrics as text, the most important first.
        brief: A shorter text for the most important metric, for narrow terminals.
        logs: The latest metrics.
    """

    epochs: int = 0
    epoch: int = 0
    batches: int = 0
    batch: int = 0
    figures: Sequence[str] = ()
    brief: str = ""
    logs: Mapping[str, float] = field(default_factory=dict)

    @property
    def done(self) -> float:
        """The number of finished epochs, including the finished part of the current one."""
        return self.epoch + (self.batch / self.batches if self.batches else 0.0)

    @property
    def share(self) -> float:
        """The finished part of the run, from 0 to 1; 0 if its length is unknown."""
        return min(self.done / self.epochs, 1.0) if self.epochs else 0.0

    @property
    def count(self) -> str:
        """The current epoch as text."""
        number = min(self.epoch + (self.epoch < self.epochs), self.epochs) if self.epochs else self.epoch
        return of_epochs(number, self.epochs)


class Pace:
    """The speed of a run and the time left.

    Args:
        may_stop: Whether the run may end before its last epoch, so that the time left is an upper bound.
    """

    def __init__(self, may_stop: bool = False) -> None:
        self._may_stop, self._speed = may_stop, 0.0
        self._began = time.perf_counter()
        self._seen: tuple[float, float] | None = None

    def measure(self, now: float, done: float) -> None:
        """Update the smoothed speed; the time until the first update is compilation and is ignored."""
        if self._seen is None:
            self._seen = (now, done)
            return
        elapsed, made = now - self._seen[0], done - self._seen[1]
        if made <= 0 or elapsed <= 0:
            return
        share = min(1.0, elapsed / SPEED_OVER) if self._speed else 1.0
        self._speed += share * (made / elapsed - self._speed)
        self._seen = (now, done)

    def waiting(self) -> str:
        """Return what is shown before the first update."""
        waited = time.perf_counter() - self._began
        return f"{WORDS('compiling' if waited >= COMPILING_AFTER else 'starting')}  {clock(waited)}"

    def time(self, at: Standing) -> str:
        """Return the time left, or the elapsed time if it is unknown; while another program compiles, that it does."""
        if CLOCK.is_compiling:
            return WORDS("compiling")
        left = at.epochs - at.done
        if self._speed and at.epochs and left > 0:
            return WORDS("left_at_most" if self._may_stop else "left", time=clock(left / self._speed))
        return clock(time.perf_counter() - self._began)


class Live:
    """Shows progress in a terminal.

    Args:
        out: The terminal.
        may_stop: Whether the run may end before its last epoch, so that the time left is an upper bound.
        title: The text in front.
    """

    def __init__(self, out: TextIO, may_stop: bool = False, title: str = "") -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._may_stop, self._title = may_stop, f"{title}  " * bool(title)
        self._standing: Standing | None = None
        self._pace = Pace(may_stop)
        self._console = Console(file=out, highlight=False)
        context = copy_context()  # so that the drawing thread uses the language set here
        self._live = RichLive(
            console=self._console,
            get_renderable=lambda: context.run(self._picture),
            refresh_per_second=DRAWS_A_SECOND,
            transient=True,
        )

    def start(self) -> None:
        """Draw for the first time."""
        self._pace = Pace(self._may_stop)
        self._live.start()

    def show(self, standing: Standing, now: float) -> None:
        """Set the progress; it is drawn at the next refresh."""
        self._standing = standing
        self._pace.measure(now, standing.done)

    def write(self, line: str) -> None:
        """Write a line above the live line."""
        self._console.print(line, markup=False, emoji=False, soft_wrap=True)

    def stop(self) -> None:
        """Remove the line and restore the terminal."""
        self._live.stop()

    def _picture(self) -> Text:
        from rich.text import Text

        at = self._standing
        if at is None:
            return Text(f"{self._title}{self._pace.waiting()}", no_wrap=True, overflow="ellipsis")
        return self._drawn(at)

    def _drawn(self, at: Standing) -> Text:
        from rich.text import Text

        line = Text(self._title, no_wrap=True, overflow="ellipsis")
        line.append(at.count, style="bold")
        after = Text(f"  {self._pace.time(at)}", style="dim")
        if at.batches > 1 and at.batch and not at.epoch:  # in the first epoch, when no metrics are known
            after.append(f"  {WORDS('steps_of', made=at.batch, all=at.batches)}")
        room = self._console.width - line.cell_len - after.cell_len - 2
        for text in _fitting([Text(f"  {each}") for each in at.figures], Text(f"  {at.brief}"), room - NARROWEST):
            after.append_text(text)
            room -= text.cell_len
        if at.epochs:
            line.append(" ").append_text(_bar(at.share, max(NARROWEST, min(room, WIDEST))))
        return line.append_text(after)


def _fitting(texts: list[Text], brief: Text, room: int) -> list[Text]:
    """Return as many of the texts as fit, or the brief one if not even the first fits."""
    found = []
    for place, text in enumerate(texts):
        if text.cell_len > room:
            return found or [brief] * (brief.cell_len <= room)
        text.stylize("" if place == 0 else "dim")
        found.append(text)
        room -= text.cell_len
    return found


def _bar(share: float, width: int) -> Text:
    from rich.text import Text

    full = int(width * min(share, 1.0))
    bar = Text("━" * full, style="green" if share >= 1 else "cyan")
    return bar.append("━" * (width - full), style="bright_black")
