"""Stochastic gradient descent."""

from __future__ import annotations

from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..schedules.checks import FRACTION, require_numbers
from ..typing import Float, PyTree
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class SGD(Leafwise):
    """Stochastic gradient descent, with or without momentum.

    When to use: as the simplest step, which can be followed by hand; with momentum 0.9 and a schedule for image
    networks, where it often generalizes best.

    v ← momentum v - rate g;  w ← w + v, with nesterov w ← w + momentum v - rate g

    Args:
        learning_rate: The learning rate, a number or a schedule. 0.01 by default, as in Keras.
        momentum: The fraction of the previous step that is added. None, like 0, needs no array for it.
        nesterov: Whether to evaluate the gradient's part one step ahead.

    Raises:
        InvalidValue: For a number outside its range.

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
        object.__setattr__(self, "momentum", none_for_zero(self.momentum))

    def stable_rate(self, curvature: float) -> float | None:
        """Return 2 (1 + momentum) / curvature, with nesterov divided by 1 + 2 momentum.

        Weight decay changes the bound, and clipping lifts it.

        Example:
            >>> SGD(0.1).stable_rate(4.0), SGD(0.1, momentum=0.5).stable_rate(4.0)
            (0.5, 0.75)

        Reference:
            J. Cohen, S. Kaur, Y. Li, Z. Kolter, A. Talwalkar, 2021, Gradient descent on neural networks typically
            occurs at the edge of stability, appendix B.
        """
        clipped = (self.clipnorm, self.clipvalue, self.global_clipnorm, self.weight_decay or None)
        if any(each is not None for each in clipped) or isinstance(self.learning_rate, Schedule):
            return None
        momentum = self.momentum or 0.0
        return 2 * (1 + momentum) / ((1 + 2 * momentum * self.nesterov) * curvature)

    def slots(self) -> dict[str, float]:
        """Return the velocity, if there is momentum."""
        return {} if self.momentum is None else {"velocity": 0.0}

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its velocity."""
        step = -pace * gradient
        if self.momentum is None:
            return weight + step, {}
        velocity = self.momentum * slots["velocity"] + step
        return weight + (self.momentum * velocity + step if self.nesterov else velocity), {"velocity": velocity}


def none_for_zero(momentum: float | None) -> float | None:
    """Return None for a momentum of 0, since a traced number cannot decide whether there is a velocity."""
    return None if isinstance(momentum, float) and momentum == 0 else momentum
