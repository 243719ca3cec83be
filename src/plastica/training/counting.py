"""The number of epochs for which a model was trained."""

from __future__ import annotations

from .callbacks import Callback, CallbackState, Logs, Needs
from .member import Member


class EpochCount(Callback):
    """Update the number of epochs in the model, so that a model saved during a run continues training exactly."""

    needs: Needs = "logs"

    def __init__(self, member: Member) -> None:
        self.member, self.first = member, member.source.first_epoch - member.first_epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Count the epoch."""
        self.model.epochs_trained = self.first + epoch + 1

    def set_state(self, state: CallbackState) -> None:
        """Count the epochs before a resumed run was interrupted."""
        source = self.member.source
        self.model.epochs_trained = source.first_epoch + self.member.step // source.batches
