"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..schedules import AT_LEAST_ZERO, BELOW_ONE, Schedule, require_numbers
from .optimizer import Leafwise, Optimizer


@declaration
class Adam(Leafwise):
    """Adam: a step for each element in units of its own gradient's running size."""

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        require_numbers(self, {"beta_1": BELOW_ONE, "beta_2": BELOW_ONE, "epsilon": AT_LEAST_ZERO})

    def slots(self) -> dict[str, Any]:
        """Return the running means of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0} | ({"velocity_hat": 0.0} if self.amsgrad else {})

    def scalars(self) -> dict[str, Any]:
        """Return the powers of both betas: a product a step costs less than a power."""
        return {"power_1": 1.0, "power_2": 1.0}

    def pace(self, step: jax.Array, rate: jax.Array, scalars: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the rate with both bias corrections."""
        power_1, power_2 = scalars["power_1"] * self.beta_1, scalars["power_2"] * self.beta_2
        return rate * jnp.sqrt(1 - power_2) / (1 - power_1), {"power_1": power_1, "power_2": power_2}

    def move(
        self, weight: jax.Array, gradient: jax.Array, slots: dict[str, jax.Array], pace: Any
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Return one moved array."""
        momentum = self.beta_1 * slots["momentum"] + (1 - self.beta_1) * gradient
        velocity = self.beta_2 * slots["velocity"] + (1 - self.beta_2) * jnp.square(gradient)
        new = {"momentum": momentum, "velocity": velocity}
        if self.amsgrad:
            new["velocity_hat"] = velocity = jnp.maximum(slots["velocity_hat"], velocity)
        return weight - pace * momentum / (jnp.sqrt(velocity) + self.epsilon), new


@declaration
class AdamW(Adam):
    """Adam with decoupled weight decay."""

    weight_decay: float = 0.004
