"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from ..schedules.checks import AT_LEAST_ZERO, BELOW_ONE, require_numbers
from .leafwise import Leafwise, Slots
from .optimizer import Optimizer


@declaration
class Adam(Leafwise):
    """Adam: each element steps in units of the running size of its own gradient.

    When to use: the first choice where nothing is known; needs little tuning.

    m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²;  w ← w - rate √(1 - β₂ᵗ) / (1 - β₁ᵗ) m / (√v + ε)

    Args:
        learning_rate: The rate, close to the largest change of an element in one step.
        beta_1: How much of the mean gradient stays.
        beta_2: How much of the mean square stays.
        epsilon: Keeps the quotient finite; the paper's ε with a hat, which stands beside an uncorrected √v.
        amsgrad: Whether the largest mean square so far is divided by, so that steps never grow again.

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

    def slots(self) -> dict[str, Any]:
        """Return the running means of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0} | ({"largest": 0.0} if self.amsgrad else {})

    def scalars(self) -> dict[str, Any]:
        """Return the powers of both betas: one product a step costs less than a power."""
        return {"power_1": 1.0, "power_2": 1.0}

    def pace(self, rate: jax.Array, scalars: Slots) -> tuple[Any, Slots]:
        """Return the rate with both bias corrections."""
        power_1, power_2 = scalars["power_1"] * self.beta_1, scalars["power_2"] * self.beta_2
        return rate * jnp.sqrt(1 - power_2) / (1 - power_1), {"power_1": power_1, "power_2": power_2}

    def move(self, weight: jax.Array, gradient: jax.Array, slots: Slots, pace: Any) -> tuple[jax.Array, Slots]:
        """Return one moved array and its running means."""
        new = moments(self, gradient, slots)
        velocity = new["velocity"]
        if self.amsgrad:
            new["largest"] = velocity = jnp.maximum(slots["largest"], velocity)
        return weight - pace * new["momentum"] / (jnp.sqrt(velocity) + self.epsilon), new


@declaration
class AdamW(Adam):
    """Adam with weight decay beside the gradient instead of in it.

    When to use: for transformers, and wherever Adam overfits.

    Args:
        learning_rate: The rate.
        weight_decay: Each step takes ``learning_rate * weight_decay`` of every parameter away.
        beta_1: As the numbers that follow, see :class:`Adam`.

    Raises:
        InvalidValue: Also where ``weight_decay`` is None.

    Reference:
        I. Loshchilov, F. Hutter, 2019, Decoupled weight decay regularization, algorithm 2.
    """

    weight_decay: float = 0.004

    def __post_init__(self) -> None:
        Adam.__post_init__(self)
        if self.weight_decay is None:
            raise InvalidValue("AdamW(weight_decay=None): weight_decay must be a number; Adam has none.")


def moments(optimizer: Any, gradient: jax.Array, slots: Slots) -> Slots:
    """Return the running means of the gradient and of its square, as Adam and its kin keep them."""
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    return {
        "momentum": beta_1 * slots["momentum"] + (1 - beta_1) * gradient,
        "velocity": beta_2 * slots["velocity"] + (1 - beta_2) * jnp.square(gradient),
    }


def check_betas(optimizer: Any) -> None:
    """Raise InvalidValue for numbers that Adam and its kin cannot take."""
    require_numbers(optimizer, {"beta_1": BELOW_ONE, "beta_2": BELOW_ONE, "epsilon": AT_LEAST_ZERO})
