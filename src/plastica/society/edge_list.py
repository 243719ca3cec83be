"""Edges inside compiled programs: sums over neighbours and random meetings, whose cost grows with the edges."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..random import Key
from ..typing import AnyArray, Float, Int

DENSE = 8  # members squared by edges from which on sums of neighbours are matrix products


class EdgeList(NamedTuple):
    """The edges of a graph, sorted by receiver.

    Attributes:
        senders, receivers: The ends of each edge, ``(edges,)``.
        weights: The weights, ``(periods, edges)``; for one period ``(edges,)``.
        members: The numbers of the members, ``(members,)``, which gives their count its shape.
    """

    senders: Int[AnyArray, "edges"]
    receivers: Int[AnyArray, "edges"]
    weights: Float[AnyArray, "*periods edges"]
    members: Int[AnyArray, "members"]

    @property
    def size(self) -> int:
        """The number of members."""
        return self.members.shape[0]

    def at(self, time: Int[Array, ""]) -> EdgeList:
        """Return the edges of the period at a time; the periods follow each other in a circle."""
        return self._replace(weights=jnp.asarray(self.weights)[time % self.weights.shape[0]])

    def sums(self, values: Float[Array, "edges *rest"]) -> Float[Array, "members *rest"]:
        """Return the sum of values of edges at each receiver."""
        return jax.ops.segment_sum(values, jnp.asarray(self.receivers), self.size, indices_are_sorted=True)

    def weighted(self, values: Float[Array, "members *rest"]) -> Float[Array, "members *rest"]:
        """Return the weighted sum of the values of the neighbours."""
        weights, senders = jnp.asarray(self.weights), jnp.asarray(self.senders)
        # Where most know each other, a product with the matrix of weights costs less than gathering edge by edge.
        if DENSE * weights.shape[0] >= self.size**2:
            matrix = jnp.zeros((self.size, self.size), values.dtype).at[self.receivers, senders].add(weights)
            return jnp.tensordot(matrix, values, 1)
        return self.sums(along(weights, values) * values[senders])

    def means(self, values: Float[Array, "members *rest"], self_weight: Array | float) -> Float[Array, "members *rest"]:
        """Return averages of a member's own value and the weighted mean of its neighbours.

        A member that listens to nobody keeps its own value, bit for bit.

        Args:
            values: The values of the members.
            self_weight: The weight of the own value, from 0 to 1: a number, or one for each member.
        """
        strength = self.strength()
        hears = along(strength > 0, values)
        mean = self.weighted(values) / along(jnp.where(strength > 0, strength, 1), values)
        own = along(jnp.broadcast_to(self_weight, (self.size,)), values)
        return jnp.where(hears, own * values + (1 - own) * mean, values)

    def strength(self) -> Float[Array, "members"]:
        """Return the sum of the weights that end at each member."""
        return self.sums(jnp.asarray(self.weights))

    def meeting(self, key: Key, shape: tuple[int, ...]) -> tuple[Int[Array, "*shape"], Int[Array, "*shape"]]:
        """Draw pairs: a member, and one of those it listens to, by weight.

        A member without neighbours meets itself.

        Returns:
            The receivers and the senders.
        """
        receiver = random_member(random.fold(key, 0), self.size, shape)
        return receiver, self.drawn(receiver, random.fold(key, 1))

    def drawn(self, receiver: Int[Array, "*shape"], key: Key) -> Int[Array, "*shape"]:
        """Draw one of those whom each receiver listens to, by weight; itself if there are none."""
        ends = jnp.cumsum(self.strength())
        total = jnp.cumsum(jnp.asarray(self.weights))
        below = jnp.where(receiver > 0, ends[receiver - 1], 0.0)
        aim = below + random.uniform(key, receiver.shape) * (ends[receiver] - below)
        edge = jnp.clip(jnp.searchsorted(total, aim, side="right"), 0, total.shape[0] - 1)
        # Rounding of the running totals may lead into the edges of the next member, or to one that weighs nothing.
        good = (jnp.asarray(self.receivers)[edge] == receiver) & (jnp.asarray(self.weights)[edge] > 0)
        return jnp.where(good, jnp.asarray(self.senders)[edge], receiver)


def along(numbers: Array, values: Array) -> Array:
    """Return one number for each member or edge, shaped to broadcast over values of any rank."""
    return numbers.reshape(numbers.shape + (1,) * (values.ndim - 1))


def random_member(key: Key, count: int, shape: tuple[int, ...]) -> Int[Array, "*shape"]:
    """Draw members, all with the same probability."""
    return jnp.minimum((random.uniform(key, shape) * count).astype(jnp.int32), count - 1)
