"""The number of epochs for which a model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .callbacks import Callback, Logs, Needs
from .run import Run


class EpochCount(Callback):
    """Update the number of epochs in the model, so that a model saved during a run continues training exactly."""

    needs: Needs = "logs"

    def __init__(self, run: Run) -> None:
        self.run, self.first = run, run.source.first_epoch - run.first_epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Count the epoch."""
        self.model.epochs_trained = self.first + epoch + 1

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Count the epochs before a resumed run was interrupted."""
        self.model.epochs_trained = self.run.source.first_epoch + self.run.step // self.run.source.batches
