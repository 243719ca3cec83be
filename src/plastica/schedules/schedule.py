"""The base class of schedules, and the simplest ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .checks import AT_LEAST_ZERO, is_number, require_numbers


class Schedule(Declaration):
    """A learning rate that depends on the number of steps made by the optimizer.

    All numbers of a schedule are traced, including lengths: changing a peak, a factor or a length compiles nothing, and
    a schedule whose numbers are vectors is a population under ``jax.vmap``.
    """

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate at ``step``; the first step is 0."""
        raise NotImplementedError


@declaration
class Constant(Schedule):
    """The same learning rate at every step.

    Args:
        learning_rate: The learning rate.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = Constant(0.1)
        >>> [round(float(schedule(step)), 4) for step in (0, 100)]
        [0.1, 0.1]
    """

    learning_rate: float

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": AT_LEAST_ZERO})

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate."""
        return jnp.asarray(self.learning_rate)


@declaration
class CustomSchedule(Schedule):
    """A function of your own from the step to the learning rate.

    Args:
        function: Takes the step, an integer that may be traced, and returns the learning rate.

    Example:
        >>> schedule = CustomSchedule(lambda step: 0.1 / (1 + step))
        >>> [round(float(schedule(step)), 4) for step in (0, 3)]
        [0.1, 0.025]
    """

    function: Callable[[Array | int], ArrayLike]

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the value of the function."""
        return jnp.asarray(self.function(step))


def as_schedule(value: object) -> Schedule:
    """Return a schedule for an instance, a number (:class:`Constant`) or a function.

    Raises:
        InvalidValue: For any other value.
    """
    if isinstance(value, Schedule):
        return value
    if isinstance(value, type) or not (callable(value) or is_number(value)):
        raise InvalidValue(
            f"learning rate {value!r}: a learning rate is a number, a schedule such as "
            "CosineDecay(0.1, decay_steps=1000), or a function from the step to the rate."
        )
    return (
        CustomSchedule(cast("Callable[[Array | int], ArrayLike]", value))
        if callable(value)
        else Constant(cast(float, value))
    )


def checked_rate(declared: Any) -> float | Schedule:
    """Return the ``learning_rate`` of a declaration, a number or a schedule; raise InvalidValue for anything else."""
    if not is_number(declared.learning_rate):
        return as_schedule(declared.learning_rate)
    require_numbers(declared, {"learning_rate": AT_LEAST_ZERO})
    return declared.learning_rate


def count(step: Num[Array, ""] | int) -> Float[Array, ""]:
    """Return a step as a float array."""
    return jnp.asarray(step, float)
