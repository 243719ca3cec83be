"""Nadam: Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..typing import Float, PyTree
from .adam import check_betas, moments
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer

DECAY = 0.96
"""The warm-up of the momentum, β₁ (1 - DECAY^t / 2); the constant is from Dozat's paper."""


class StepFactors(NamedTuple):
    """Values shared by all arrays in one step.

    Attributes:
        momentum: Factor of the moving average of the gradient.
        gradient: Factor of the gradient itself.
        correction: Bias correction of the mean square.
    """

    momentum: jax.Array
    gradient: jax.Array
    correction: jax.Array


@declaration
class Nadam(Leafwise):
    """Adam with Nesterov momentum, which warms up.

    When to use: instead of Adam if training oscillates.

    μₜ = β₁ (1 - 0.96ᵗ / 2);  m̂ = μₜ₊₁ m / (1 - μ₁ ... μₜ₊₁) + (1 - μₜ) g / (1 - μ₁ ... μₜ);
    w ← w - rate m̂ / (√(v / (1 - β₂ᵗ)) + ε)

    Args:
        learning_rate: The learning rate, a number or a schedule.
        beta_1: Decay of the moving average of the gradient (the momentum). 0.9 by default, as in the paper.
        beta_2: Decay of the moving average of its square. 0.999 by default, as in the paper.
        epsilon: Prevents division by zero. 1e-7 by default, as in Keras.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Nadam(0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.8937, 2.0]

    Reference:
        T. Dozat, 2016, Incorporating Nesterov momentum into Adam, algorithm 2.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_betas(self)

    def slots(self) -> dict[str, float]:
        """Return the moving averages of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0}

    def scalars(self) -> dict[str, float]:
        """Return the product of all momenta so far and the powers of the warm-up and of the second beta."""
        return {"product": 1.0, "warmup": 1.0, "power_2": 1.0}

    def pace(self, rate: Float[Array, ""], scalars: Slots) -> tuple[PyTree, Slots]:
        """Return the factors of moving average and gradient, and the correction of the mean square."""
        warmup, power_2 = scalars["warmup"] * DECAY, scalars["power_2"] * self.beta_2
        now, ahead = (self.beta_1 * (1 - 0.5 * power) for power in (warmup, warmup * DECAY))
        product = scalars["product"] * now
        pace = StepFactors(rate * ahead / (1 - product * ahead), rate * (1 - now) / (1 - product), 1 - power_2)
        return pace, {"product": product, "warmup": warmup, "power_2": power_2}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: StepFactors) -> tuple[jax.Array, Slots]:
        """Return the updated array and its moving averages."""
        new = moments(self.beta_1, self.beta_2, gradient, slots)
        step = pace.momentum * new["momentum"] + pace.gradient * gradient
        return weight - step / (jnp.sqrt(new["velocity"] / pace.correction) + self.epsilon), new
