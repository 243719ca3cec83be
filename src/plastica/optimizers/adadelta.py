"""Adadelta: the gradient in units of the weights."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, BELOW_ONE, require_numbers
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adadelta(Leafwise):
    """The gradient over its running size, times the running size of the steps.

    When to use: where no learning rate is known at all; then with ``learning_rate=1.0``, as in the paper.

    v ← ρ v + (1 - ρ) g²;  s = √(d + ε) / √(v + ε) g;  d ← ρ d + (1 - ρ) s²;  w ← w - rate s

    Args:
        learning_rate: The rate; Keras's default, a thousandth of the paper's.
        rho: How much of both means stays.
        epsilon: Starts the steps and keeps the quotient finite.

    Reference:
        M. D. Zeiler, 2012, ADADELTA: an adaptive learning rate method, algorithm 1.
    """

    learning_rate: float | Schedule = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"rho": BELOW_ONE, "epsilon": AT_LEAST_ZERO})

    def slots(self) -> dict[str, Any]:
        """Return the mean squares of gradients and of steps."""
        return {"velocity": 0.0, "steps": 0.0}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: Any) -> tuple[jax.Array, Slots]:
        """Return one moved array and its mean squares."""
        velocity = self.rho * slots["velocity"] + (1 - self.rho) * jnp.square(gradient)
        step = jnp.sqrt(slots["steps"] + self.epsilon) / jnp.sqrt(velocity + self.epsilon) * gradient
        steps = self.rho * slots["steps"] + (1 - self.rho) * jnp.square(step)
        return weight - pace * step, {"velocity": velocity, "steps": steps}
