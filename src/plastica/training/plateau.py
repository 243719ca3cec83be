"""A callback that reduces the learning rate when a metric has stopped improving."""

from __future__ import annotations

from ..errors import InvalidValue
from ..fields import judged
from .callbacks import CallbackState, Logs, say
from .learning_rate import plain_rate, set_plain_rate
from .monitor import Mode, Monitor, kept, put_back

STATE = ("best", "wait", "cooldown_counter")


class ReduceLROnPlateau(Monitor):
    """Reduce the learning rate when a metric has stopped improving.

    Smaller steps then converge closer to the minimum.

    Equation: rate := max(factor rate, min_lr).

    Args:
        monitor: The metric to monitor.
        factor: The factor by which the rate is multiplied, above 0 and below 1.
        patience: The number of epochs without improvement before the rate is reduced.
        verbose: 1 prints when the rate changes.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to infer the direction from the name.
        min_delta: The minimum change that counts as an improvement.
        cooldown: The number of epochs to wait after a reduction before counting again.
        min_lr: The lower bound of the rate.

    Raises:
        InvalidValue: If ``factor`` is not between 0 and 1, or the direction cannot be inferred.
        UnknownName: At the end of the first epoch, if there is no such metric.
    """

    @judged
    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: Mode = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not 0 < factor < 1:
            raise InvalidValue(f"ReduceLROnPlateau: factor is {factor!r}; expected a number above 0 and below 1.")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the state."""
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Reduce the rate after ``patience`` epochs without improvement."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.learning_rate)
        value = self.current(logs)
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def get_state(self) -> CallbackState:
        """Return the counters, the best value and the current rate."""
        return {**kept(self, STATE), "learning_rate": plain_rate(self.model)}

    def set_state(self, state: CallbackState) -> None:
        """Restore the counters and the rate."""
        put_back(self, state, STATE)
        set_plain_rate(self.model, state["learning_rate"])

    def _reduce(self, epoch: int) -> None:
        rate = float(self.model.learning_rate)
        if rate <= self.min_lr:
            return
        lower = max(rate * self.factor, self.min_lr)
        self.model.learning_rate = lower
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose:
            say(f"Epoch {epoch + 1}: {self.monitor} has stopped improving; the learning rate is now {lower:g}.")
