"""When members change their answers: by how many neighbours disagree, and by how sure they were."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..typing import Float, Int
from .history import SocietyHistory


class CopyingCurve(NamedTuple):
    """How often answers were taken over.

    Attributes:
        edges: The limits of the bins, ``(bins + 1,)``.
        rate: The share of cases in each bin in which the answer was taken over, NaN without a case, ``(bins,)``.
        cases: The number of cases in each bin.
    """

    edges: Float[np.ndarray, "limits"]
    rate: Float[np.ndarray, "bins"]
    cases: Int[np.ndarray, "bins"]


def copying_by_majority(history: SocietyHistory, bins: int = 4) -> CopyingCurve:
    """Return how often members switch to the answer that most neighbours give, by the share of neighbours who give it.

    Use it beside experiments on conformity. Cases are questions on which a member does not yet answer as the most
    frequent answer of those it listens to; it switched if it does after the next meeting. Learning from rows switches
    answers as well: compare with a society that exchanges nothing.

    Args:
        history: The history of a society that tells classes apart, of at least two meetings.
        bins: The number of bins from 0 to 1.

    Raises:
        InvalidValue: If members answer with amounts, or there are too few meetings.

    Reference:
        Asch 1955, Opinions and social pressure; Morgan, Rendell, Ehn, Hoppitt and Laland 2012, The evolutionary basis
        of human social learning.
    """
    chosen, share, most = _neighbours(history)
    before, after = chosen[:-1], chosen[1:]
    apart = (before != most[:-1]) & (share[:-1] > 0)
    return _curve(share[:-1][apart], (after == most[:-1])[apart], np.linspace(0, 1, bins + 1))


def copying_by_certainty(history: SocietyHistory, bins: int = 4) -> CopyingCurve:
    """Return how often members switch to the answer that most neighbours give, by their own certainty before.

    Cases are those of :func:`copying_by_majority`; certainty is the probability of the own answer.

    Args:
        history, bins: As for :func:`copying_by_majority`.

    Raises:
        InvalidValue: As for :func:`copying_by_majority`.

    Reference:
        Laland 2004, Social learning strategies; Morgan et al. 2012, The evolutionary basis of human social learning.
    """
    chosen, share, most = _neighbours(history)
    said = history.answers.astype(np.float64)
    sure = said.max(-1) if history.kind == "classes" else np.maximum(said, 1 - said)[..., 0]
    apart = (chosen[:-1] != most[:-1]) & (share[:-1] > 0)
    return _curve(sure[:-1][apart], (chosen[1:] == most[:-1])[apart], np.linspace(0, 1, bins + 1))


def _neighbours(history: SocietyHistory) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the answers of members, and the most frequent answer of their neighbours with its share."""
    if history.kind == "values" or len(history) < 2:
        raise InvalidValue(
            f"copying curves need classes and at least two meetings; got {history.kind} and {len(history)} meetings."
        )
    said = history.answers
    chosen = said.argmax(-1) if history.kind == "classes" else (said[..., 0] > 0.5).astype(int)
    count = max(int(chosen.max()) + 1, 2)
    graph = history.graph
    said_by = np.eye(count)[chosen]
    heard = np.sign(graph.matrix().toarray())  # each of those listened to has one vote
    votes = np.stack([heard @ each.reshape(len(graph), -1) for each in said_by])
    votes = votes.reshape(said_by.shape)
    total = np.maximum(votes.sum(-1), 1)
    return chosen, votes.max(-1) / total, votes.argmax(-1)


def _curve(by: np.ndarray, switched: np.ndarray, edges: np.ndarray) -> CopyingCurve:
    place = np.clip(np.digitize(by, edges[1:-1], right=True), 0, len(edges) - 2)
    cases = np.bincount(place, minlength=len(edges) - 1)
    hits = np.bincount(place, switched, len(edges) - 1)
    return CopyingCurve(edges, np.where(cases > 0, hits / np.maximum(cases, 1), np.nan), cases)
