"""Environments of Gymnasium, which run on the host beside the compiled program."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue, MissingExtra, UnknownName
from ..random import Key, Shape
from ..typing import Float, Int
from .environment import Environment, StepOutcome


class HostedWorld(NamedTuple):
    """An episode of an environment on the host.

    Attributes:
        seat: Which of the copies of the environment plays it.
        seen: What the network sees.
    """

    seat: Int[Array, ""]
    seen: Float[Array, "*shape"]


@declaration
class GymnasiumEnvironment(Environment):
    """An environment of Gymnasium by its name, such as ``"Acrobot-v1"``.

    Episodes run in copies of it on the host, one step of all of them at a time, so that they are slower than
    environments of plastica, which are compiled. Actions must be a choice among some, and observations numbers or one
    of several states, which the network sees as one-hot numbers.

    Args:
        name: The name under which it is registered.

    Raises:
        MissingExtra: If Gymnasium is not installed.
        UnknownName: If there is no such environment.
        InvalidValue: If its actions or observations are of another kind, or it cannot be made.

    Reference:
        M. Towers et al., 2024, Gymnasium: a standard interface for reinforcement learning environments.
    """

    name: str

    def __post_init__(self) -> None:
        _copies(self.name)

    @property
    def actions(self) -> int:
        return int(_copies(self.name).first.action_space.n)

    @property
    def observation_shape(self) -> Shape:
        space = _copies(self.name).first.observation_space
        return tuple(space.shape) if space.shape else (int(space.n),)

    @property
    def observes_intensities(self) -> bool:
        return not _copies(self.name).first.observation_space.shape

    @property
    def usual_length(self) -> int:
        spec = _copies(self.name).first.spec
        return 200 if spec is None or spec.max_episode_steps is None else int(spec.max_episode_steps)

    def reset(self, key: Key) -> HostedWorld:
        seen = jax.ShapeDtypeStruct(self.observation_shape, jnp.float32)
        found = jax.pure_callback(
            _copies(self.name).begin, (_NUMBER, seen), jnp.asarray(key), vmap_method="broadcast_all"
        )
        return HostedWorld(*found)

    def observe(self, world: HostedWorld) -> Float[Array, "*shape"]:
        return world.seen

    def step(self, world: HostedWorld, action: Int[Array, ""], key: Key) -> StepOutcome:
        seen = jax.ShapeDtypeStruct(self.observation_shape, jnp.float32)
        wanted = seen, jax.ShapeDtypeStruct((), jnp.float32), jax.ShapeDtypeStruct((), jnp.bool_)
        # What the network saw goes in, although the host knows it, so that no step is taken before the one before it.
        given = world.seat, jnp.asarray(action, jnp.int32), world.seen
        after, reward, ended = jax.pure_callback(_copies(self.name).act, wanted, *given, vmap_method="broadcast_all")
        return StepOutcome(HostedWorld(world.seat, after), reward, ended)


_NUMBER = jax.ShapeDtypeStruct((), jnp.int32)


class HostedCopies:
    """Copies of an environment of Gymnasium, each with an episode of its own."""

    def __init__(self, first: Any, make: Any) -> None:
        self.first, self._make = first, make
        self._first_action = int(first.action_space.start)
        self._envs: list[Any] = []
        self._seen: dict[int, np.ndarray] = {}
        self._ended: set[int] = set()

    def begin(self, keys: Array) -> tuple[np.ndarray, np.ndarray]:
        """Begin an episode for each key, ``(..., 2)``; return its seat and what is seen."""
        given = np.asarray(keys)
        rows = given.reshape(-1, given.shape[-1])
        while len(self._envs) < len(rows):
            self._envs.append(self._make())
        self._ended.clear()
        for seat, key in enumerate(rows):
            seen, _ = self._envs[seat].reset(seed=int(key[-1] & 0x7FFFFFFF))
            self._seen[seat] = self._as_array(seen)
        seats = np.arange(len(rows), dtype=np.int32).reshape(given.shape[:-1])
        return seats, self._of(seats)

    def act(self, seats: Array, actions: Array, _: Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take a step in each episode that is not over; return what is seen, rewards, and whether episodes are over."""
        places, chosen = np.asarray(seats), np.asarray(actions)
        rewards, ended = np.zeros(places.shape, np.float32), np.ones(places.shape, bool)
        for index in np.ndindex(places.shape):
            seat = int(places[index])
            if seat in self._ended:
                continue
            seen, reward, over, cut, _info = self._envs[seat].step(int(chosen[index]) + self._first_action)
            self._seen[seat] = self._as_array(seen)
            rewards[index], ended[index] = reward, over or cut
            if over or cut:
                self._ended.add(seat)
        return self._of(places), rewards, ended

    def _as_array(self, seen: Any) -> np.ndarray:
        space = self.first.observation_space
        if space.shape:
            return np.asarray(seen, np.float32)
        return np.eye(int(space.n), dtype=np.float32)[int(seen) - int(space.start)]

    def _of(self, seats: np.ndarray) -> np.ndarray:
        shown = np.stack([self._seen[int(seat)] for seat in seats.ravel()])
        return shown.reshape(*seats.shape, *shown.shape[1:])


@cache
def _copies(name: str) -> HostedCopies:
    """Return the copies of an environment, checked once.

    Raises:
        MissingExtra, UnknownName, InvalidValue: As :class:`GymnasiumEnvironment`.
    """
    try:
        import gymnasium  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MissingExtra(
            f'"{name}" would be an environment of Gymnasium, which is not installed: pip install "plastica[play]". '
            "Without it there are cartpole, gridworld and bandit."
        ) from None
    try:
        first = gymnasium.make(name)
    except gymnasium.error.UnregisteredEnv as error:
        raise UnknownName(f'Gymnasium has no environment "{name}": {str(error).splitlines()[0]}') from None
    except (gymnasium.error.Error, ImportError) as error:  # such as a package that this environment needs
        raise InvalidValue(f'Gymnasium cannot make "{name}": {str(error).splitlines()[0]}') from None
    actions, seen = first.action_space, first.observation_space
    spaces = gymnasium.spaces
    if not isinstance(actions, spaces.Discrete) or not isinstance(seen, spaces.Box | spaces.Discrete):
        raise InvalidValue(
            f"GymnasiumEnvironment({name!r}): actions are {actions} and observations {seen}; a policy here chooses one "
            "of several actions, and sees numbers or one of several states."
        )
    return HostedCopies(first, lambda: gymnasium.make(name))
