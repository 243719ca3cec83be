"""RMSprop: the gradient divided by its running size."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, BELOW_ONE, FRACTION, require_numbers
from ..typing import Float, PyTree
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer
from .sgd import none_for_zero


@declaration
class RMSprop(Leafwise):
    """RMSprop: the gradient divided by the root of its running mean square.

    When to use: for recurrent networks, and if the loss itself changes during training (reinforcement learning).

    v ← ρ v + (1 - ρ) g²;  s ← momentum s + rate g / √(v + ε);  w ← w - s

    Args:
        learning_rate: The learning rate, a number or a schedule.
        rho: Decay of the mean square. 0.9 by default, as in the lecture.
        momentum: The fraction of the previous step that is added. None, like 0, needs no array for it.
        epsilon: Prevents division by zero; under the root, as in Keras.
        centered: Whether to subtract the squared mean of the gradient, so that v is a variance.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = RMSprop(0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.6838, 2.0]

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
        object.__setattr__(self, "momentum", none_for_zero(self.momentum))

    def slots(self) -> dict[str, float]:
        """Return the mean square and, if needed, the previous step and the mean gradient."""
        names = [
            "velocity",
            *(["step"] if self.momentum is not None else []),
            *(["mean"] if self.centered else []),
        ]
        return dict.fromkeys(names, 0.0)

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its moving averages."""
        new = {"velocity": self.rho * slots["velocity"] + (1 - self.rho) * jnp.square(gradient)}
        size = new["velocity"] + self.epsilon
        if self.centered:
            new["mean"] = self.rho * slots["mean"] + (1 - self.rho) * gradient
            size = new["velocity"] - jnp.square(new["mean"]) + self.epsilon
        step = pace * gradient / jnp.sqrt(size)
        if self.momentum is not None:
            new["step"] = step = self.momentum * slots["step"] + step
        return weight - step, new
