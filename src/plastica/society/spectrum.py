"""Who counts how much in the end, and how fast a society agrees: eigenvectors and eigenvalues of averaging."""

from __future__ import annotations

import numpy as np

from ..errors import InvalidValue
from ..typing import Float
from .graphs import GraphLike, graph_of

DENSE = 400  # members up to which all eigenvalues are computed


def consensus_weights(
    graph: GraphLike, self_weight: float = 0.5, *, members: int | None = None
) -> Float[np.ndarray, "members"]:
    """Return the weight of each member's first opinion in the opinion on which averaging members end.

    Use it as a measure of influence. In an undirected graph it is a member's share of all weights.

    Equation: v W = v, with entries that add up to 1: the left eigenvector of the matrix of averages.

    Args:
        graph: As for :func:`graph_of`.
        self_weight: The weight of the own opinion; it leaves the result as it is unless members listen to nobody.
        members: As for :func:`graph_of`.

    Raises:
        InvalidValue: If there are several closed groups that listen to nobody outside, which never agree.

    Example:
        >>> consensus_weights("star", members=5).round(3).tolist()
        [0.5, 0.125, 0.125, 0.125, 0.125]

    Reference:
        DeGroot 1974, Reaching a consensus; Golub and Jackson 2010, Naive learning in social networks and the
        wisdom of crowds.
    """
    from scipy import sparse
    from scipy.sparse import csgraph, linalg

    made = graph_of(graph, members)
    matrix = made.matrix(self_weight)
    count, part = csgraph.connected_components(matrix, directed=True, connection="strong")
    outside = matrix.tocoo()
    leaving = part[outside.row] != part[outside.col]
    closed = np.setdiff1d(np.arange(count), part[outside.row[leaving]])
    if len(closed) != 1:
        names = ", ".join(made.names[np.flatnonzero(part == each)[0]] for each in closed[:5])
        raise InvalidValue(
            f"consensus_weights: this graph has {len(closed)} groups that listen to nobody outside (with {names}), so "
            "there is no single opinion in the end; take each group alone."
        )
    inside = np.flatnonzero(part == closed[0])
    found = np.zeros(len(made))
    if len(inside) == 1:
        found[inside] = 1.0
        return found
    own = matrix[inside][:, inside]
    # One equation of v (W - I) = 0 follows from the others; the sum takes its place.
    system = sparse.vstack([np.ones((1, len(inside))), (own.T - sparse.eye(len(inside))).tocsr()[1:]])
    found[inside] = np.asarray(linalg.spsolve(system.tocsc(), np.eye(len(inside))[0]))
    return found


def spectral_gap(graph: GraphLike, self_weight: float = 0.5, *, members: int | None = None) -> float:
    """Return how much of a disagreement averaging removes in each step in the long run.

    Use it for how fast a society can agree: disagreement shrinks as (1 - gap)^t, so that a gap of 0.1 takes about
    22 steps for a tenth and a ring of 100 members some thousands.

    Equation: gap = 1 - |second largest eigenvalue of W|.

    Args:
        graph, members: As for :func:`graph_of`.
        self_weight: The weight of the own opinion.

    Example:
        >>> round(spectral_gap("complete", members=11), 3), round(spectral_gap("ring", members=20), 3)
        (0.55, 0.024)

    Reference:
        Boyd, Ghosh, Prabhakar and Shah 2006, Randomized gossip algorithms.
    """
    from scipy.sparse import linalg

    made = graph_of(graph, members)
    matrix = made.matrix(self_weight)
    if len(made) <= DENSE:
        values = np.linalg.eigvals(matrix.toarray())
    else:
        values = linalg.eigs(matrix, k=2, which="LM", return_eigenvectors=False)
    return float(1 - np.sort(np.abs(values))[-2])
