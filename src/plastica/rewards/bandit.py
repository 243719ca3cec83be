"""A row of slot machines, of which one pays best."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key, Shape
from ..typing import Float, Int
from .environment import Environment, StepOutcome


@declaration
class Bandit(Environment):
    """Arms that pay 1 with probabilities of their own, perhaps others for each cue.

    The smallest task with rewards: an episode is one choice. With one row of probabilities nothing is to be seen, and
    the network sees a 1; with several rows it sees which row holds, as one-hot numbers (a contextual bandit).

    Args:
        probabilities: The probability of a reward for each arm; or a row of them for each cue.

    Raises:
        InvalidValue: If there are fewer than two arms, rows of different lengths, or a number is no probability.

    Example:
        >>> Bandit(((0.9, 0.1), (0.1, 0.9))).observation_shape
        (2,)

    Reference:
        H. Robbins, 1952, Some aspects of the sequential design of experiments.
    """

    probabilities: tuple[float, ...] | tuple[tuple[float, ...], ...] = (0.2, 0.5, 0.8)

    def __post_init__(self) -> None:
        rows = self.rows
        fits = len({len(row) for row in rows}) == 1 and len(rows[0]) >= 2
        if not fits or not all(0 <= chance <= 1 for row in rows for chance in row):
            raise InvalidValue(
                f"Bandit({self.probabilities!r}): give a probability from 0 to 1 for each of two arms or more, or rows "
                "of them, one for each cue."
            )

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """A row of probabilities for each cue."""
        rows = tuple(row if isinstance(row, tuple | list) else None for row in self.probabilities)
        return (tuple(self.probabilities),) if None in rows else rows  # pyright: ignore[reportReturnType]

    @property
    def actions(self) -> int:
        return len(self.rows[0])

    @property
    def observation_shape(self) -> Shape:
        return (len(self.rows),)

    @property
    def observes_intensities(self) -> bool:
        return True

    @property
    def usual_length(self) -> int:
        return 1

    @property
    def best_reward(self) -> float:
        rows = self.rows
        return sum(max(row) for row in rows) / len(rows)

    def reset(self, key: Key) -> Int[Array, ""]:
        cues = len(self.rows)
        return jnp.minimum((random.uniform(key, ()) * cues).astype(jnp.int32), cues - 1)

    def observe(self, world: Int[Array, ""]) -> Float[Array, "cues"]:
        return (jnp.arange(len(self.rows)) == world).astype(jnp.float32)

    def step(self, world: Int[Array, ""], action: Int[Array, ""], key: Key) -> StepOutcome:
        chance = jnp.asarray(self.rows, jnp.float32)[world, action]
        return StepOutcome(world, random.bernoulli(key, chance, ()).astype(jnp.float32), jnp.array(True))
