"""Exchanges that average weights: with the neighbours, by gossip, and by push-sum on directed graphs."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..random import Key
from ..typing import Float, PyTree
from .dynamics import check_share
from .edge_list import EdgeList
from .graph import SocialGraph
from .meeting import Exchange, Meeting, chosen, flattened
from .speaker import Speaker


@declaration
class WeightAveraging(Exchange):
    """Each takes the average of its own weights and of the weighted mean of those of its neighbours.

    Use it as DeGroot's learning for networks: members with many listeners count more. :class:`Gossip` counts all alike.

    Equation: w_i <- s w_i + (1 - s) sum_j a_ij w_j / sum_j a_ij.

    Args:
        self_weight: The weight s of the own weights, from 0 to 1.
        moments: Whether the moments of the optimizers are averaged as well.

    Raises:
        InvalidValue: If it is not.

    Example:
        >>> WeightAveraging(self_weight=0.8)
        WeightAveraging(self_weight=0.8)

    Reference:
        Jadbabaie, Molavi, Sandroni and Tahbaz-Salehi 2012, Non-Bayesian social learning; McMahan et al.
        2017, Communication-efficient learning of deep networks from decentralized data, on averages of weights.
    """

    shares = "weights"
    same_start = True

    self_weight: float = 0.5
    moments: bool = False

    def __post_init__(self) -> None:
        """Check the weight."""
        check_share("WeightAveraging", "self_weight", self.self_weight)

    @property
    def shares_moments(self) -> bool:
        return self.moments

    def meet(self, speaker: Speaker, meeting: Meeting, memory: tuple[()], key: Key) -> tuple[PyTree, tuple[()]]:
        edges, (own, rebuilt), (said, _) = meeting.edges, flattened(meeting.weights), flattened(meeting.said)
        strength = edges.strength()[:, None]
        heard = edges.weighted(said) / jnp.where(strength > 0, strength, 1)
        mixed = self.self_weight * own + (1 - self.self_weight) * heard
        return chosen(strength[:, 0] > 0, rebuilt(mixed), meeting.weights), memory


@declaration
class Gossip(Exchange):
    """Neighbours average their weights so that the mean over all members stays (Metropolis weights).

    Use it for decentralized training in which all members count alike; :func:`spectral_gap` says how fast they come
    together. For undirected graphs.

    Equation: w_i <- w_i + sum_j a_ij (w_j - w_i) / (max(s_i, s_j) + m), where s are the sums of a member's weights a
    and m is the largest weight of an edge.

    Args:
        moments: Whether the moments of the optimizers are averaged as well.

    Example:
        >>> Gossip(moments=True)
        Gossip(moments=True)

    Reference:
        Xiao, Boyd and Kim 2007, Distributed average consensus with least-mean-square deviation (Metropolis weights);
        Lian et al. 2017, Can decentralized algorithms outperform centralized algorithms?
    """

    shares = "weights"
    same_start = True
    undirected = True

    moments: bool = False

    @property
    def shares_moments(self) -> bool:
        return self.moments

    def meet(self, speaker: Speaker, meeting: Meeting, memory: tuple[()], key: Key) -> tuple[PyTree, tuple[()]]:
        edges, (own, rebuilt), (said, _) = meeting.edges, flattened(meeting.weights), flattened(meeting.said)
        strength, weights = edges.strength(), jnp.asarray(edges.weights)
        senders, receivers = jnp.asarray(edges.senders), jnp.asarray(edges.receivers)
        largest = jnp.maximum(strength[senders], strength[receivers]) + jnp.maximum(weights.max(), 1e-30)
        shared = edges._replace(weights=weights / largest)
        moved = own + shared.weighted(said) - shared.strength()[:, None] * own
        return chosen(strength > 0, rebuilt(moved), meeting.weights), memory


@declaration
class PushSum(Exchange):
    """Each member hands on shares of its weights along directed edges, and of a number that corrects the bias.

    Use it for averages of all members on directed graphs, where nobody knows who listens to whom in return.

    Equation: x_i <- sum_j p_ij x_j, v_i <- sum_j p_ij v_j, w_i = x_i / v_i, where the shares p_ij of what j hands out
    add up to 1; the sum of v_i w_i stays.

    Args:
        moments: Whether the moments of the optimizers are averaged as well.

    Example:
        >>> PushSum()
        PushSum()

    Reference:
        Kempe, Dobra and Gehrke 2003, Gossip-based computation of aggregate information (Push-Sum); Assran,
        Loizou, Ballas and Rabbat 2019, Stochastic gradient push for distributed deep learning.
    """

    shares = "weights"
    same_start = True

    moments: bool = False

    @property
    def shares_moments(self) -> bool:
        return self.moments

    def begin(self, graph: SocialGraph) -> Float[Array, "members"]:
        return jnp.ones(len(graph))

    def meet(self, speaker: Speaker, meeting: Meeting, memory: Array, key: Key) -> tuple[PyTree, Array]:
        (own, rebuilt), (said, _) = flattened(meeting.weights), flattened(meeting.said)
        pushed, kept = _pushed(meeting.edges)
        mass = kept * memory + pushed.weighted(memory)
        moved = (kept * memory)[:, None] * own + pushed.weighted(memory[:, None] * said)
        # Who neither hears nor is heard keeps all of it, and its bits.
        touched = (meeting.edges.strength() > 0) | (kept < 1)
        return chosen(touched, rebuilt(moved / mass[:, None]), meeting.weights), mass


def _pushed(edges: EdgeList) -> tuple[EdgeList, Float[Array, "members"]]:
    """Return the shares that members hand out along their edges, and those that they keep."""
    weights, senders = jnp.asarray(edges.weights), jnp.asarray(edges.senders)
    out = jnp.zeros(edges.size).at[senders].add(weights)
    kept = 1 / (1 + out)
    return edges._replace(weights=weights * kept[senders]), kept
