"""Lion: steps of one size, in the direction of a sign."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import BELOW_ONE, require_numbers
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Lion(Leafwise):
    """Every element steps by the learning rate, in the direction of a sign.

    When to use: for large networks, as it keeps one array beside the weights where Adam keeps two. Take a rate
    3 to 10 times lower than for Adam, and a weight decay as many times higher.

    w ← w - rate sign(β₁ m + (1 - β₁) g);  m ← β₂ m + (1 - β₂) g

    Args:
        learning_rate: The size of every step.
        beta_1: How much the mean gradient counts in the sign.
        beta_2: How much of the mean gradient stays.

    Reference:
        X. Chen et al., 2023, Symbolic discovery of optimization algorithms, program 1.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"beta_1": BELOW_ONE, "beta_2": BELOW_ONE})

    def slots(self) -> dict[str, Any]:
        """Return the running mean of the gradient."""
        return {"momentum": 0.0}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: Any) -> tuple[jax.Array, Slots]:
        """Return one moved array and its running mean."""
        momentum = slots["momentum"]
        moved = weight - pace * jnp.sign(self.beta_1 * momentum + (1 - self.beta_1) * gradient)
        return moved, {"momentum": self.beta_2 * momentum + (1 - self.beta_2) * gradient}
