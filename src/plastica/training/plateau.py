"""Lower the learning rate when the figure that counts no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidValue
from ..fields import judged
from .callbacks import Logs, say
from .learning_rate import plain_rate, set_plain_rate
from .monitor import Mode, Monitor, kept, put_back

STATE = ("best", "wait", "cooldown_counter")


class ReduceLROnPlateau(Monitor):
    """Multiply the learning rate by a factor when a figure has not got better for some epochs.

    Use it when the loss falls, then hovers: smaller steps settle closer to the minimum.

    Equation: rate := max(factor rate, min_lr).

    Args:
        monitor: The figure to watch.
        factor: What the rate is multiplied by; above 0 and below 1.
        patience: Epochs to wait without anything better.
        verbose: 1 says when the rate changes.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to judge by the name.
        min_delta: What counts as better must be better by more than this.
        cooldown: Epochs after a change in which nothing is counted.
        min_lr: The rate never falls below this.

    Raises:
        InvalidValue: ``factor`` is not between 0 and 1, or the direction cannot be told.
        UnknownName: At the end of the first epoch, when the run has no such figure.
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
            raise InvalidValue(f"ReduceLROnPlateau: factor is {factor!r}; it takes a number above 0 and below 1.")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier run."""
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Count, and lower the rate when patience is over."""
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

    def get_state(self) -> dict[str, Any]:
        """Return the counters, the best figure and the present rate."""
        return {**kept(self, STATE), "learning_rate": plain_rate(self.model)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the counters, and set the rate the run had."""
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
            say(f"Epoch {epoch + 1}: {self.monitor} hovers; the learning rate is now {lower:g}.")
