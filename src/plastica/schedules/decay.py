"""Schedules that fall: in stairs, exponentially, as one over the time, along a power."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from .checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from .schedule import Schedule, count


@declaration
class PiecewiseConstantDecay(Schedule):
    """One learning rate after another.

    When to use: to repeat a recipe that names its steps, "0.1, from step 30,000 on 0.01".

    The rate is ``values[i]`` up to and with step ``boundaries[i]``, and ``values[-1]`` after the last.

    Args:
        boundaries: Steps, rising.
        values: Rates, one more than boundaries. Both belong to the compiled program: others compile anew.

    Raises:
        InvalidValue: If the boundaries do not rise or the numbers of both do not fit.
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
                "values must be one more than boundaries, finite and at least 0."
            )
        if any(one >= other for one, other in pairwise(boundaries)):
            raise InvalidValue(f"PiecewiseConstantDecay(boundaries={boundaries}): boundaries must rise.")

    def __call__(self, step: Any) -> jax.Array:
        """Return the value of the piece that ``step`` lies in."""
        passed = jnp.sum(jnp.asarray(step) > jnp.asarray(self.boundaries, jnp.int32))
        return jnp.asarray(self.values)[passed]


@declaration
class StepDecay(Schedule):
    """A learning rate multiplied by a factor every so many steps.

    When to use: the classical recipe for image networks, a tenth of the rate every 30 epochs.

    rate(t) = initial_learning_rate * factor ^ floor(t / decay_steps)

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: After how many steps the factor comes in again.
        factor: What the rate is multiplied by; a tenth, as is the custom.
    """

    initial_learning_rate: float
    decay_steps: float
    factor: float = 0.1

    def __post_init__(self) -> None:
        require_numbers(
            self, {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "factor": AT_LEAST_ZERO}
        )

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate of the stair that ``step`` lies on."""
        return self.initial_learning_rate * jnp.power(self.factor, jnp.floor(count(step) / self.decay_steps))


@declaration
class ExponentialDecay(Schedule):
    """A learning rate that falls by the same factor over each ``decay_steps``.

    rate(t) = initial_learning_rate * decay_rate ^ (t / decay_steps)

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: Over how many steps the rate is multiplied by ``decay_rate``.
        decay_rate: The factor.
        staircase: Whether the exponent is rounded down, so that the rate falls in stairs.
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

    def __call__(self, step: Any) -> jax.Array:
        """Return the decayed rate."""
        return self.initial_learning_rate * jnp.power(self.decay_rate, _periods(self, step))


@declaration
class InverseTimeDecay(Schedule):
    """A learning rate that falls as one over the time: the rate of stochastic approximation.

    rate(t) = initial_learning_rate / (1 + decay_rate * t / decay_steps)

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: The unit in which time is counted.
        decay_rate: How fast it falls.
        staircase: Whether the time is rounded down to whole units.

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

    def __call__(self, step: Any) -> jax.Array:
        """Return the decayed rate."""
        return self.initial_learning_rate / (1 + self.decay_rate * _periods(self, step))


@declaration
class PolynomialDecay(Schedule):
    """A learning rate that falls along a power of the time left; with power 1 along a line.

    rate(t) = (initial_learning_rate - end_learning_rate) * (1 - t / decay_steps) ^ power + end_learning_rate

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: After how many steps the end is reached.
        end_learning_rate: The rate from then on.
        power: 1 is a line, 2 a parabola that flattens out.
        cycle: Whether, past the end, ``decay_steps`` is stretched to its next multiple, so that the rate
            jumps up and falls again.
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        rates = {"initial_learning_rate": AT_LEAST_ZERO, "end_learning_rate": AT_LEAST_ZERO}
        require_numbers(self, {**rates, "decay_steps": ABOVE_ZERO, "power": ABOVE_ZERO})

    def __call__(self, step: Any) -> jax.Array:
        """Return the decayed rate."""
        time = count(step)
        if self.cycle:
            length = self.decay_steps * jnp.maximum(1, jnp.ceil(time / self.decay_steps))
        else:
            length = self.decay_steps
            time = jnp.minimum(time, length)
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * jnp.power(1 - time / length, self.power) + self.end_learning_rate


def _periods(decay: ExponentialDecay | InverseTimeDecay, step: Any) -> jax.Array:
    periods = count(step) / decay.decay_steps
    return jnp.floor(periods) if decay.staircase else periods
