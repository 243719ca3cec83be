"""How many epochs a model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .callbacks import Callback, Logs, Needs
from .run import Run


class EpochCount(Callback):
    """Keeps the model's count of epochs, so that a model saved within a run trains on as the run did."""

    needs: Needs = "logs"

    def __init__(self, run: Run) -> None:
        self.run, self.first = run, run.source.first_epoch - run.first_epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Count."""
        self.model.epochs_trained = self.first + epoch + 1

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Count what a run that is resumed made before."""
        self.model.epochs_trained = self.run.source.first_epoch + self.run.step // self.run.source.batches
