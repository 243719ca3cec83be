"""What every schedule is, and its plainest kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from .checks import AT_LEAST_ZERO, is_number, require_numbers


class Schedule(Declaration):
    """A learning rate that depends on the optimizer's count of steps.

    All numbers of a schedule are traced, lengths too: another peak, factor or length compiles nothing, and a
    schedule whose numbers are vectors is a population under ``jax.vmap``.
    """

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate at ``step``; the first step is 0."""
        raise NotImplementedError


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
    """A person's own function from the count of steps to a learning rate.

    Args:
        function: Takes the step, a whole number that may be traced, and returns the rate.
    """

    function: Callable[[Any], Any]

    def __call__(self, step: Any) -> jax.Array:
        """Return what the function returns."""
        return jnp.asarray(self.function(step))


def as_schedule(value: Any) -> Schedule:
    """Return a schedule: an instance as it is, a number as :class:`Constant`, a function wrapped.

    Raises:
        InvalidValue: For anything else.
    """
    if isinstance(value, Schedule):
        return value
    if isinstance(value, type) or not (callable(value) or is_number(value)):
        raise InvalidValue(
            f"learning rate {value!r}: a learning rate is a number, a schedule such as "
            "CosineDecay(0.1, decay_steps=1000), or a function from the step to the rate."
        )
    return CustomSchedule(value) if callable(value) else Constant(value)


def checked_rate(declared: Any) -> Any:
    """Return a declaration's ``learning_rate``, a number or a schedule; else raise InvalidValue."""
    if not is_number(declared.learning_rate):
        return as_schedule(declared.learning_rate)
    require_numbers(declared, {"learning_rate": AT_LEAST_ZERO})
    return declared.learning_rate


def count(step: Any) -> jax.Array:
    """Return a step as a float to compute with."""
    return jnp.asarray(step, float)
