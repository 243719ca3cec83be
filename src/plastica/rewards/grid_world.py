"""A world of fields, in which a walker looks for a goal."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key, Shape
from ..typing import Float, Int
from .environment import Environment, StepOutcome

# Down, right, up, left.
_MOVES = ((1, 0), (0, 1), (-1, 0), (0, -1))


@declaration
class GridWorld(Environment):
    """A walker on a rectangle of fields, which starts anywhere and is rewarded at the goal in the last corner.

    Actions are down, right, up and left; at a border the walker stays. The network sees the walker's field as one-hot
    numbers. The reward is 1 at the goal, where the episode ends, and ``step_cost`` less for each step. The best policy
    takes as many steps as there are rows and columns in between, so that the best mean reward is known:
    :attr:`best_reward`.

    Args:
        height, width: The number of rows and of columns.
        step_cost: What a step costs, at least 0, so that short ways are better.
        slip: The probability that the walker goes in a random direction instead, from 0 to 1.

    Raises:
        InvalidValue: If there are fewer than two fields, or a number is out of range.

    Example:
        >>> GridWorld(3, 3).best_reward
        0.955

    Reference:
        R. S. Sutton, A. G. Barto, 2018, Reinforcement learning: an introduction, example 4.1.
    """

    height: int = 4
    width: int = 4
    step_cost: float = 0.02
    slip: float = 0.0

    def __post_init__(self) -> None:
        if not (self.height >= 1 and self.width >= 1 and self.height * self.width >= 2):
            raise InvalidValue(f"GridWorld({self.height!r}, {self.width!r}): a world has two fields or more.")
        if isinstance(self.step_cost, float | int) and self.step_cost < 0:
            raise InvalidValue(f"GridWorld(step_cost={self.step_cost!r}): step_cost must be at least 0.")
        if isinstance(self.slip, float | int) and not 0 <= self.slip <= 1:
            raise InvalidValue(f"GridWorld(slip={self.slip!r}): slip must be a probability from 0 to 1.")

    @property
    def actions(self) -> int:
        return len(_MOVES)

    @property
    def observation_shape(self) -> Shape:
        return (self.height * self.width,)

    @property
    def observes_intensities(self) -> bool:
        return True

    @property
    def usual_length(self) -> int:
        return 4 * self.height * self.width

    @property
    def best_reward(self) -> float | None:
        """The mean sum of rewards of the shortest ways, over all starts; None with slips."""
        if self.slip != 0:
            return None
        rows, columns = self.height, self.width
        ways = [rows - 1 - row + columns - 1 - column for row in range(rows) for column in range(columns)]
        away = [steps for steps in ways if steps]  # no episode starts at the goal
        return round(1 - self.step_cost * sum(away) / len(away), 6)

    def reset(self, key: Key) -> Int[Array, ""]:
        starts = self.height * self.width - 1
        return jnp.minimum((random.uniform(key, ()) * starts).astype(jnp.int32), starts - 1)

    def observe(self, world: Int[Array, ""]) -> Float[Array, "fields"]:
        return (jnp.arange(self.height * self.width) == world).astype(jnp.float32)

    def step(self, world: Int[Array, ""], action: Int[Array, ""], key: Key) -> StepOutcome:
        draws = random.uniform(key, (2,))
        other = (draws[1] * len(_MOVES)).astype(action.dtype)
        down, right = jnp.asarray(_MOVES)[jnp.where(draws[0] < self.slip, other, action)]
        row = jnp.clip(world // self.width + down, 0, self.height - 1)
        column = jnp.clip(world % self.width + right, 0, self.width - 1)
        field = (row * self.width + column).astype(world.dtype)
        arrived = field == self.height * self.width - 1
        return StepOutcome(field, arrived - jnp.float32(self.step_cost), arrived)
