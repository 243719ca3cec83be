"""Adadelta: steps in the unit of the weights, without a global learning rate."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, BELOW_ONE, require_numbers
from ..typing import Float, PyTree
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adadelta(Leafwise):
    """Adadelta: the gradient, divided by its running size and multiplied by the running size of the steps.

    When to use: if no learning rate is known; then with ``learning_rate=1.0``, as in the paper.

    v ← ρ v + (1 - ρ) g²;  s = √(d + ε) / √(v + ε) g;  d ← ρ d + (1 - ρ) s²;  w ← w - rate s

    Args:
        learning_rate: The learning rate, a number or a schedule. 0.001 by default, as in Keras; the paper has none,
            which corresponds to 1.
        rho: Decay of both moving averages.
        epsilon: Determines the size of the first steps and prevents division by zero.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Adadelta(1.0)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.9986, 2.0]

    Reference:
        M. D. Zeiler, 2012, ADADELTA: an adaptive learning rate method, algorithm 1.
    """

    learning_rate: float | Schedule = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"rho": BELOW_ONE, "epsilon": AT_LEAST_ZERO})

    def slots(self) -> dict[str, float]:
        """Return the mean squares of the gradients and of the steps."""
        return {"velocity": 0.0, "steps": 0.0}

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its mean squares."""
        velocity = self.rho * slots["velocity"] + (1 - self.rho) * jnp.square(gradient)
        step = jnp.sqrt(slots["steps"] + self.epsilon) / jnp.sqrt(velocity + self.epsilon) * gradient
        steps = self.rho * slots["steps"] + (1 - self.rho) * jnp.square(step)
        return weight - pace * step, {"velocity": velocity, "steps": steps}
