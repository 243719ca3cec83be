"""Schedules that decay in steps, exponentially, in inverse proportion to time, or as a power."""

from __future__ import annotations

import math
from itertools import pairwise

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from .schedule import Schedule, count


@declaration
class PiecewiseConstantDecay(Schedule):
    """A constant learning rate in each of several intervals.

    When to use: for recipes that name their steps, such as "0.1, and 0.01 from step 30,000 on".

    The rate is ``values[i]`` up to and including step ``boundaries[i]``, and ``values[-1]`` after the last boundary.

    Args:
        boundaries: The steps at which the rate changes, in ascending order.
        values: The learning rates, one more than boundaries. Boundaries and values are constants of the program;
            other ones compile again.

    Raises:
        InvalidValue: If the boundaries are not ascending or the numbers of boundaries and values do not match.

    Example:
        >>> schedule = PiecewiseConstantDecay((10, 20), (0.1, 0.01, 0.001))
        >>> [round(float(schedule(step)), 4) for step in (10, 11, 21)]
        [0.1, 0.01, 0.001]
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        boundaries, values = tuple(self.boundaries), tuple(float(value) for value in self.values)
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "values", values)
        if len(values) != len(boundaries) + 1 or any(value < 0 or not math.isfinite(value) for value in values):
            raise InvalidValue(
                f"PiecewiseConstantDecay: got {len(boundaries)} boundaries and the values {values}; "
                "there must be one more value than boundaries, and values must be finite and at least 0."
            )
        if any(one >= other for one, other in pairwise(boundaries)):
            raise InvalidValue(f"PiecewiseConstantDecay(boundaries={boundaries}): boundaries must be ascending.")

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the value of the current interval."""
        passed = jnp.sum(jnp.asarray(step) > jnp.asarray(self.boundaries, jnp.int32))
        return jnp.asarray(self.values)[passed]


@declaration
class StepDecay(Schedule):
    """A learning rate that is multiplied by a factor at regular intervals.

    When to use: for the classical recipe of image networks, a tenth of the rate every 30 epochs.

    rate(t) = initial_learning_rate * factor ^ floor(t / decay_steps)

    Args:
        initial_learning_rate: The learning rate at the start.
        decay_steps: The number of steps between changes.
        factor: The factor; 0.1 by default, as is customary.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = StepDecay(0.1, decay_steps=10)
        >>> [round(float(schedule(step)), 4) for step in (0, 9, 10, 20)]
        [0.1, 0.1, 0.01, 0.001]
    """

    initial_learning_rate: float
    decay_steps: float
    factor: float = 0.1

    def __post_init__(self) -> None:
        require_numbers(
            self, {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "factor": AT_LEAST_ZERO}
        )

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate of the current interval."""
        return self.initial_learning_rate * jnp.power(self.factor, jnp.floor(count(step) / self.decay_steps))


@declaration
class ExponentialDecay(Schedule):
    """A learning rate that falls by the same factor in every ``decay_steps`` steps.

    rate(t) = initial_learning_rate * decay_rate ^ (t / decay_steps)

    Args:
        initial_learning_rate: The learning rate at the start.
        decay_steps: The number of steps in which the rate is multiplied by ``decay_rate``.
        decay_rate: The factor.
        staircase: Whether to round the exponent down, so that the rate falls in steps.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.25)
        >>> [round(float(schedule(step)), 4) for step in (0, 5, 10)]
        [0.1, 0.05, 0.025]
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        require_numbers(
            self,
            {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "decay_rate": ABOVE_ZERO},
        )

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the decayed learning rate."""
        return self.initial_learning_rate * jnp.power(self.decay_rate, _periods(self, step))


@declaration
class InverseTimeDecay(Schedule):
    """A learning rate that falls in inverse proportion to time, as in stochastic approximation.

    rate(t) = initial_learning_rate / (1 + decay_rate * t / decay_steps)

    Args:
        initial_learning_rate: The learning rate at the start.
        decay_steps: The unit of time, in steps.
        decay_rate: The speed of the decay.
        staircase: Whether to round the time down to whole units.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)
        >>> [round(float(schedule(step)), 4) for step in (0, 10, 30)]
        [0.1, 0.05, 0.025]

    Reference:
        H. Robbins, S. Monro, 1951, A stochastic approximation method.
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        require_numbers(
            self,
            {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "decay_rate": AT_LEAST_ZERO},
        )

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the decayed learning rate."""
        return self.initial_learning_rate / (1 + self.decay_rate * _periods(self, step))


@declaration
class PolynomialDecay(Schedule):
    """A learning rate that falls as a power of the remaining time; linearly for a power of 1.

    rate(t) = (initial_learning_rate - end_learning_rate) * (1 - t / decay_steps) ^ power + end_learning_rate

    Args:
        initial_learning_rate: The learning rate at the start.
        decay_steps: The number of steps until the end of the decay.
        end_learning_rate: The learning rate from then on.
        power: The exponent: 1 for a straight line, 2 for a parabola that flattens towards the end.
        cycle: Whether, after the end, ``decay_steps`` is extended to its next multiple, so that the rate jumps up and
            falls again.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)
        >>> [round(float(schedule(step)), 4) for step in (0, 5, 10, 20)]
        [0.1, 0.05, 0.0, 0.0]
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        rates = {"initial_learning_rate": AT_LEAST_ZERO, "end_learning_rate": AT_LEAST_ZERO}
        require_numbers(self, {**rates, "decay_steps": ABOVE_ZERO, "power": ABOVE_ZERO})

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the decayed learning rate."""
        time = count(step)
        if self.cycle:
            length = self.decay_steps * jnp.maximum(1, jnp.ceil(time / self.decay_steps))
        else:
            length = self.decay_steps
            time = jnp.minimum(time, length)
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * jnp.power(1 - time / length, self.power) + self.end_learning_rate


def _periods(decay: ExponentialDecay | InverseTimeDecay, step: Num[Array, ""] | int) -> Float[Array, ""]:
    periods = count(step) / decay.decay_steps
    return jnp.floor(periods) if decay.staircase else periods
