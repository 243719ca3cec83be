"""Bounded confidence: members listen only to opinions near their own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..random import Key
from .dynamics import OpinionDynamics, check_share
from .edge_list import EdgeList


@declaration
class HegselmannKrause(OpinionDynamics):
    """Everyone takes the average of all neighbours whose opinions differ from their own by at most ``confidence``.

    Use it for discussions in which all meet at once. From even opinions in [0, 1] in a complete graph about
    1 / (2 confidence) clusters remain, and from about 0.2 on only one.

    Equation: x_i(t+1) = mean of x_j(t) over j with w_ij > 0 and |x_i - x_j| <= confidence, i included.

    Args:
        confidence: How far opinions may differ, above 0, up to 1.

    Raises:
        InvalidValue: If it is not.

    Example:
        >>> from plastica.society import count_clusters, simulate
        >>> found = simulate(HegselmannKrause(0.3), "complete", steps=30, members=50)
        >>> count_clusters(found.final)
        1

    Reference:
        Hegselmann and Krause 2002, Opinion dynamics and bounded confidence.
    """

    confidence: float = 0.2

    def __post_init__(self) -> None:
        """Check the bound."""
        check_share("HegselmannKrause", "confidence", self.confidence, positive=True)

    def step(self, state: Array, edges: EdgeList, key: Key) -> Array:
        senders, receivers = jnp.asarray(edges.senders), jnp.asarray(edges.receivers)
        apart = jnp.abs(state[senders] - state[receivers])
        heard = jnp.asarray(edges.weights) * (apart <= self.confidence)
        return (state + edges.sums(heard * state[senders])) / (1 + edges.sums(heard))


@declaration
class Deffuant(OpinionDynamics):
    """Two neighbours meet; if their opinions differ by at most ``confidence``, each moves towards the other.

    Use it for talks of two. From even opinions in [0, 1] in a complete graph about 1 / (2 confidence) large clusters
    remain; at 0.5 and above one. A step has as many meetings as members.

    Equation: x_i += rate (x_j - x_i), x_j += rate (x_i - x_j), if |x_i - x_j| <= confidence.

    Args:
        confidence: How far opinions may differ, above 0, up to 1.
        rate: How far they move, up to 0.5: then they meet in the middle. It changes how fast they gather, hardly where.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> from plastica.society import count_clusters, simulate
        >>> found = simulate(Deffuant(0.5), "complete", steps=60, members=50)
        >>> count_clusters(found.final)
        1

    Reference:
        Deffuant, Neau, Amblard and Weisbuch 2000, Mixing beliefs among interacting agents.
    """

    confidence: float = 0.2
    rate: float = 0.5

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_share("Deffuant", "confidence", self.confidence, positive=True)
        check_share("Deffuant", "rate", self.rate, positive=True)

    def step(self, state: Array, edges: EdgeList, key: Key) -> Array:
        first, second = edges.meeting(key, (edges.size,))

        def meet(number: Array, state: Array) -> Array:
            one, other = first[number], second[number]
            move = self.rate * (state[other] - state[one])
            move = jnp.where(jnp.abs(state[other] - state[one]) <= self.confidence, move, 0.0)
            return state.at[one].add(move).at[other].add(-move)

        return jax.lax.fori_loop(0, edges.size, meet, state)
