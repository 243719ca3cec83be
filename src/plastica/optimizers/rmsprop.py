"""RMSprop: the gradient over its running size."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, BELOW_ONE, FRACTION, require_numbers
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer
from .sgd import drop_zero_momentum


@declaration
class RMSprop(Leafwise):
    """The gradient over the running root of its mean square.

    When to use: for recurrent networks and where the loss itself moves (reinforcement learning).

    v ← ρ v + (1 - ρ) g²;  s ← momentum s + rate g / √(v + ε);  w ← w - s

    Args:
        learning_rate: The rate.
        rho: How much of the mean square stays.
        momentum: How much of the last step goes on; None, as 0, keeps no array for it.
        epsilon: Keeps the quotient finite; under the root, as in Keras.
        centered: Whether the mean gradient's square is taken off, so that v is a variance.

    Reference:
        T. Tieleman, G. Hinton, 2012, Lecture 6.5, rmsprop.
        A. Graves, 2013, Generating sequences with recurrent neural networks, equations 38 to 41, for
        ``centered``.
    """

    learning_rate: float | Schedule = 0.001
    rho: float = 0.9
    momentum: float | None = None
    epsilon: float = 1e-7
    centered: bool = False

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"rho": BELOW_ONE, "momentum": FRACTION, "epsilon": AT_LEAST_ZERO})
        drop_zero_momentum(self)

    def slots(self) -> dict[str, Any]:
        """Return the mean square and, where asked for, the last step and the mean gradient."""
        names = [
            "velocity",
            *(["step"] if self.momentum is not None else []),
            *(["mean"] if self.centered else []),
        ]
        return dict.fromkeys(names, 0.0)

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: Any) -> tuple[jax.Array, Slots]:
        """Return one moved array and its running means."""
        new = {"velocity": self.rho * slots["velocity"] + (1 - self.rho) * jnp.square(gradient)}
        size = new["velocity"] + self.epsilon
        if self.centered:
            new["mean"] = self.rho * slots["mean"] + (1 - self.rho) * gradient
            size = new["velocity"] - jnp.square(new["mean"]) + self.epsilon
        step = pace * gradient / jnp.sqrt(size)
        if self.momentum is not None:
            new["step"] = step = self.momentum * slots["step"] + step
        return weight - step, new
