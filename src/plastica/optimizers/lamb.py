"""Lamb: Adam with steps in proportion to the norm of each weight array."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..schedules import Schedule
from ..typing import Float, PyTree
from .adam import check_betas, moments
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Lamb(Leafwise):
    """Adam with steps whose norm, for each array, is proportional to the norm of the weights.

    When to use: for very large batches.

    u = (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε);  w ← w - rate |w| / |u| u

    Args:
        learning_rate: The learning rate, a number or a schedule: the norm of a step relative to that of the weights.
        beta_1: Decay of the moving average of the gradient (the momentum). 0.9 by default, as in the paper.
        beta_2: Decay of the moving average of its square. 0.999 by default, as in the paper.
        epsilon: Prevents division by zero. 1e-7 by default, as in Keras.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Lamb(0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.7764, 2.0]

    Reference:
        Y. You et al., 2020, Large batch optimization for deep learning: training BERT in 76 minutes,
        algorithm 2.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_betas(self)

    @property
    def is_elementwise(self) -> bool:
        return False  # the norm of an array scales its step

    def slots(self) -> dict[str, float]:
        """Return the moving averages of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0}

    def scalars(self) -> dict[str, float]:
        """Return the powers of both betas."""
        return {"power_1": 1.0, "power_2": 1.0}

    def pace(self, rate: Float[Array, ""], scalars: Slots) -> tuple[PyTree, Slots]:
        """Return the learning rate and both bias corrections."""
        new = {"power_1": scalars["power_1"] * self.beta_1, "power_2": scalars["power_2"] * self.beta_2}
        return (rate, 1 - new["power_1"], 1 - new["power_2"]), new

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its moving averages."""
        rate, correction_1, correction_2 = pace
        new = moments(self.beta_1, self.beta_2, gradient, slots)
        step = new["momentum"] / correction_1 / (jnp.sqrt(new["velocity"] / correction_2) + self.epsilon)
        size, length = _norm(weight), _norm(step)
        usable = (size > 0) & (length > 0)  # arrays of zeros, such as initial biases, get Adam's step
        ratio = jnp.where(usable, size / jnp.where(usable, length, 1), 1)
        return weight - ratio * rate * step, new


def _norm(array: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(jnp.square(array)))
