"""Two networks that play a repeated game with each other, and learn by policy gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..errors import InvalidValue
from ..layers import Dense
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..random import Key
from ..registry import look_up
from ..typing import Float, Int, PyTree
from .dyad_recording import DyadRecording
from .games import PLAYERS, MatrixGame, MemoryOne, game_named
from .synchrony import canonical_correlation

# A network, or one that does not learn, by its name or its probabilities.
PlayerLike: TypeAlias = Any
GamePlayer: TypeAlias = Layer | MemoryOne


@dataclass(frozen=True, eq=False, repr=False)
class PlayedGames:
    """What two players did; returned by :func:`play`.

    Attributes:
        game: The game.
        payoffs: The mean payoff of both per round, after each step of learning, ``(steps, 2)``.
        actions: How often each took each action, ``(steps, 2, actions)``.
        last: The actions in the games of the last step, ``(games, rounds, 2)``.
        states: What the networks computed before they acted in them, ``(2, games, rounds, actions)``: their potentials.
    """

    game: MatrixGame
    payoffs: Float[np.ndarray, "steps players"]
    actions: Float[np.ndarray, "steps players actions"]
    last: Int[np.ndarray, "games rounds players"]
    states: Float[np.ndarray, "players games rounds actions"]

    def __repr__(self) -> str:
        """Show the payoffs in the end."""
        first, second = self.payoffs[-1]
        return f"<PlayedGames: {len(self.payoffs)} steps, payoffs {first:.2f} and {second:.2f}>"

    @property
    def alternation(self) -> float:
        """How often both changed their action from one round to the next: 1 if they take turns in every round."""
        changed = self.last[:, 1:] != self.last[:, :-1]
        apart = self.last[:, 1:, 0] != self.last[:, 1:, 1]
        return float((changed.all(-1) & apart).mean())

    def recording(self) -> DyadRecording:
        """Return the last games as a recording of two, for :func:`dyad_synchrony`.

        The signal of each is how much its network favours its first action over the others: their potentials apart.
        """
        first, second = self.states
        one, other = (each[..., 0] - each[..., 1:].mean(-1) for each in (first, second))
        return DyadRecording(one, other, first, second)

    def synchrony(self) -> tuple[float, float]:
        """Return the first canonical correlation of both networks' states, and that of states of different games.

        The second is what is left if partners are exchanged, as hyperscanning compares with pseudo-pairs.
        """
        first, second = (each.reshape(-1, each.shape[-1]) for each in self.states)
        shifted = np.roll(self.states[1], 1, axis=0).reshape(second.shape)
        return float(canonical_correlation(first, second)[0]), float(canonical_correlation(first, shifted)[0])


def play(
    first: PlayerLike = None,
    second: PlayerLike = None,
    game: str | MatrixGame = "prisoners_dilemma",
    *,
    steps: int = 300,
    rounds: int = 20,
    games: int = 64,
    learning_rate: float = 0.5,
    discount: float = 0.95,
    seed: int = 0,
) -> PlayedGames:
    """Let two players play a repeated game many times at once, and learn from their payoffs.

    Use it for interaction in which each learns while the other does. Networks see what both did in the last round. In
    the prisoner's dilemma two networks that learn end in defection, though both would be better off; against tit for
    tat a network learns to cooperate.

    Equation: parameters follow the gradient of sum_t log p(a_t) (R_t - mean R_t), where R_t are discounted payoffs from
    t on and the mean is over games (REINFORCE with a baseline).

    Args:
        first, second: A model or layer with one output for each action, or ``"tit_for_tat"``,
            ``"win_stay_lose_shift"``, ``"always_first"``, ``"always_second"`` or a :class:`MemoryOne`. Default: a
            network with a value for each situation, ``Dense(actions)``.
        game: A game, or its name.
        steps: Steps of learning, each after ``games`` games of ``rounds`` rounds.
        rounds: Rounds of a game.
        games: Games that are played at once.
        learning_rate: The size of a step.
        discount: How much later payoffs count, above 0, up to 1.
        seed: The seed.

    Raises:
        InvalidValue: If a number is out of range, or a player is neither a network nor a strategy.
        UnknownName: If there is no such game or strategy.

    Example:
        >>> found = play("tit_for_tat", "always_second", steps=1, rounds=5)
        >>> found.last[0].tolist()
        [[0, 1], [1, 1], [1, 1], [1, 1], [1, 1]]

    Reference:
        Williams 1992, Simple statistical gradient-following algorithms (episodic REINFORCE); Foerster et al. 2018,
        Learning with opponent-learning awareness, for naive learners in the prisoner's dilemma.
    """
    made = game_named(game)
    for name, value in {"steps": steps, "rounds": rounds, "games": games}.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InvalidValue(f"play({name}={value!r}): give a whole number of at least 1.")
    if not (0 < discount <= 1 and learning_rate >= 0):
        raise InvalidValue(
            f"play(discount={discount}, learning_rate={learning_rate}): the discount is above 0 and up to 1, the "
            "learning rate at least 0."
        )
    payoffs = made.payoffs()
    counts = payoffs.shape[1:]
    players = tuple(_player(each, counts[place]) for place, each in enumerate((first, second)))
    if any(isinstance(each, MemoryOne) for each in players) and counts != (2, 2):
        raise InvalidValue("play: strategies by the last round know two actions; give networks for this game.")
    places = counts[0] * counts[1] + 1
    key = random.seed_key(seed)
    params = tuple(
        () if isinstance(each, MemoryOne) else _params(each, [seed, place], places, counts[place])
        for place, each in enumerate(players)
    )
    setting = PlaySetting(rounds, games)
    found = jax.device_get(_played(players, setting, payoffs, params, learning_rate, discount, key, steps))
    return PlayedGames(made, found.payoffs, found.actions, found.last, found.states)


class PlaySetting(NamedTuple):
    """Rounds of a game, and games at once."""

    rounds: int
    games: int


class PlayRecord(NamedTuple):
    """What was played: arrays as in :class:`PlayedGames`."""

    payoffs: Array
    actions: Array
    last: Array
    states: Array


def _player(given: PlayerLike, actions: int) -> GamePlayer:
    if given is None:
        return Dense(actions, use_bias=False, kernel_initializer="zeros")
    if isinstance(given, str):
        return look_up("player", given, PLAYERS)
    if isinstance(given, Model):
        return given.network
    if not isinstance(given, Layer | MemoryOne):
        raise InvalidValue(f"play: {given!r} is no player; give a network, a name such as tit_for_tat, or MemoryOne.")
    return given


def _params(network: Layer, key: Sequence[int], places: int, actions: int) -> PyTree:
    params, state = network.init(np.random.default_rng(key), (places,))
    shape = network.output_shape((places,))
    if shape != (actions,):
        raise InvalidValue(
            f"play: {network!r} has outputs of shape {shape}; give it one output for each of {actions} actions."
        )
    return params, state


def _logits(player: GamePlayer, params: PyTree, seen: Array) -> Array:
    if isinstance(player, MemoryOne):
        return player.logits(seen)
    return player.synapse(params[0], seen, params[1], INFERENCE)[0]


def _seen(own: Array, other: Array, counts: tuple[int, int]) -> Array:
    """Return what a player saw of a round, as one-hot numbers; the last place is for the first round."""
    return jax.nn.one_hot(own * counts[1] + other, counts[0] * counts[1] + 1)


class GameEpisode(NamedTuple):
    """The rounds of games played side by side.

    Attributes:
        seen: What each player saw before each round, ``(rounds, games, places)``.
        chosen: The actions, ``(rounds, games, 2)``.
        gained: The payoffs, ``(rounds, games, 2)``.
    """

    seen: tuple[Array, Array]
    chosen: Array
    gained: Array


Players: TypeAlias = tuple[GamePlayer, GamePlayer]


@partial(jax.jit, static_argnames=("setting", "steps"))
def _played(
    players: Players,
    setting: PlaySetting,
    payoffs: Float[Array, "players actions others"],
    params: PyTree,
    rate: float,
    discount: float,
    key: Key,
    steps: int,
) -> PlayRecord:
    """Let both learn for some steps, and play once more."""
    widest, key = max(payoffs.shape[1:]), jnp.asarray(key)

    def step(params: PyTree, number: Array) -> tuple[PyTree, tuple[Array, Array]]:
        found = _episode(players, setting, payoffs, params, random.fold(random.fold(key, 2), number))
        slope = jax.grad(_surprise)(params, players, found, discount)
        params = jax.tree.map(lambda w, g: w - rate * g, params, slope)
        shares = [(found.chosen[..., own, None] == jnp.arange(widest)).mean((0, 1)) for own in range(2)]
        return params, (found.gained.mean((0, 1)), jnp.stack(shares))

    params, (gained, shares) = jax.lax.scan(step, params, jnp.arange(steps))
    last = _episode(players, setting, payoffs, params, random.fold(random.fold(key, 2), steps))
    states = [_potentials(player, params[own], last.seen[own]) for own, player in enumerate(players)]
    states = [jnp.pad(each, ((0, 0), (0, 0), (0, widest - each.shape[-1]))) for each in states]
    return PlayRecord(gained, shares, jnp.swapaxes(last.chosen, 0, 1), jnp.swapaxes(jnp.stack(states), 1, 2))


def _episode(
    players: Players, setting: PlaySetting, payoffs: Float[Array, "players actions others"], params: PyTree, key: Array
) -> GameEpisode:
    """Play all rounds of all games."""
    counts = (payoffs.shape[1], payoffs.shape[2])
    start = jax.nn.one_hot(jnp.full(setting.games, counts[0] * counts[1]), counts[0] * counts[1] + 1)

    def round_(seen: tuple[Array, Array], time: Array) -> tuple[tuple[Array, Array], GameEpisode]:
        potentials = tuple(_logits(*each) for each in zip(players, params, seen, strict=True))
        draws = [
            random.uniform(random.fold(random.fold(key, time), own), each.shape) for own, each in enumerate(potentials)
        ]
        chosen = [
            jnp.argmax(each - jnp.log(-jnp.log(jnp.clip(draw, 1e-7, 1 - 1e-7))), -1)  # Gumbel's trick
            for each, draw in zip(potentials, draws, strict=True)
        ]
        one, other = chosen
        after = _seen(one, other, counts), _seen(other, one, (counts[1], counts[0]))
        return after, GameEpisode(seen, jnp.stack(chosen, -1), payoffs[:, one, other].T)

    return jax.lax.scan(round_, (start, start), jnp.arange(setting.rounds))[1]


def _surprise(params: PyTree, players: Players, found: GameEpisode, discount: float) -> Array:
    """Return what is minimized: minus the log-probabilities of actions, weighed by what they brought."""

    def back(later: Array, now: Array) -> tuple[Array, Array]:
        total = now + discount * later
        return total, total

    _, returns = jax.lax.scan(back, jnp.zeros_like(found.gained[0]), found.gained, reverse=True)
    worth = returns - returns.mean(1, keepdims=True)
    total = jnp.zeros(())
    for own, player in enumerate(players):
        logs = jax.nn.log_softmax(_potentials(player, params[own], found.seen[own]))
        taken = jnp.take_along_axis(logs, found.chosen[..., own, None], -1)[..., 0]
        total -= (taken * worth[..., own]).mean()
    return total


def _potentials(player: GamePlayer, params: PyTree, seen: Array) -> Array:
    """Return what a player computed before each round, ``(rounds, games, actions)``."""
    return jax.vmap(partial(_logits, player, params))(seen)
