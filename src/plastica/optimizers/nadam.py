"""Nadam: Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..schedules import Schedule
from .adam import check_betas, moments
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer

DECAY = 0.96
"""How the momentum warms up: β₁ (1 - DECAY^t / 2); the constant of Dozat's paper."""


class StepFactors(NamedTuple):
    """What all arrays share at one step.

    Attributes:
        momentum: By what the mean gradient counts.
        gradient: By what the gradient itself counts.
        correction: What the mean square is divided by.
    """

    momentum: jax.Array
    gradient: jax.Array
    correction: jax.Array


@declaration
class Nadam(Leafwise):
    """Adam with Nesterov's momentum, which warms up.

    When to use: in place of Adam, where it oscillates.

    μₜ = β₁ (1 - 0.96ᵗ / 2);  m̂ = μₜ₊₁ m / (1 - μ₁ ... μₜ₊₁) + (1 - μₜ) g / (1 - μ₁ ... μₜ);
    w ← w - rate m̂ / (√(v / (1 - β₂ᵗ)) + ε)

    Args:
        learning_rate: The rate.
        beta_1: How much of the mean gradient stays.
        beta_2: How much of the mean square stays.
        epsilon: Keeps the quotient finite.

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

    def slots(self) -> dict[str, Any]:
        """Return the running means of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0}

    def scalars(self) -> dict[str, Any]:
        """Return the product of all momenta so far, and the powers of the warm-up and of the second beta."""
        return {"product": 1.0, "warmup": 1.0, "power_2": 1.0}

    def pace(self, rate: jax.Array, scalars: Slots) -> tuple[Any, Slots]:
        """Return the weights of mean and gradient, and the mean square's correction."""
        warmup, power_2 = scalars["warmup"] * DECAY, scalars["power_2"] * self.beta_2
        now, ahead = (self.beta_1 * (1 - 0.5 * power) for power in (warmup, warmup * DECAY))
        product = scalars["product"] * now
        pace = StepFactors(rate * ahead / (1 - product * ahead), rate * (1 - now) / (1 - product), 1 - power_2)
        return pace, {"product": product, "warmup": warmup, "power_2": power_2}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: StepFactors) -> tuple[jax.Array, Slots]:
        """Return one moved array and its running means."""
        new = moments(self, gradient, slots)
        step = pace.momentum * new["momentum"] + pace.gradient * gradient
        return weight - step / (jnp.sqrt(new["velocity"] / pace.correction) + self.epsilon), new
