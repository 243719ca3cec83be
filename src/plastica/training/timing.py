"""How long epochs take, and how long was spent on compiling."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import jax.monitoring

COMPILING = "/jax/core/compile/"  # tracing, lowering and XLA; https://docs.jax.dev/en/latest/jax.monitoring.html


class CompileClock:
    """Adds up the time in which JAX traces and compiles."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._listens = False

    def start(self) -> None:
        """Begin at zero."""
        if not self._listens:
            self._listens = True
            jax.monitoring.register_event_duration_secs_listener(self._ended)
        self._spans.clear()

    def take(self) -> float:
        """Return the seconds since it was started or taken from; what was traced within a trace counts once."""
        total, covered = 0.0, 0.0
        for begin, end in sorted(self._spans):
            total += max(0.0, end - max(begin, covered))
            covered = max(covered, end)
        self._spans.clear()
        return total

    def _ended(self, event: str, duration_secs: float, **kwargs: object) -> None:
        if event.startswith(COMPILING):
            now = time.perf_counter()
            self._spans.append((now - duration_secs, now))


CLOCK = CompileClock()


@dataclass
class Timing:
    """The time of epochs: that of each call of the program, shared out over its steps.

    Several fast epochs are one call, and a slow one is many, so no clock that ticks at their ends can tell.

    Attributes:
        epoch: Seconds of the epoch that finished last, without compiling.
        compiled: Seconds of compiling so far.
    """

    epoch: float = 0.0
    compiled: float = 0.0
    _step: float = field(default=0.0, repr=False)
    _begun: float = field(default=0.0, repr=False)

    def start(self) -> None:
        """Begin: what was compiled before is not of this run."""
        CLOCK.start()

    def called(self, steps: int, seconds: float) -> None:
        """Take the time of a call."""
        compiled = min(CLOCK.take(), seconds)
        self.compiled += compiled
        self._step = (seconds - compiled) / steps

    def made(self, steps: int) -> None:
        """Take steps of the last call as those of the present epoch."""
        self._begun += steps * self._step

    def finish_epoch(self) -> None:
        """End the present epoch."""
        self.epoch, self._begun = self._begun, 0.0
