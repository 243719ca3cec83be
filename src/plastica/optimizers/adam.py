"""Adam and AdamW."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, BELOW_ONE, require_numbers
from ..typing import Float, PyTree
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adam(Leafwise):
    """Adam: each weight moves in units of the running size of its own gradient.

    When to use: as a first choice; it needs little tuning.

    m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²;  w ← w - rate √(1 - β₂ᵗ) / (1 - β₁ᵗ) m / (√v + ε)

    Args:
        learning_rate: The learning rate, a number or a schedule; roughly the largest change of a weight in one step.
        beta_1: Decay of the moving average of the gradient (the momentum). 0.9 by default, as in the paper.
        beta_2: Decay of the moving average of its square. 0.999 by default, as in the paper.
        epsilon: Prevents division by zero. It is the paper's ε̂, which is added to the uncorrected √v; 1e-7 as in Keras.
        amsgrad: Whether to divide by the largest mean square so far, so that the steps cannot grow again.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> optimizer = Adam(0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.9, 2.0]

    Reference:
        D. P. Kingma, J. Ba, 2015, Adam: a method for stochastic optimization, section 2, last formula.
        S. J. Reddi, S. Kale, S. Kumar, 2018, On the convergence of Adam and beyond, algorithm 2.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        check_betas(self)

    def slots(self) -> dict[str, float]:
        """Return the moving averages of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0} | ({"largest": 0.0} if self.amsgrad else {})

    def scalars(self) -> dict[str, float]:
        """Return the powers of both betas; a product per step is cheaper than a power."""
        return {"power_1": 1.0, "power_2": 1.0}

    def pace(self, rate: Float[Array, ""], scalars: Slots) -> tuple[PyTree, Slots]:
        """Return the learning rate with both bias corrections."""
        power_1, power_2 = scalars["power_1"] * self.beta_1, scalars["power_2"] * self.beta_2
        return rate * jnp.sqrt(1 - power_2) / (1 - power_1), {"power_1": power_1, "power_2": power_2}

    def move(
        self, weight: Float[Array, "*shape"], gradient: Float[Array, "*shape"], slots: Slots, pace: PyTree
    ) -> tuple[Float[Array, "*shape"], Slots]:
        """Return the updated array and its moving averages."""
        new = moments(self.beta_1, self.beta_2, gradient, slots)
        velocity = new["velocity"]
        if self.amsgrad:
            new["largest"] = velocity = jnp.maximum(slots["largest"], velocity)
        return weight - pace * new["momentum"] / (jnp.sqrt(velocity) + self.epsilon), new


@declaration
class AdamW(Adam):
    """Adam with weight decay that is decoupled from the gradient.

    When to use: for transformers, and if Adam overfits.

    Args:
        learning_rate: The learning rate, a number or a schedule.
        weight_decay: Each step subtracts ``learning_rate * weight_decay`` times each parameter. 0.004 by default, as in
            Keras.
        beta_1: For this and the following arguments see :class:`Adam`.

    Raises:
        InvalidValue: For a number outside its range, or if ``weight_decay`` is None.

    Example:
        >>> optimizer = AdamW(0.1, weight_decay=0.1)
        >>> weights = {"w": jnp.array([1.0, 2.0])}
        >>> moved, state = optimizer.update({"w": jnp.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> [round(float(w), 4) for w in moved["w"]]
        [0.89, 1.98]

    Reference:
        I. Loshchilov, F. Hutter, 2019, Decoupled weight decay regularization, algorithm 2.
    """

    weight_decay: float = 0.004

    def __post_init__(self) -> None:
        Adam.__post_init__(self)
        if self.weight_decay is None:
            raise InvalidValue("AdamW(weight_decay=None): weight_decay must be a number; for none, use Adam.")


def moments(beta_1: float, beta_2: float, gradient: Float[Array, "*shape"], slots: Slots) -> Slots:
    """Return the moving averages of the gradient and of its square, as in Adam and its variants."""
    return {
        "momentum": beta_1 * slots["momentum"] + (1 - beta_1) * gradient,
        "velocity": beta_2 * slots["velocity"] + (1 - beta_2) * jnp.square(gradient),
    }


def check_betas(optimizer: Optimizer) -> None:
    """Raise InvalidValue for numbers outside the ranges of Adam and its variants."""
    require_numbers(optimizer, {"beta_1": BELOW_ONE, "beta_2": BELOW_ONE, "epsilon": AT_LEAST_ZERO})
