"""Compiling on another core, while a network trains, what predicts afterwards."""

from __future__ import annotations

from threading import Thread

from ..checks.prepared import Prepared
from ..model import Sequential
from ..model.inference import compiling_predictions
from ..training.run import Run


class PredictionsAhead:
    """A hook of ``fit`` that compiles the programs which predict the validation and test rows; see :meth:`wait`.

    They compile in another thread once the program of training is compiled, which needs all cores itself. The first
    prediction would otherwise wait for them, half a second after each training of a new kind of network.

    Args:
        model: The network.
        prepared: The table.
    """

    def __init__(self, model: Sequential, prepared: Prepared) -> None:
        self.model, self.prepared = model, prepared
        self._thread: Thread | None = None

    def __call__(self, run: Run) -> None:
        """Begin to compile after the first call of the program of training."""
        if self._thread is not None or not len(self.prepared.x):
            return
        held, test = len(self.prepared.split.validation), len(self.prepared.split.test)
        # Single rows and small tests are one chunk.
        compile_each = compiling_predictions(self.model, self.prepared.x[:1], {1, held, test, held + test})
        self._thread = Thread(target=compile_each, name="plastica-predictions")
        self._thread.start()

    def wait(self) -> None:
        """Wait until they are compiled."""
        if self._thread is not None:
            self._thread.join()
