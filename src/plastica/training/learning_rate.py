"""Set the learning rate from epoch to epoch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InvalidValue
from ..fields import judged
from ..schedules import Schedule
from .callbacks import Callback, Logs, say


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch.

    Use it for a rate that follows from the epoch alone or from something outside the run. A schedule given to
    the optimizer, such as ``Adam(CosineDecay(...))``, changes the rate at each step and lets many epochs run
    as one program.

    Args:
        schedule: A function of the epoch (the first is 0) and the present rate, or of the epoch alone, that
            returns the new rate.
        verbose: 1 says the rate at each epoch.

    Raises:
        InvalidValue: The schedule is not a function, or returns something that is no learning rate.
    """

    @judged
    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if isinstance(schedule, Schedule):
            raise InvalidValue(
                f"LearningRateScheduler: {schedule!r} counts steps, not epochs. "
                "Give it to the optimizer as its learning_rate instead."
            )
        if not callable(schedule):
            raise InvalidValue(
                f"LearningRateScheduler: schedule is {schedule!r}; it takes a function of (epoch, rate)."
            )
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate."""
        present = (self.model.learning_rate,) if self._takes_rate else ()
        rate = _as_rate(self.schedule(epoch, *present), epoch)
        self.model.learning_rate = rate
        if self.verbose:
            say(f"Epoch {epoch + 1}: the learning rate is {rate:g}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Put the rate of the epoch into its logs."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.learning_rate)

    def get_state(self) -> dict[str, Any]:
        """Return the present rate."""
        return {"learning_rate": plain_rate(self.model)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Set the rate the run had."""
        set_plain_rate(self.model, state["learning_rate"])


def plain_rate(model: Any) -> float | None:
    """Return a model's learning rate where it is a number; None where a schedule gives it."""
    rate = model.optimizer.learning_rate
    return None if isinstance(rate, Schedule) else float(rate)


def set_plain_rate(model: Any, rate: float | None) -> None:
    """Set what :func:`plain_rate` gave; a schedule stays what it is."""
    if rate is not None:
        model.learning_rate = rate


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a built-in function without a signature
        return True
    return True


def _as_rate(value: Any, epoch: int) -> float:
    try:
        rate = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        rate = math.nan
    if not (math.isfinite(rate) and rate >= 0):
        raise InvalidValue(
            f"LearningRateScheduler: the schedule gave {value!r} for epoch {epoch}; it takes 0 or above."
        )
    return rate
