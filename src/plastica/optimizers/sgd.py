"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import jax

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import FRACTION, require_numbers
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class SGD(Leafwise):
    """Stochastic gradient descent, with or without momentum.

    When to use: as the plainest step, whose every number can be followed by hand; with momentum 0.9 and a
    schedule for image networks, where it often generalises best.

    v ← momentum v - rate g;  w ← w + v, with nesterov w ← w + momentum v - rate g

    Args:
        learning_rate: The rate.
        momentum: How much of the last step goes on; None, as 0, keeps no array beside the weights.
        nesterov: Whether the gradient's part counts as if taken one step ahead.

    Example:
        >>> import numpy as np
        >>> optimizer = SGD(0.5)
        >>> params = {"w": np.array([1.0, 2.0], np.float32)}
        >>> moved, state = optimizer.update({"w": np.array([2.0, 0.0])}, optimizer.init(params), params)
        >>> moved["w"].tolist(), int(state["step"])
        ([0.0, 2.0], 1)

    Reference:
        I. Sutskever, J. Martens, G. Dahl, G. Hinton, 2013, On the importance of initialization and momentum
        in deep learning, equations 1 to 4.
    """

    learning_rate: float | Schedule = 0.01
    momentum: float | None = None
    nesterov: bool = False

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"momentum": FRACTION})
        drop_zero_momentum(self)

    def slots(self) -> dict[str, Any]:
        """Return the velocity, where there is momentum."""
        return {} if self.momentum is None else {"velocity": 0.0}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: Any) -> tuple[jax.Array, Slots]:
        """Return one moved array and its velocity."""
        step = -pace * gradient
        if self.momentum is None:
            return weight + step, {}
        velocity = self.momentum * slots["velocity"] + step
        return weight + (self.momentum * velocity + step if self.nesterov else velocity), {"velocity": velocity}


def drop_zero_momentum(optimizer: Any) -> None:
    """Write a momentum of 0 as None: no traced number can decide whether there is a velocity."""
    if isinstance(optimizer.momentum, float) and optimizer.momentum == 0:
        object.__setattr__(optimizer, "momentum", None)
