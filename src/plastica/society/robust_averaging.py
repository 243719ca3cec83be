"""Averages that a few stubborn, lying or broken neighbours cannot spoil: median, trimmed mean, Krum."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..random import Key
from ..typing import Bool, Float, Int, PyTree
from .graph import SocialGraph
from .meeting import Exchange, Meeting, chosen, flattened
from .speaker import Speaker

RobustKind = Literal["median", "trimmed", "krum"]
KINDS = ("median", "trimmed", "krum")


@declaration
class RobustAveraging(Exchange):
    """Each takes a robust average of its own weights and those of its neighbours, who count alike.

    Use it where members may lie or be broken: the mean goes wherever one of them wants it. A meeting costs the members
    times the most neighbours that one of them has.

    Equation, number by number over the member and its m - 1 neighbours: the median; the mean without the ``faulty``
    smallest and largest; or, of Krum, the whole weights of the one whose m - faulty - 2 nearest others are nearest.

    Args:
        kind: "median", "trimmed" or "krum".
        faulty: How many faulty neighbours are expected, for "trimmed" and "krum". With too few neighbours for that the
            trimmed mean is the median, and Krum takes the one with the nearest neighbour.

    Raises:
        InvalidValue: If the kind is unknown, or ``faulty`` is negative.

    Example:
        >>> RobustAveraging("trimmed", faulty=2)
        RobustAveraging(kind='trimmed', faulty=2)

    Reference:
        Yin, Chen, Ramchandran and Bartlett 2018, Byzantine-robust distributed learning; Blanchard,
        El Mhamdi, Guerraoui and Stainer 2017, Machine learning with adversaries (Krum).
    """

    shares = "weights"
    same_start = True

    kind: RobustKind = "median"
    faulty: int = 1

    def __post_init__(self) -> None:
        """Check the kind and the number."""
        if self.kind not in KINDS:
            raise InvalidValue(f"RobustAveraging(kind={self.kind!r}): expected {', '.join(KINDS)}.")
        if self.faulty < 0:
            raise InvalidValue(f"RobustAveraging(faulty={self.faulty}): give a number of at least 0.")

    def begin(self, graph: SocialGraph) -> Int[np.ndarray, "members neighbours"]:
        """Return the numbers of the edges that end at each member, filled up with -1."""
        counts = graph.in_degree
        found = np.full((len(graph), max(counts.max(), 1)), -1, np.int32)
        starts = np.repeat(np.cumsum([0, *counts])[:-1], counts)
        found[graph.receivers, np.arange(len(graph.receivers)) - starts] = np.arange(len(graph.receivers))
        return found

    def meet(self, speaker: Speaker, meeting: Meeting, memory: Array, key: Key) -> tuple[PyTree, Array]:
        edges, (own, rebuilt), (said, _) = meeting.edges, flattened(meeting.weights), flattened(meeting.said)
        present = (memory >= 0) & (jnp.asarray(edges.weights)[memory] > 0)
        senders = jnp.asarray(edges.senders)[memory]
        robust = {"median": self._trimmed, "trimmed": self._trimmed, "krum": self._krum}[self.kind]

        def one(part: tuple[Array, Array, Array]) -> Array:
            mine, from_, there = part
            return robust(jnp.concatenate([mine[None], said[from_]]), jnp.append(True, there))

        moved = jax.lax.map(one, (own, senders, present))
        return chosen(present.any(1), rebuilt(moved), meeting.weights), memory

    def _trimmed(self, values: Float[Array, "heard numbers"], there: Bool[Array, "heard"]) -> Float[Array, "numbers"]:
        """Return the mean of the middle values; of the median only those in the very middle."""
        count = there.sum()
        ranked = jnp.sort(jnp.where(there[:, None], values, jnp.inf), axis=0)
        middle = (count - 1) // 2
        cut = middle if self.kind == "median" else jnp.minimum(self.faulty, middle)
        rank = jnp.arange(values.shape[0])
        kept = (rank >= cut) & (rank < count - cut)
        return jnp.where(kept[:, None], ranked, 0.0).sum(0) / kept.sum()

    def _krum(self, values: Float[Array, "heard numbers"], there: Bool[Array, "heard"]) -> Float[Array, "numbers"]:
        """Return the values of the one whose nearest others are nearest."""
        apart = jnp.square(values[:, None] - values[None]).sum(-1)
        both = there[:, None] & there[None] & ~jnp.eye(len(there), dtype=bool)
        ranked = jnp.sort(jnp.where(both, apart, jnp.inf), axis=1)
        nearest = jnp.maximum(there.sum() - self.faulty - 2, 1)
        counted = jnp.where(jnp.arange(len(there)) < nearest, ranked, 0.0).sum(1)
        return values[jnp.argmin(jnp.where(there, counted, jnp.inf))]
