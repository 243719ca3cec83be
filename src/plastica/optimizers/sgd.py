"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import jax

from ..declaration import declaration
from ..schedules import FRACTION, Schedule, require_numbers
from .optimizer import Leafwise, Optimizer


@declaration
class SGD(Leafwise):
    """Stochastic gradient descent, with or without momentum."""

    learning_rate: float | Schedule = 0.01
    momentum: float | None = None
    nesterov: bool = False

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"momentum": FRACTION})
        if isinstance(self.momentum, float) and self.momentum == 0:
            object.__setattr__(self, "momentum", None)

    def slots(self) -> dict[str, Any]:
        """Return the velocity, where there is momentum."""
        return {} if self.momentum is None else {"momentum": 0.0}

    def move(
        self, weight: jax.Array, gradient: jax.Array, slots: dict[str, jax.Array], pace: Any
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Return one moved array."""
        if self.momentum is None:
            return weight - pace * gradient, {}
        velocity = self.momentum * slots["momentum"] - pace * gradient
        step = self.momentum * velocity - pace * gradient if self.nesterov else velocity
        return weight + step, {"momentum": velocity}
