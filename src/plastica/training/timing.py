"""The duration of epochs and of compilation."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import jax.monitoring

COMPILING = "/jax/core/compile/"  # tracing, lowering and XLA; https://docs.jax.dev/en/latest/jax.monitoring.html
# JAX tells of what has ended: after lowering XLA compiles, until it has compiled.
LOWERED, COMPILED = f"{COMPILING}jaxpr_to_mlir_module_duration", f"{COMPILING}backend_compile_duration"


class CompileClock:
    """Measures the total time JAX spends on tracing and compiling, once started only in the thread that started it.

    Attributes:
        is_compiling: Whether XLA is compiling in that thread.
    """

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._listens = False
        self._thread: int | None = None
        self.is_compiling = False

    def start(self) -> None:
        """Reset to zero."""
        if not self._listens:
            self._listens = True
            jax.monitoring.register_event_duration_secs_listener(self._ended)
        self._spans.clear()
        self._thread, self.is_compiling = threading.get_ident(), False

    def take(self) -> float:
        """Return the seconds since the last call or the start; nested traces count once."""
        total, covered = 0.0, 0.0
        for begin, end in sorted(self._spans):
            total += max(0.0, end - max(begin, covered))
            covered = max(covered, end)
        self._spans.clear()
        self.is_compiling = False  # nor is it after an error of XLA
        return total

    def _ended(self, event: str, duration_secs: float, **kwargs: object) -> None:
        # What other threads compile takes none of the time of the calls in this one.
        if event.startswith(COMPILING) and self._thread in (None, threading.get_ident()):
            now = time.perf_counter()
            self._spans.append((now - duration_secs, now))
            self.is_compiling = event == LOWERED or (self.is_compiling and event != COMPILED)


CLOCK = CompileClock()


@dataclass
class Timing:
    """The duration of epochs: the time of each call of the program, divided among its steps.

    Several fast epochs are one call, and one slow epoch is several calls, so that the ends of epochs cannot be timed.

    Attributes:
        epoch: The seconds of the last finished epoch, without compilation.
        compiled: The seconds of compilation so far.
        running: The seconds of all calls so far, without compilation.
    """

    epoch: float = 0.0
    compiled: float = 0.0
    running: float = 0.0
    _step: float = field(default=0.0, repr=False)
    _begun: float = field(default=0.0, repr=False)

    def start(self) -> None:
        """Reset, so that earlier compilation is not counted."""
        CLOCK.start()

    def called(self, steps: int, seconds: float) -> None:
        """Record the duration of a call."""
        compiled = min(CLOCK.take(), seconds)
        self.compiled += compiled
        self.running += seconds - compiled
        self._step = (seconds - compiled) / steps

    def made(self, steps: int) -> None:
        """Assign steps of the last call to the current epoch."""
        self._begun += steps * self._step

    def finish_epoch(self) -> None:
        """End the current epoch."""
        self.epoch, self._begun = self._begun, 0.0
