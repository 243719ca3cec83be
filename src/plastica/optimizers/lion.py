"""Lion: steps of constant size in the direction of a sign."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import BELOW_ONE, require_numbers
from ..typing import Float, PyTree
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Lion(Leafwise):
    """Lion: each weight moves by the learning rate, in the direction of the sign of a moving average.

    When to use: for large networks, since it keeps one array per weight array instead of Adam's two. Use a learning
    rate 3 to 10 times lower than for Adam, and a weight decay higher by the same factor.

    w ← w - rate sign(β₁ m + (1 - β₁) g);  m ← β₂ m + (1 - β₂) g

    Args:
        learning_rate: The learning rate, a number or a schedule; the size of every step.
        beta_1: Weight of the moving average in the sign. 0.9 by default, as in the paper.
        beta_2: Decay of the moving average. 0.99 by default, as in the paper.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Lion(0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.9, 2.0]

    Reference:
        X. Chen et al., 2023, Symbolic discovery of optimization algorithms, program 1.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"beta_1": BELOW_ONE, "beta_2": BELOW_ONE})

    def slots(self) -> dict[str, float]:
        """Return the moving average of the gradient."""
        return {"momentum": 0.0}

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its moving average."""
        momentum = slots["momentum"]
        moved = weight - pace * jnp.sign(self.beta_1 * momentum + (1 - self.beta_1) * gradient)
        return moved, {"momentum": self.beta_2 * momentum + (1 - self.beta_2) * gradient}
