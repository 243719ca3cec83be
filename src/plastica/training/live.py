"""The live line: one line at the foot of the terminal that redraws itself and leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TextIO

from ..language import WORDS
from .wording import clock, of_epochs

DRAWS_A_SECOND = 4.0  # in a thread of its own, while XLA computes: training never waits for a picture
SPEED_OVER = 2.0  # seconds over which the speed is smoothed
COMPILING_AFTER = 0.3  # seconds without news: a program that is there already answers sooner
NARROWEST, WIDEST = 8, 30  # of the bar


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        epochs: How many epochs it makes; 0 where nobody knows.
        epoch: How many are finished.
        batches: How many steps an epoch has.
        batch: How many of the present one are made.
        figures: What is said of the latest figures, the most important first.
        brief: What is said where there is no room for the most important one.
        logs: The latest figures themselves.
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
        """Epochs made, the present one in part."""
        return self.epoch + (self.batch / self.batches if self.batches else 0.0)

    @property
    def share(self) -> float:
        """The part of the run that is made, from 0 to 1; 0 where nobody knows how long it is."""
        return min(self.done / self.epochs, 1.0) if self.epochs else 0.0

    @property
    def count(self) -> str:
        """The epoch under way, in words."""
        number = min(self.epoch + (self.epoch < self.epochs), self.epochs) if self.epochs else self.epoch
        return of_epochs(number, self.epochs)


class Pace:
    """How fast a run is, and how long it still takes.

    Args:
        may_stop: Whether the run may end before its last epoch, so that the time left is the most it can be.
    """

    def __init__(self, may_stop: bool = False) -> None:
        self._may_stop, self._speed = may_stop, 0.0
        self._began = time.perf_counter()
        self._seen: tuple[float, float] | None = None

    def measure(self, now: float, done: float) -> None:
        """Smooth the epochs a second; the time up to the first news is compiling and does not count."""
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
        """Say what is going on before the first news."""
        waited = time.perf_counter() - self._began
        return f"{WORDS('compiling' if waited >= COMPILING_AFTER else 'starting')}  {clock(waited)}"

    def time(self, at: Standing) -> str:
        """Return the time left, or how long the run has taken where nobody knows."""
        left = at.epochs - at.done
        if self._speed and at.epochs and left > 0:
            return WORDS("left_at_most" if self._may_stop else "left", time=clock(left / self._speed))
        return clock(time.perf_counter() - self._began)


class Live:
    """Shows a standing in a terminal.

    Args:
        out: The terminal.
        may_stop: Whether the run may end before its last epoch, so that the time left is the most it can be.
        title: What stands in front.
    """

    def __init__(self, out: TextIO, may_stop: bool = False, title: str = "") -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._may_stop, self._title = may_stop, f"{title}  " * bool(title)
        self._standing: Standing | None = None
        self._pace = Pace(may_stop)
        self._console = Console(file=out, highlight=False)
        context = copy_context()  # the thread that draws speaks the language of here
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
        """Take a new standing; it is drawn when it is time to."""
        self._standing = standing
        self._pace.measure(now, standing.done)

    def write(self, line: str) -> None:
        """Leave a line above."""
        self._console.print(line, markup=False, emoji=False, soft_wrap=True)

    def stop(self) -> None:
        """Take the line away and give the terminal back."""
        self._live.stop()

    def _picture(self) -> Any:
        from rich.text import Text

        at = self._standing
        if at is None:
            return Text(f"{self._title}{self._pace.waiting()}", no_wrap=True, overflow="ellipsis")
        return self._drawn(at)

    def _drawn(self, at: Standing) -> Any:
        from rich.text import Text

        line = Text(self._title, no_wrap=True, overflow="ellipsis")
        line.append(at.count, style="bold")
        after = Text(f"  {self._pace.time(at)}", style="dim")
        if at.batches > 1 and at.batch and not at.epoch:  # of the first epoch, when nothing else is known
            after.append(f"  {WORDS('steps_of', made=at.batch, all=at.batches)}")
        room = self._console.width - line.cell_len - after.cell_len - 2
        for text in _fitting([Text(f"  {each}") for each in at.figures], Text(f"  {at.brief}"), room - NARROWEST):
            after.append_text(text)
            room -= text.cell_len
        if at.epochs:
            line.append(" ").append_text(_bar(at.share, max(NARROWEST, min(room, WIDEST))))
        return line.append_text(after)


def _fitting(texts: list[Any], brief: Any, room: int) -> list[Any]:
    """Return as many of the texts as there is room for, a brief one where there is none for the first."""
    found = []
    for place, text in enumerate(texts):
        if text.cell_len > room:
            return found or [brief] * (brief.cell_len <= room)
        text.stylize("" if place == 0 else "dim")
        found.append(text)
        room -= text.cell_len
    return found


def _bar(share: float, width: int) -> Any:
    from rich.text import Text

    full = int(width * min(share, 1.0))
    bar = Text("━" * full, style="green" if share >= 1 else "cyan")
    return bar.append("━" * (width - full), style="bright_black")
