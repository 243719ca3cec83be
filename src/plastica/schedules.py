"""Schedules: how the learning rate changes from step to step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .declaration import Declaration, declaration
from .errors import InvalidValue
from .registry import look_up


class Schedule(Declaration):
    """A learning rate that depends on the optimizer's step count.

    All numbers of a schedule are traced, lengths too: another peak, factor or length compiles nothing.
    """

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate at ``step``; the first step is 0."""
        raise NotImplementedError


ScheduleLike = Schedule | float | Callable[[Any], Any]


@declaration
class Constant(Schedule):
    """The same learning rate at every step.

    Args:
        learning_rate: The rate.
    """

    learning_rate: float

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": AT_LEAST_ZERO})

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate."""
        return jnp.asarray(self.learning_rate)


@declaration
class CustomSchedule(Schedule):
    """A person's own function from the step count to a learning rate.

    Args:
        function: Takes the step, a whole number that may be traced, and returns the rate.
    """

    function: Callable[[Any], Any]

    def __call__(self, step: Any) -> jax.Array:
        """Return what the function returns."""
        return jnp.asarray(self.function(step))


AT_LEAST_ZERO = ("a finite number of at least 0", lambda v: v >= 0)
ABOVE_ZERO = ("a finite number above 0", lambda v: v > 0)
FRACTION = ("a number in [0, 1]", lambda v: 0 <= v <= 1)
BELOW_ONE = ("a number in [0, 1)", lambda v: 0 <= v < 1)


def require_numbers(declared: Any, wanted: dict[str, tuple[str, Callable[[Any], bool]]]) -> None:
    """Check numbers of a declaration that a person wrote; None and arrays (a population) pass.

    Raises:
        InvalidValue: Naming class and field, what arrived and what is wanted.
    """
    for name, (words, holds) in wanted.items():
        value = getattr(declared, name)
        if value is None or isinstance(value, np.ndarray | jax.Array):
            continue
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not (number and np.isfinite(value) and holds(value)):
            raise InvalidValue(f"{type(declared).__name__}({name}={value!r}): {name} must be {words}.")


def get(value: Any) -> Schedule:
    """Return a schedule: an instance as it is, a number as :class:`Constant`, a function wrapped."""
    if isinstance(value, Schedule):
        return value
    if isinstance(value, str):
        kind = look_up("schedule", value, NAMES)
        raise InvalidValue(
            f'learning_rate="{value}": a schedule needs its numbers; write {kind.__name__}(...) in place of its name.'
        )
    if callable(value):
        return CustomSchedule(value)
    if isinstance(value, int | float | np.number | np.ndarray | jax.Array) and not isinstance(value, bool):
        return Constant(value)  # pyright: ignore[reportArgumentType]
    raise InvalidValue(
        f"learning_rate={value!r}: a learning rate is a number, a schedule or a function from the step to the rate."
    )


NAMES: dict[str, type[Schedule]] = {"constant": Constant}
