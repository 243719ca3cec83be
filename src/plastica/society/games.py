"""Games of two players with payoffs, by name, and players who do not learn."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import Declaration, declaration
from ..errors import InvalidValue, ShapeError
from ..registry import look_up
from ..typing import Float

Payoffs = tuple[tuple[float, ...], ...]


@declaration
class MatrixGame(Declaration):
    """A game in which two players choose an action each, and receive a payoff.

    Args:
        first: The payoffs of the first player: a row for each of its actions, a column for each of the other's.
        second: Those of the second player, in the same places. Default: the game is symmetric, they are transposed.

    Raises:
        ShapeError: If they are no matrices of one shape.
        InvalidValue: If a payoff is not finite.

    Example:
        >>> MatrixGame(((3.0, 0.0), (5.0, 1.0))).payoffs()[1].tolist()
        [[3.0, 5.0], [0.0, 1.0]]
    """

    first: Payoffs
    second: Payoffs | None = None

    def __post_init__(self) -> None:
        """Check the matrices."""
        shapes = {len(row) for row in self.first}
        if len(shapes) != 1 or len(self.first) < 2 or min(shapes) < 2:
            raise ShapeError(f"MatrixGame({self.first!r}): give a matrix with at least two actions of each player.")
        if self.second is None and len(self.first) != len(self.first[0]):
            raise ShapeError("MatrixGame: a game with different actions needs the payoffs of both players.")
        if not np.isfinite(self.payoffs()).all() or self.payoffs()[0].shape != self.payoffs()[1].shape:
            raise InvalidValue("MatrixGame: payoffs must be finite, and of one shape for both players.")

    def payoffs(self) -> Float[np.ndarray, "players actions others"]:
        """Return the payoffs of both, each by the action of the first and of the second player."""
        first = np.array(self.first, np.float32)
        second = first.T if self.second is None else np.array(self.second, np.float32)
        if first.shape != second.shape:
            raise ShapeError(
                f"MatrixGame: payoffs of shapes {first.shape} and {second.shape}; give matrices of one shape."
            )
        return np.stack([first, second])


GAMES: Mapping[str, MatrixGame] = {
    # Axelrod 1984: both cooperate 3, both defect 1, temptation 5, sucker 0; the first action cooperates.
    "prisoners_dilemma": MatrixGame(((3.0, 0.0), (5.0, 1.0))),
    "coordination": MatrixGame(((1.0, 0.0), (0.0, 1.0))),
    "stag_hunt": MatrixGame(((4.0, 0.0), (3.0, 2.0))),
    # Who leads is better off, and both are if they do not choose alike: fair players take turns.
    "turn_taking": MatrixGame(((0.0, 2.0), (1.0, 0.0))),
    "matching_pennies": MatrixGame(((1.0, -1.0), (-1.0, 1.0)), ((-1.0, 1.0), (1.0, -1.0))),
}


def game_named(given: str | MatrixGame) -> MatrixGame:
    """Return a game by its name; a game is returned as it is.

    Args:
        given: ``"prisoners_dilemma"``, ``"coordination"``, ``"stag_hunt"``, ``"turn_taking"`` or
            ``"matching_pennies"``, or a game.

    Raises:
        UnknownName: If there is no such game; the message suggests the nearest.

    Example:
        >>> game_named("coordination").first
        ((1.0, 0.0), (0.0, 1.0))
    """
    return given if isinstance(given, MatrixGame) else look_up("game", given, GAMES)


@declaration
class MemoryOne(Declaration):
    """A player of games with two actions that goes by the last round and does not learn.

    Args:
        start: The probability of the first action in the first round.
        after: Its probability after each pair of the own and the other's action: (0, 0), (0, 1), (1, 0), (1, 1).

    Raises:
        InvalidValue: If a number is not a probability.

    Example:
        >>> MemoryOne(1.0, (1.0, 0.0, 1.0, 0.0))  # tit for tat: what the other did
        MemoryOne(start=1.0, after=(1.0, 0.0, 1.0, 0.0))

    Reference:
        Press and Dyson 2012, Iterated prisoner's dilemma contains strategies that dominate any evolutionary opponent.
    """

    start: float
    after: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        """Check the probabilities."""
        if len(self.after) != 4 or not all(0 <= each <= 1 for each in (self.start, *self.after)):
            raise InvalidValue(f"MemoryOne({self.start!r}, {self.after!r}): give probabilities, one and four of them.")

    def logits(self, seen: Float[Array, "games places"]) -> Float[Array, "games actions"]:
        """Return the logarithms of the probabilities of both actions, given what was seen, as one-hot numbers."""
        share = jnp.clip(seen @ jnp.array((*self.after, self.start), jnp.float32), 1e-6, 1 - 1e-6)
        return jnp.log(jnp.stack([share, 1 - share], 1))


PLAYERS: Mapping[str, MemoryOne] = {
    "tit_for_tat": MemoryOne(1.0, (1.0, 0.0, 1.0, 0.0)),
    "win_stay_lose_shift": MemoryOne(1.0, (1.0, 0.0, 0.0, 1.0)),
    "always_first": MemoryOne(1.0, (1.0, 1.0, 1.0, 1.0)),
    "always_second": MemoryOne(0.0, (0.0, 0.0, 0.0, 0.0)),
}
