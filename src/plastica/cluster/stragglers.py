"""Workers that take much longer than others."""

from __future__ import annotations

import time
import warnings

from ..errors import PlasticaWarning

# A worker is slow that takes so many times as long as the longest so far, and longer than so many seconds.
SLOW, SHORT = 3.0, 10.0


class Stragglers:
    """Says once which worker takes much longer than the others did.

    Args:
        workers: How many parts the job has.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._began: dict[int, float] = {}
        self._longest = 0.0
        self._said: set[int] = set()

    def begun(self, number: int) -> None:
        """Note that a part begins."""
        self._began[number] = time.monotonic()

    def ended(self, number: int, well: bool) -> None:
        """Note that a part ended; one that was lost says nothing about how long parts take."""
        took = time.monotonic() - self._began.pop(number)
        self._longest = max(self._longest, took) if well else self._longest

    def look(self) -> None:
        """Warn of parts that take too long."""
        limit = max(SLOW * self._longest, SHORT)
        for number, began in self._began.items():
            took = time.monotonic() - began
            if self._longest and took > limit and number not in self._said:
                self._said.add(number)
                warnings.warn(
                    f"worker {number + 1} of {self.workers} is slow: {took:.0f} s so far, the others took at most "
                    f"{self._longest:.0f} s; the run waits for it. See what else its machine does.",
                    PlasticaWarning,
                    stacklevel=4,
                )
