"""Opinions that are averaged: DeGroot, and Friedkin and Johnsen."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import AnyArray, Float
from .dynamics import OpinionDynamics, check_share
from .edge_list import EdgeList


@declaration
class DeGroot(OpinionDynamics):
    """Everyone takes the average of the opinions of those they listen to.

    Use it as the simplest model of social learning: in a connected society all end with one opinion, the average of the
    first ones with weights that :func:`consensus_weights` gives.

    Equation: x(t+1) = W x(t), where the rows of W add up to 1.

    Args:
        self_weight: The weight of a member's own opinion, from 0 to 1. Default: 0.5, with which opinions never swing
            back and forth, as they do on a bipartite graph without it.

    Raises:
        InvalidValue: If the weight is not from 0 to 1.

    Example:
        >>> from plastica.society import simulate
        >>> simulate(DeGroot(), "complete", steps=60, members=4, initial=[0, 0, 0, 1]).final.round(3).tolist()
        [0.25, 0.25, 0.25, 0.25]

    Reference:
        DeGroot 1974, Reaching a consensus; French 1956, A formal theory of social power.
    """

    self_weight: float = 0.5

    def __post_init__(self) -> None:
        """Check the weight."""
        check_share("DeGroot", "self_weight", self.self_weight)

    def step(self, state: Array, edges: EdgeList, key: Key) -> Array:
        return edges.means(state, self.self_weight)


class AnchoredState(NamedTuple):
    """Opinions, and those that members hold on to."""

    opinions: Float[Array, "members *rest"]
    first: Float[Array, "members *rest"]


@declaration
class FriedkinJohnsen(OpinionDynamics):
    """Everyone averages, and holds on to their first opinion: disagreement stays.

    Use it where people keep differing although they talk. Members that are ``stubborn`` hold on to it completely, such
    as the leaders of two factions.

    Equation: x(t+1) = s W x(t) + (1 - s) x(0), with s = 0 for stubborn members; in the end
    x = (I - s W)^-1 (1 - s) x(0).

    Args:
        susceptibility: The weight s of others, from 0 to 1. Default: 0.8, with which others count four times as much
            as the own first opinion.
        stubborn: The numbers of members with s = 0.
        self_weight: The weight of the own opinion within the average.

    Raises:
        InvalidValue: If a number is not from 0 to 1, or ``stubborn`` are no numbers of members.

    Example:
        >>> from plastica.society import simulate
        >>> leaders = FriedkinJohnsen(susceptibility=1.0, stubborn=(0, 2), self_weight=0.0)
        >>> simulate(leaders, [[0, 0, 0], [1, 0, 1], [0, 0, 0]], steps=30, initial=[1, 0, 0]).final.tolist()
        [1.0, 0.5, 0.0]

    Reference:
        Friedkin and Johnsen 1990, Social influence and opinions; 1999, Social influence networks and opinion change.
    """

    susceptibility: float = 0.8
    stubborn: tuple[int, ...] = ()
    self_weight: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_share("FriedkinJohnsen", "susceptibility", self.susceptibility)
        check_share("FriedkinJohnsen", "self_weight", self.self_weight)
        if any(each < 0 for each in self.stubborn):
            raise InvalidValue(f"FriedkinJohnsen(stubborn={self.stubborn!r}): give numbers of members, from 0 on.")

    def begin(self, initial: AnyArray | None, edges: EdgeList, key: Key) -> AnchoredState:
        opinions = super().begin(initial, edges, key)
        return AnchoredState(opinions, opinions)

    def step(self, state: AnchoredState, edges: EdgeList, key: Key) -> AnchoredState:
        held = jnp.isin(edges.members, jnp.array(self.stubborn, jnp.int32))
        weight = jnp.where(held, 0.0, self.susceptibility)
        weight = weight.reshape((-1,) + (1,) * (state.opinions.ndim - 1))
        mean = edges.means(state.opinions, self.self_weight)
        return AnchoredState(weight * mean + (1 - weight) * state.first, state.first)

    def opinions(self, state: AnchoredState) -> Array:
        return state.opinions

    def check(self, initial: AnyArray | None, members: int) -> None:
        super().check(initial, members)
        if any(each >= members for each in self.stubborn):
            raise InvalidValue(
                f"FriedkinJohnsen(stubborn={self.stubborn!r}): members of this graph are numbered 0 to {members - 1}."
            )
