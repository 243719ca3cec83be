"""The live bar: two lines at the foot of the terminal that redraw themselves and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from .wording import clock, figures

SHARE = 0.01  # of the run that drawing may take
DRAW_EVERY = 0.1
SPEED_OVER = 2.0  # seconds over which the speed is smoothed
BAR_WIDTH = 24


@dataclass
class Standing:
    """Where a run stands.

    Attributes:
        epochs: How many epochs it makes; 0 where nobody knows.
        epoch: How many are finished.
        batches: How many steps an epoch has.
        batch: How many of the present one are made.
        logs: The latest figures.
    """

    epochs: int = 0
    epoch: int = 0
    batches: int = 0
    batch: int = 0
    logs: Mapping[str, float] = field(default_factory=dict)

    @property
    def done(self) -> float:
        """Epochs made, the present one in part."""
        return self.epoch + (self.batch / self.batches if self.batches else 0.0)


class Live:
    """Draws a standing in a terminal, some ten times a second and never for more than 1 % of the time.

    Args:
        out: The terminal.
    """

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._console = Console(file=out, highlight=False)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True)
        self._standing = Standing()
        self._speed = 0.0
        self._began = self._drawn = 0.0
        self._seen: tuple[float, float] | None = None
        self._wait = DRAW_EVERY

    def start(self, standing: Standing) -> None:
        """Draw for the first time."""
        self._began = time.perf_counter()
        self._standing = standing
        self._live.start()
        self._draw()

    def show(self, standing: Standing, now: float) -> None:
        """Take a new standing; draw it when it is time to."""
        self._standing = standing
        if now - self._drawn >= self._wait:
            self._draw()

    def write(self, line: str) -> None:
        """Leave a line above."""
        self._console.print(line, markup=False, emoji=False, soft_wrap=True)

    def stop(self) -> None:
        """Take the bar away and give the terminal back."""
        self._live.stop()

    def _draw(self) -> None:
        began = time.perf_counter()
        self._measure(began)
        self._live.update(self._picture(), refresh=True)
        self._drawn = time.perf_counter()
        self._wait = max(DRAW_EVERY, (self._drawn - began) / SHARE)

    def _measure(self, now: float) -> None:
        """Smooth the epochs a second; the time up to the first news is compiling and does not count."""
        done = self._standing.done
        if self._seen is None:
            self._seen = (now, done) if done else None
            return
        elapsed, made = now - self._seen[0], done - self._seen[1]
        if made <= 0 or elapsed <= 0:
            return
        share = min(1.0, elapsed / SPEED_OVER) if self._speed else 1.0
        self._speed += share * (made / elapsed - self._speed)
        self._seen = (now, done)

    def _picture(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        at = self._standing
        shown = min(at.epoch + (at.epoch < at.epochs), at.epochs) if at.epochs else at.epoch
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"Epoch {shown}/{at.epochs} " if at.epochs else f"Epoch {shown} ", style="bold")
        line.append_text(_bar(at.done / at.epochs if at.epochs else 0.0))
        if at.batch:
            line.append(f" {at.batch}/{at.batches}", style="dim")
        if self._speed:
            line.append(f"  {_speed(self._speed, at.batches)}", style="dim")
        line.append(f"  {self._time()}", style="dim")
        return Group(line, Text("  ".join(figures(at.logs)))) if at.logs else line

    def _time(self) -> str:
        at = self._standing
        left = at.epochs - at.done
        if self._speed and at.epochs and left > 0:
            return f"{clock(left / self._speed)} left"
        return clock(time.perf_counter() - self._began)


def _speed(epochs_a_second: float, batches: int) -> str:
    steps = epochs_a_second * batches
    if not batches:
        return f"{epochs_a_second:,.3g} epochs/s"
    return f"{steps:,.0f} steps/s" if steps >= 10 else f"{steps:.2g} steps/s"


def _bar(share: float) -> Any:
    from rich.text import Text

    full = int(BAR_WIDTH * min(share, 1.0))
    bar = Text("━" * full, style="green" if share >= 1 else "cyan")
    return bar.append("━" * (BAR_WIDTH - full), style="bright_black")
