"""Adagrad: the gradient divided by the root of the sum of all its squares."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, require_numbers
from ..typing import Float, PyTree
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adagrad(Leafwise):
    """Adagrad: the gradient divided by the root of the sum of all its squares so far.

    When to use: for sparse inputs, in which rare features need large steps. The steps only become smaller.

    s ← s + g²;  w ← w - rate g / √(s + ε)

    Args:
        learning_rate: The learning rate, a number or a schedule. 0.001 by default, as in Keras; most problems need 0.1
            to 1.
        initial_accumulator_value: The initial value of the sums, which limits the first steps.
        epsilon: Prevents division by zero; under the root, as in Keras.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Adagrad(0.5)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.5061, 2.0]

    Reference:
        J. Duchi, E. Hazan, Y. Singer, 2011, Adaptive subgradient methods for online learning and stochastic
        optimization, figure 1.
    """

    learning_rate: float | Schedule = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"initial_accumulator_value": AT_LEAST_ZERO, "epsilon": AT_LEAST_ZERO})

    def slots(self) -> dict[str, float]:
        """Return the sum of squares."""
        return {"accumulator": self.initial_accumulator_value}

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its sum of squares."""
        accumulator = slots["accumulator"] + jnp.square(gradient)
        return weight - pace * gradient / jnp.sqrt(accumulator + self.epsilon), {"accumulator": accumulator}
