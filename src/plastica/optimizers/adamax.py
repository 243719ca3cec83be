"""Adamax: Adam with the infinity norm."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..schedules import Schedule
from .adam import check_betas
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adamax(Leafwise):
    """Adam with the largest gradient of late in place of the mean square.

    When to use: where gradients are sparse or have outliers, as with embeddings.

    m ← β₁ m + (1 - β₁) g;  u ← max(β₂ u, |g|);  w ← w - rate / (1 - β₁ᵗ) m / (u + ε)

    Args:
        learning_rate: The rate.
        beta_1: How much of the mean gradient stays.
        beta_2: How fast the largest gradient is forgotten.
        epsilon: Keeps the quotient finite.

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

    def slots(self) -> dict[str, Any]:
        """Return the running mean of the gradient and its running maximum."""
        return {"momentum": 0.0, "norm": 0.0}

    def scalars(self) -> dict[str, Any]:
        """Return the power of the first beta."""
        return {"power_1": 1.0}

    def pace(self, rate: jax.Array, scalars: Slots) -> tuple[Any, Slots]:
        """Return the rate with the bias correction."""
        power_1 = scalars["power_1"] * self.beta_1
        return rate / (1 - power_1), {"power_1": power_1}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: Any) -> tuple[jax.Array, Slots]:
        """Return one moved array, its mean and its maximum."""
        momentum = self.beta_1 * slots["momentum"] + (1 - self.beta_1) * gradient
        norm = jnp.maximum(self.beta_2 * slots["norm"], jnp.abs(gradient))
        return weight - pace * momentum / (norm + self.epsilon), {"momentum": momentum, "norm": norm}
