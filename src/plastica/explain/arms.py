"""Bernoulli arms with bounds from the Kullback-Leibler divergence, and the search for the best ones (KL-LUCB)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..typing import Float, Int

EXPONENT, FACTOR = 1.1, 405.5  # of the exploration rate, as in the paper's theorem 1
HALVINGS = 40


class ArmCounts(NamedTuple):
    """How often each arm was drawn, and how often with success."""

    draws: Int[np.ndarray, "arms"]
    hits: Int[np.ndarray, "arms"]

    @property
    def mean(self) -> Float[np.ndarray, "arms"]:
        """The share of successes."""
        return self.hits / np.maximum(self.draws, 1)


def bounds(
    mean: Float[np.ndarray, "arms"], level: Float[np.ndarray, "arms"]
) -> tuple[Float[np.ndarray, "arms"], Float[np.ndarray, "arms"]]:
    """Return the smallest and largest q with KL(mean, q) <= level.

    Example:
        >>> import numpy as np
        >>> low, high = bounds(np.array([0.5, 1.0]), np.array([0.1, 0.1]))
        >>> low.round(3).tolist(), high.round(3).tolist()  # for a mean of 1, q = exp(-level)
        ([0.287, 0.905], [0.713, 1.0])
    """
    return _bisected(mean, np.zeros_like(mean), level), _bisected(mean, np.ones_like(mean), level)


def _bisected(mean: np.ndarray, end: np.ndarray, level: np.ndarray) -> Float[np.ndarray, "arms"]:
    inside, outside = mean.astype(np.float64), end.astype(np.float64)
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        near = _divergence(mean, middle) <= level
        inside, outside = np.where(near, middle, inside), np.where(near, outside, middle)
    return inside


def _divergence(p: np.ndarray, q: np.ndarray) -> Float[np.ndarray, "arms"]:
    p, q = np.clip(p, 1e-12, 1 - 1e-12), np.clip(q, 1e-12, 1 - 1e-12)
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


def best_arms(
    draw: Callable[[int], None], counts: Callable[[], ArmCounts], best: int, *, gap: float, risk: float, most: int
) -> Int[np.ndarray, "best"]:
    """Return the arms with the largest means, up to a gap, with a given risk of error (KL-LUCB).

    Args:
        draw: Draws an arm some more times.
        counts: The counts so far; each arm was drawn.
        best: How many arms are wanted.
        gap: How much smaller the mean of a chosen arm may be than that of one left out.
        risk: The probability of a larger gap.
        most: The largest number of rounds, of two arms each.

    Reference:
        E. Kaufmann, S. Kalyanakrishnan (2013), Information complexity in bandit subset selection, algorithm 1.
    """
    for turn in range(1, most + 1):
        own = counts()
        order = np.argsort(-own.mean, kind="stable")
        chosen, left = order[:best], order[best:]
        if not len(left):
            return chosen
        rate = np.log(FACTOR * len(order) * turn**EXPONENT / risk)
        low, high = bounds(own.mean, (rate + np.log(rate)) / own.draws)
        weakest, strongest = chosen[low[chosen].argmin()], left[high[left].argmax()]
        if high[strongest] - low[weakest] < gap:
            return chosen
        draw(int(weakest))
        draw(int(strongest))
    return np.argsort(-counts().mean, kind="stable")[:best]
