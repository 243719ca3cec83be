"""How far members agree: clusters, coherence, polarisation, echo chambers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ShapeError
from ..typing import Float
from .graph import SocialGraph


def count_clusters(opinions: ArrayLike, apart: float = 0.02, smallest: float = 0.0) -> int:
    """Return the number of groups of opinions with a gap between them.

    Args:
        opinions: The opinions, ``(members,)``.
        apart: The gap from which on two neighbouring opinions are of different groups.
        smallest: The share of the members that a group needs to count; a few percent leave out stragglers.

    Raises:
        ShapeError: If opinions are not numbers along one axis.

    Example:
        >>> count_clusters([0.1, 0.11, 0.5, 0.9, 0.9])
        3
    """
    values = np.sort(_opinions(opinions))
    sizes = np.diff(np.concatenate([[0], np.flatnonzero(np.diff(values) > apart) + 1, [len(values)]]))
    return int((sizes >= max(smallest * len(values), 1)).sum())


def coherence(phases: ArrayLike) -> float:
    """Return how far oscillators are in step: 0 for phases all around the circle, 1 for equal phases.

    Equation: r = |mean of exp(i theta)|.

    Args:
        phases: The phases in radians, ``(members,)``.

    Raises:
        ShapeError: If phases are not numbers along one axis.

    Example:
        >>> round(coherence([0.1, 0.1, 0.1]), 6), round(coherence([0, np.pi]), 6)
        (1.0, 0.0)

    Reference:
        Strogatz 2000, From Kuramoto to Crawford.
    """
    return float(abs(np.exp(1j * _opinions(phases)).mean()))


def polarisation(opinions: ArrayLike) -> float:
    """Return how far a society stands in two camps: 0 for one opinion, 1 for two halves at the ends of [0, 1].

    Equation: 4 var(x).

    Args:
        opinions: Opinions from 0 to 1, ``(members,)``.

    Raises:
        ShapeError: If opinions are not numbers along one axis.

    Example:
        >>> polarisation([0, 0, 1, 1]), polarisation([0.5, 0.5])
        (1.0, 0.0)

    Reference:
        Musco, Musco and Tsourakakis 2018, Minimizing polarization and disagreement in social networks; here as a share
        of its maximum.
    """
    return float(4 * np.var(_opinions(opinions)))


def echo_chambers(opinions: ArrayLike, graph: SocialGraph) -> float:
    """Return how far members hear opinions like their own: the correlation across edges, weighted.

    1 if all hear only their own opinion, 0 if opinions have nothing to do with who listens to whom, below 0 if they
    hear the opposite; NaN if all agree.

    Args:
        opinions: The opinions, ``(members,)``.
        graph: Who listens to whom.

    Raises:
        ShapeError: If there is not one opinion for each member.

    Example:
        >>> from plastica.society import graph_of
        >>> echo_chambers([0, 0, 1, 1], graph_of([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]))
        1.0

    Reference:
        Newman 2003, Mixing patterns in networks, equation 21.
    """
    values = _opinions(opinions)
    if len(values) != len(graph):
        raise ShapeError(f"echo_chambers: got {len(values)} opinions for {len(graph)} members; give one for each.")
    weights = graph.weights.mean(0)
    heard, own = values[graph.senders], values[graph.receivers]
    heard, own = (each - np.average(each, weights=weights) for each in (heard, own))
    spread = np.sqrt(np.average(heard**2, weights=weights) * np.average(own**2, weights=weights))
    return float(np.average(heard * own, weights=weights) / spread) if spread > 1e-12 else float("nan")


def _opinions(given: ArrayLike) -> Float[np.ndarray, "members"]:
    values = np.asarray(given, np.float64)
    if values.ndim != 1 or not values.size:
        raise ShapeError(f"opinions have the shape {values.shape}; give one number for each member, (members,).")
    return values
