"""The training time at the end of each epoch of a run."""

from __future__ import annotations

from ..training.run import Run


class EpochClock:
    """The training time at the end of each epoch, without compilation.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        self.ends: list[float] = []
        self._step, self._seconds = run.step, run.timing.running

    def look(self, run: Run) -> None:
        """Divide the time of a call among its steps; several fast epochs are one call."""
        steps, seconds = run.step - self._step, run.timing.running - self._seconds
        # The steps of a call take equally long, since they are one compiled loop.
        for epoch in range(self._step // run.batches, run.step // run.batches):
            share = ((epoch + 1) * run.batches - self._step) / steps
            self.ends.append(self._seconds + seconds * share)
        self._step, self._seconds = run.step, run.timing.running
