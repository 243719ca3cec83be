"""A warm-up before another schedule."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..typing import Float, Num
from .checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from .schedule import Schedule, as_schedule, checked_rate, count


@declaration
class LinearWarmup(Schedule):
    """A linear warm-up before another schedule.

    When to use: with large batches, or with Adam in deep networks, where the first steps would be too large.

    Args:
        learning_rate: The following learning rate or schedule; it counts steps from the end of the warm-up.
        warmup_steps: The number of steps of the warm-up.
        initial_learning_rate: The learning rate at the start; 0 by default.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> from plastica.schedules import CosineDecay
        >>> schedule = LinearWarmup(CosineDecay(0.1, decay_steps=90), warmup_steps=10)
        >>> [round(float(schedule(step)), 3) for step in (0, 5, 10, 55, 100)]
        [0.0, 0.05, 0.1, 0.05, 0.0]

    Reference:
        P. Goyal et al., 2017, Accurate, large minibatch SGD: training ImageNet in 1 hour, section 2.2.
    """

    learning_rate: float | Schedule
    warmup_steps: float
    initial_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", checked_rate(self))
        require_numbers(self, {"warmup_steps": ABOVE_ZERO, "initial_learning_rate": AT_LEAST_ZERO})

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate of the warm-up, then that of the schedule."""
        time = count(step)
        then = as_schedule(self.learning_rate)
        part = time / self.warmup_steps
        rising = self.initial_learning_rate * (1 - part) + then(jnp.zeros_like(time)) * part
        return jnp.where(part < 1, rising, then(jnp.maximum(time - self.warmup_steps, 0)))
