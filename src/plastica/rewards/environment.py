"""The base class of environments: a world that a network sees, acts in, and is rewarded by."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from jax import Array

from ..declaration import Declaration
from ..random import Key, Shape
from ..typing import Bool, Float, Int, PyTree

# What an environment is in: any tree of arrays.
World: TypeAlias = PyTree


class StepOutcome(NamedTuple):
    """What an action brought.

    Attributes:
        world: The world after it.
        reward: The reward, a scalar.
        ended: Whether the episode is over.
    """

    world: World
    reward: Float[Array, ""]
    ended: Bool[Array, ""]


class Environment(Declaration):
    """Base class of environments, of which one episode begins with ``reset`` and goes on with ``step``.

    An environment of your own is a subclass under ``@declaration`` with the four methods below. They are about one
    episode and run inside the compiled program, many episodes side by side; all randomness comes from the keys.

    Example:
        >>> import jax.numpy as jnp
        >>> from plastica.declaration import declaration
        >>> @declaration
        ... class LeftOrRight(Environment):
        ...     actions = 2
        ...     observation_shape = (1,)
        ...     def reset(self, key):
        ...         return jnp.zeros(())
        ...     def observe(self, world):
        ...         return world[None]
        ...     def step(self, world, action, key):
        ...         return StepOutcome(world, action.astype(jnp.float32), jnp.array(True))
        >>> LeftOrRight().step(jnp.zeros(()), jnp.array(1), None).reward.item()
        1.0
    """

    @property
    def actions(self) -> int:
        """The number of actions, which are 0, 1, 2 ..."""
        raise NotImplementedError

    @property
    def observation_shape(self) -> Shape:
        """The shape of what a network sees."""
        raise NotImplementedError

    @property
    def observes_intensities(self) -> bool:
        """Whether what a network sees are numbers from 0 to 1, such as one-hot ones. Default: no."""
        return False

    @property
    def usual_length(self) -> int:
        """The number of steps after which an episode is usually cut off. Default: 100."""
        return 100

    @property
    def best_reward(self) -> float | None:
        """The mean sum of rewards of the best policy; None if it is not known."""
        return None

    def reset(self, key: Key) -> World:
        """Return the world at the beginning of an episode."""
        raise NotImplementedError

    def observe(self, world: World) -> Float[Array, "*shape"]:
        """Return what a network sees of a world."""
        raise NotImplementedError

    def step(self, world: World, action: Int[Array, ""], key: Key) -> StepOutcome:
        """Return what an action brings."""
        raise NotImplementedError
