"""Adamax: Adam with the maximum norm."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..typing import Float, PyTree
from .adam import check_betas
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adamax(Leafwise):
    """Adam with a decaying maximum of the gradient instead of its mean square.

    When to use: for gradients that are sparse or have outliers, as with embeddings.

    m ← β₁ m + (1 - β₁) g;  u ← max(β₂ u, |g|);  w ← w - rate / (1 - β₁ᵗ) m / (u + ε)

    Args:
        learning_rate: The learning rate, a number or a schedule.
        beta_1: Decay of the moving average of the gradient (the momentum). 0.9 by default, as in the paper.
        beta_2: Decay of the maximum. 0.999 by default, as in the paper.
        epsilon: Prevents division by zero. 1e-7 by default, as in Keras.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Adamax(0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.9, 2.0]

    Reference:
        D. P. Kingma, J. Ba, 2015, Adam: a method for stochastic optimization, algorithm 2.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_betas(self)

    def slots(self) -> dict[str, float]:
        """Return the moving average of the gradient and the decaying maximum."""
        return {"momentum": 0.0, "norm": 0.0}

    def scalars(self) -> dict[str, float]:
        """Return the power of the first beta."""
        return {"power_1": 1.0}

    def pace(self, rate: Float[Array, ""], scalars: Slots) -> tuple[PyTree, Slots]:
        """Return the learning rate with the bias correction."""
        power_1 = scalars["power_1"] * self.beta_1
        return rate / (1 - power_1), {"power_1": power_1}

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array, its moving average and its maximum."""
        momentum = self.beta_1 * slots["momentum"] + (1 - self.beta_1) * gradient
        norm = jnp.maximum(self.beta_2 * slots["norm"], jnp.abs(gradient))
        return weight - pace * momentum / (norm + self.epsilon), {"momentum": momentum, "norm": norm}
