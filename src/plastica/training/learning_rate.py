"""A callback that sets the learning rate for each epoch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Protocol

from ..errors import InvalidValue
from ..fields import judged
from ..schedules import Schedule
from .callbacks import Callback, CallbackState, Logs, say
from .program import Program


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch.

    Use it for a rate that depends on the epoch or on something outside of training. A schedule of the optimizer, such
    as ``Adam(CosineDecay(...))``, changes the rate at each step and is faster, since many epochs run in one program.

    Args:
        schedule: A function of the epoch (from 0) and the current rate, or of the epoch alone, that returns the new
            rate.
        verbose: 1 prints the rate at each epoch.

    Raises:
        InvalidValue: If the schedule is not a function or returns an invalid rate.
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
                f"LearningRateScheduler: schedule is {schedule!r}; expected a function of (epoch, rate)."
            )
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the learning rate."""
        present = (self.model.learning_rate,) if self._takes_rate else ()
        rate = _as_rate(self.schedule(epoch, *present), epoch)
        self.model.learning_rate = rate
        if self.verbose:
            say(f"Epoch {epoch + 1}: the learning rate is {rate:g}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the learning rate to the logs."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.learning_rate)

    def get_state(self) -> CallbackState:
        """Return the current learning rate."""
        return {"learning_rate": plain_rate(self.model)}

    def set_state(self, state: CallbackState) -> None:
        """Restore the learning rate."""
        set_plain_rate(self.model, state["learning_rate"])


class RatedModel(Protocol):
    """What is used of a model."""

    program: Program
    learning_rate: float


def plain_rate(model: RatedModel) -> float | None:
    """Return the learning rate of a model if it is a number; None for a schedule."""
    return model.program.learning_rate


def set_plain_rate(model: RatedModel, rate: float | None) -> None:
    """Set the result of :func:`plain_rate`; a schedule is unchanged."""
    if rate is not None:
        model.learning_rate = rate


def _takes_two(function: Callable[..., object]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a built-in function without a signature
        return True
    return True


def _as_rate(value: float, epoch: int) -> float:
    try:
        rate = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        rate = math.nan
    if not (math.isfinite(rate) and rate >= 0):
        raise InvalidValue(
            f"LearningRateScheduler: the schedule gave {value!r} for epoch {epoch}; expected a number, 0 or above."
        )
    return rate
