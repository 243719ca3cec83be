"""Schedules: the learning rate as a function of the step. Names and values are those of Keras."""

from __future__ import annotations

from collections.abc import Callable

from jax import Array
from jax.typing import ArrayLike

from ..errors import InvalidValue
from ..registry import look_up
from .cosine import CosineDecay, CosineDecayRestarts, OneCycle
from .decay import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay, StepDecay
from .schedule import Constant, CustomSchedule, Schedule, as_schedule
from .warmup import LinearWarmup

ScheduleLike = Schedule | float | Callable[[Array | int], ArrayLike]

NAMES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "cosine_decay": CosineDecay,
    "cosine_decay_restarts": CosineDecayRestarts,
    "exponential_decay": ExponentialDecay,
    "inverse_time_decay": InverseTimeDecay,
    "linear_warmup": LinearWarmup,
    "one_cycle": OneCycle,
    "piecewise_constant_decay": PiecewiseConstantDecay,
    "polynomial_decay": PolynomialDecay,
    "step_decay": StepDecay,
}


def get(value: object) -> Schedule:
    """Return a schedule for an instance, a number (:class:`Constant`) or a function.

    Raises:
        UnknownName: For an unknown name.
        InvalidValue: For the name of a schedule, which lacks its numbers, and for any other value.
    """
    if isinstance(value, str):
        kind = look_up("schedule", value, NAMES)
        raise InvalidValue(f'schedule "{value}": a schedule needs arguments; use {kind.__name__}(...).')
    return as_schedule(value)


__all__ = [
    "NAMES",
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "CustomSchedule",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LinearWarmup",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "Schedule",
    "ScheduleLike",
    "StepDecay",
    "get",
]
