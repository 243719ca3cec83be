"""The voter model: members copy each other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import AnyArray
from .dynamics import OpinionDynamics, check_share
from .edge_list import EdgeList


@declaration
class VoterModel(OpinionDynamics):
    """A member takes over the opinion of one of those it listens to.

    Use it for copying without reasons: fashions, variants of a language, neutral culture. A step has as many acts of
    copying as members. With two opinions in a complete graph of N members, a share p of them with the one, agreement
    takes about -N (p ln p + (1 - p) ln(1 - p)) steps.

    Args:
        opinions_count: The number of opinions from which the first are drawn; opinions are 0, 1, ...
        innovation: The probability of taking a random opinion instead, from 0 to 1.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> from plastica.society import simulate
        >>> len(set(simulate(VoterModel(), "complete", steps=200, members=10).final.tolist()))
        1

    Reference:
        Holley and Liggett 1975, Ergodic theorems for weakly interacting infinite systems and the voter model; Sood and
        Redner 2005, Voter model on heterogeneous graphs, for the time to agreement.
    """

    opinions_count: int = 2
    innovation: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_share("VoterModel", "innovation", self.innovation)
        if self.opinions_count < 2:
            raise InvalidValue(f"VoterModel(opinions_count={self.opinions_count}): give at least 2.")

    def begin(self, initial: AnyArray | None, edges: EdgeList, key: Key) -> Array:
        if initial is not None:
            return jnp.asarray(initial, jnp.float32)
        drawn = random.uniform(key, (edges.size,)) * self.opinions_count
        return jnp.floor(drawn)

    def step(self, state: Array, edges: EdgeList, key: Key) -> Array:
        copier, model = edges.meeting(key, (edges.size,))
        drawn = random.uniform(random.fold(key, 2), (2, edges.size))
        novel = jnp.floor(drawn[1] * self.opinions_count)

        def act(number: Array, state: Array) -> Array:
            taken = jnp.where(drawn[0, number] < self.innovation, novel[number], state[model[number]])
            return state.at[copier[number]].set(taken)

        return jax.lax.fori_loop(0, edges.size, act, state)
