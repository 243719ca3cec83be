"""Copying whole members: those that do better are copied by those that do worse."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import PyTree
from .meeting import Exchange, Meeting, chosen, flattened
from .speaker import Speaker


@declaration
class CopyTheBetter(Exchange):
    """Each looks at one neighbour and takes over its weights with a probability that grows with its advantage.

    Use it for evolution on a graph (payoff-biased imitation): good networks spread, and diversity falls. Liars claim
    the best score of all.

    Equation: p = 1 / (1 + exp(-selection (score_j - score_i))), the Fermi rule.

    Args:
        selection: How much an advantage counts; 0 copies at random, which is the voter model. With the default an
            advantage of 5 points of accuracy is followed nine times of ten.
        only_better: Whether equals and worse ones are never copied.
        mutation: The standard deviation of noise on copied weights, at least 0.

    Raises:
        InvalidValue: If a number is negative.

    Example:
        >>> CopyTheBetter(selection=100.0)
        CopyTheBetter(selection=100.0)

    Reference:
        Szabó and Tőke 1998, Evolutionary prisoner's dilemma game on a square lattice; Traulsen, Pacheco and Nowak 2007,
        Pairwise comparison and selection temperature in evolutionary game dynamics.
    """

    shares = "weights"

    selection: float = 45.0
    only_better: bool = True
    mutation: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.selection < 0 or self.mutation < 0:
            raise InvalidValue(
                f"CopyTheBetter(selection={self.selection}, mutation={self.mutation}): give numbers of at least 0."
            )

    def meet(self, speaker: Speaker, meeting: Meeting, memory: tuple[()], key: Key) -> tuple[PyTree, tuple[()]]:
        members = jnp.asarray(meeting.edges.members)
        model = meeting.edges.drawn(members, random.fold(key, 0))
        advantage = meeting.payoff[model] - meeting.payoff
        copies = random.uniform(random.fold(key, 1), members.shape) < jax.nn.sigmoid(self.selection * advantage)
        copies &= (model != members) & ((advantage > 0) | (not self.only_better))
        said, rebuilt = flattened(meeting.said)
        noise = self.mutation * random.normal(random.fold(key, 2), said.shape)
        return chosen(copies, rebuilt(said[model] + noise), meeting.weights), memory
