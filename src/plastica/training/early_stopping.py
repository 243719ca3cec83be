"""Early stopping."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InvalidValue
from ..fields import judged
from .callbacks import CallbackState, Logs, say
from .monitor import Mode, Monitor, kept, put_back

STATE = ("wait", "stopped_epoch", "best", "best_epoch")


class EarlyStopping(Monitor):
    """Stop training when a metric has stopped improving.

    Use it with validation data to prevent overfitting.

    Args:
        monitor: The metric to monitor.
        min_delta: The minimum change that counts as an improvement.
        patience: The number of epochs without improvement before training stops.
        verbose: 1 prints when training stops and which weights are restored.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to infer the direction from the name.
        baseline: The value that must be exceeded for an improvement to count.
        restore_best_weights: Whether to restore the weights and running statistics of the best epoch, however
            training ended. Default False, as in Keras.
        start_from_epoch: The number of epochs to ignore at the beginning.

    Raises:
        InvalidValue: If ``patience`` or ``start_from_epoch`` is below 0, or the direction cannot be inferred.
        UnknownName: At the end of the first epoch, if there is no such metric.

    Example:
        >>> EarlyStopping("val_loss", patience=5, restore_best_weights=True).mode
        'min'

    Reference:
        L. Prechelt (1998), Early stopping - but when?
    """

    @judged
    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: Mode = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        for name, value in (("patience", patience), ("start_from_epoch", start_from_epoch)):
            if value < 0:
                raise InvalidValue(f"EarlyStopping: {name} is {value!r}; expected a number of epochs, 0 or above.")
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the state."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self._best_weights: dict[str, np.ndarray] = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Record improvements, and stop training after ``patience`` epochs without any."""
        value = self.current(logs)
        if epoch < self.start_from_epoch:
            return
        # Even if the monitored value is never a number, there are weights to restore: those of the first epoch.
        if self.restore_best_weights and not self._best_weights:
            self._keep(epoch)
        self.wait += 1
        if self.improves(value, self.best):
            self.best = value
            self._keep(epoch)
            # Improvements that stay behind the baseline do not reset the patience, as in Keras.
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop(f"EarlyStopping: {self._what_happened()}")

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Restore the best weights, if requested."""
        if self.verbose and self.stopped_epoch:
            say(f"Epoch {self.stopped_epoch + 1}: stopped early, {self._what_happened()}.")
        if self._best_weights:
            self.model.restore(self._best_weights)
            if self.verbose:
                say(f"Restored the weights of epoch {self.best_epoch + 1}, the best.")

    def get_state(self) -> CallbackState:
        """Return the counters and the best value."""
        return kept(self, STATE)

    def set_state(self, state: CallbackState) -> None:
        """Restore the counters and the best value."""
        put_back(self, state, STATE)

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the weights of the best epoch."""
        return dict(self._best_weights)

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the weights of the best epoch."""
        self._best_weights = dict(arrays)

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self._best_weights = dict(self.model.snapshot())

    def _what_happened(self) -> str:
        if self.best is None:
            return f"{self.monitor} was never a number"
        epochs = "epoch" if self.wait == 1 else "epochs"
        return (
            f"{self.monitor} was best at epoch {self.best_epoch + 1} ({self.best:.4g}) "
            f"and not better for {self.wait} {epochs}"
        )
