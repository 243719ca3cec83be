"""SocialGraph: who listens to whom, and how much, as lists of edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue, ShapeError, caution
from ..typing import Float, Int
from .edge_list import EdgeList

if TYPE_CHECKING:
    import scipy.sparse

MOST_NAMED = 5
# Graphs whose members have no names are drawn and indexed by number.
FEWEST = 2


@dataclass(frozen=True, eq=False, repr=False)
class SocialGraph:
    """Who listens to whom: a graph with directions, weights and, if wanted, periods.

    Use :func:`graph_of` to make one from a name, a networkx graph, a matrix or a file. An edge runs from a sender to a
    receiver, who listens; an undirected edge is two of them. A graph that changes has the weights of its edges in each
    period, which follow each other and then start again; an edge that is absent in a period weighs 0.

    Args:
        names: The names of the members.
        senders, receivers: The numbers of the members at the ends of each edge, ``(edges,)``.
        weights: The weight of each edge in each period, ``(periods, edges)``, at least 0.
        positions: Places for drawings, ``(members, 2)``; None: computed when they are needed.
        groups: A known group of each member, such as the club after the split; None if there is none.
        name: What the graph is called in reports.

    Raises:
        InvalidValue: If there are fewer than two members or no edges, or an edge joins a member to itself, has a
            negative weight, or ends at a member that is not there.
        ShapeError: If the arrays have different lengths.

    Example:
        >>> graph = SocialGraph(("Ann", "Ben", "Cem"), np.array([0, 1]), np.array([1, 2]), np.ones((1, 2)))
        >>> graph
        <SocialGraph: 3 members, 2 edges, directed>
        >>> graph.in_strength.tolist()
        [0.0, 1.0, 1.0]
    """

    names: tuple[str, ...]
    senders: Int[np.ndarray, "edges"]
    receivers: Int[np.ndarray, "edges"]
    weights: Float[np.ndarray, "periods edges"]
    positions: Float[np.ndarray, "members 2"] | None = None
    groups: Int[np.ndarray, "members"] | None = None
    name: str = "graph"

    def __post_init__(self) -> None:
        """Check the edges, put several edges between two members together, and sort them by receiver."""
        weights = np.atleast_2d(np.asarray(self.weights, np.float64))
        senders, receivers = (np.asarray(each, np.int64) for each in (self.senders, self.receivers))
        if senders.shape != receivers.shape or senders.ndim != 1 or weights.shape[1:] != senders.shape:
            raise ShapeError(
                f"graph: senders {senders.shape}, receivers {receivers.shape} and weights {weights.shape} do not fit; "
                "give (edges,), (edges,) and (periods, edges)."
            )
        _check(self.names, senders, receivers, weights)
        pairs, place = np.unique(np.stack([receivers, senders]), axis=1, return_inverse=True)
        added = np.stack([np.bincount(place.ravel(), own, pairs.shape[1]) for own in weights])
        used = added.any(0)
        for field, value in {"senders": pairs[1][used], "receivers": pairs[0][used], "weights": added[:, used]}.items():
            object.__setattr__(self, field, value.astype(np.float32 if field == "weights" else np.int32))
        object.__setattr__(self, "names", tuple(str(each) for each in self.names))

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.names)

    def __repr__(self) -> str:
        """Show the size."""
        kind = "directed" if self.is_directed else "undirected"
        edges = len(self.senders) if self.is_directed else len(self.senders) // 2
        periods = f", {self.periods} periods" if self.periods > 1 else ""
        return f"<SocialGraph: {len(self)} members, {edges} edges, {kind}{periods}>"

    @property
    def periods(self) -> int:
        """The number of periods; 1 for a graph that stays as it is."""
        return len(self.weights)

    @cached_property
    def is_directed(self) -> bool:
        """Whether someone listens to a member that does not listen back as much."""
        matrix = self.matrix()
        return bool(abs(matrix - matrix.T).sum() > 1e-6 * abs(matrix).sum())

    @property
    def in_degree(self) -> Int[np.ndarray, "members"]:
        """To how many members each listens."""
        return np.bincount(self.receivers, minlength=len(self))

    @property
    def in_strength(self) -> Float[np.ndarray, "members"]:
        """The sum of the weights of the edges that end at each member, averaged over periods."""
        return np.bincount(self.receivers, self.weights.mean(0), len(self))

    @property
    def isolated(self) -> Int[np.ndarray, "members"]:
        """The members that neither listen nor are listened to."""
        return np.setdiff1d(np.arange(len(self)), np.concatenate([self.senders, self.receivers]))

    def matrix(self, self_weight: float | None = None) -> scipy.sparse.csr_matrix:
        """Return the weights as a sparse matrix, receivers by senders, averaged over periods.

        Args:
            self_weight: If given, the matrix of averages: rows add up to 1, with this weight for the member itself; a
                member that listens to nobody keeps its own value.
        """
        from scipy import sparse

        count = len(self)
        found: Any = sparse.csr_matrix((self.weights.mean(0), (self.receivers, self.senders)), (count, count))
        if self_weight is None:
            return found
        strength = np.asarray(found.sum(1)).ravel()
        own = np.where(strength > 0, self_weight, 1.0)
        share = np.divide(1 - own, strength, out=np.zeros(count), where=strength > 0)
        return (sparse.diags(share) @ found + sparse.diags(own)).tocsr()

    def edge_list(self) -> EdgeList:
        """Return the edges as compiled programs take them."""
        return EdgeList(self.senders, self.receivers, self.weights, np.arange(len(self), dtype=np.int32))

    def number_of(self, member: str | int) -> int:
        """Return the number of a member, given its name or number.

        Raises:
            InvalidValue: If there is no such member.
        """
        if isinstance(member, int | np.integer) and not isinstance(member, bool) and 0 <= member < len(self):
            return int(member)
        if str(member) in self.names:
            return self.names.index(str(member))
        raise InvalidValue(
            f"{member!r} is no member of this graph; give a number from 0 to {len(self) - 1} or a name such as "
            f"{self.names[0]!r}."
        )

    def numbers_of(self, members: Sequence[str | int] | str | int) -> tuple[int, ...]:
        """Return the numbers of several members, each once.

        Raises:
            InvalidValue: If one of them is not in the graph.
        """
        given = [members] if isinstance(members, str | int | np.integer) else members
        return tuple(dict.fromkeys(self.number_of(each) for each in given))

    def warn_of_isolated(self) -> None:
        """Warn of members without neighbours, which learn alone."""
        alone = self.isolated
        if len(alone):
            named = ", ".join(self.names[each] for each in alone[:MOST_NAMED])
            more = ", ..." if len(alone) > MOST_NAMED else ""
            caution(
                f"{len(alone)} of {len(self)} members have no neighbours and exchange nothing: {named}{more}. Add "
                "edges, or leave them out."
            )


def _check(names: Sequence[str], senders: np.ndarray, receivers: np.ndarray, weights: np.ndarray) -> None:
    if len(names) < FEWEST:
        raise InvalidValue(f"graph: a society of {len(names)} has nobody to learn from; give at least two members.")
    if len(set(map(str, names))) < len(names):
        raise InvalidValue("graph: two members have the same name; give each one of its own.")
    ends = np.concatenate([senders, receivers])
    if ends.size and (ends.min() < 0 or ends.max() >= len(names)):
        wrong = ends[(ends < 0) | (ends >= len(names))][0]
        raise InvalidValue(f"graph: an edge names member {wrong}, but members are numbered 0 to {len(names) - 1}.")
    if (senders == receivers).any():
        own = names[int(senders[senders == receivers][0])]
        raise InvalidValue(
            f"graph: an edge joins {own} to itself; leave it out. How much a member keeps of its own is set by "
            "self_weight=."
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        place = np.argwhere(~np.isfinite(weights) | (weights < 0))[0]
        ends = f"{names[int(senders[place[1]])]} to {names[int(receivers[place[1]])]}"
        raise InvalidValue(
            f"graph: the edge from {ends} has the weight {weights[tuple(place)]:g}; weights are at least 0: how much "
            "the receiver listens."
        )
    if not (weights > 0).any():
        raise InvalidValue(
            'graph: there are no edges, so nobody learns from anybody; add edges, or choose exchange="none" without a '
            "graph."
        )
