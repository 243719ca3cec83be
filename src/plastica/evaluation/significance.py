"""Tests of significance and quantiles, from ``scipy.special`` only: ``scipy.stats`` takes half a second to import."""

# scipy has no type stubs.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import numpy as np

from ..typing import Float


def normal_quantile(probability: float) -> float:
    """Return a quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def student_quantile(probability: float, freedom: float) -> float:
    """Return a quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def fisher_exact(hits: int, misses: int, other_hits: int, other_misses: int) -> float:
    """Return the p-value of Fisher's exact test that hits are more frequent in the first group than in the second.

    Given the totals, the number of hits in the first group has a hypergeometric distribution; the p-value is the
    probability of at least as many.

    Args:
        hits, misses: Counts of the first group.
        other_hits, other_misses: Counts of the second group.

    Example:
        >>> round(fisher_exact(3, 1, 1, 3), 4)  # Fisher's tea tasting: 17 of 70
        0.2429
    """
    from scipy.special import betaln

    def ways(total: np.ndarray | int, chosen: np.ndarray | int) -> Float[np.ndarray, "*tables"]:
        """Return the logarithm of a binomial coefficient."""
        return -np.log1p(total) - betaln(np.subtract(total, chosen) + 1, np.add(chosen, 1))

    size, other, all_hits = hits + misses, other_hits + other_misses, hits + other_hits
    at_least = np.arange(hits, min(size, all_hits) + 1)
    terms = ways(size, at_least) + ways(other, all_hits - at_least) - ways(size + other, all_hits)
    return float(min(np.exp(terms).sum(), 1.0))


def welch(one: Float[np.ndarray, "values"], other: Float[np.ndarray, "other_values"]) -> float:
    """Return the p-value of Welch's t test that the mean of the first sample is greater than that of the second.

    Args:
        one, other: Samples of at least two numbers, not both constant.

    Reference:
        B. L. Welch, 1947, The generalization of "Student's" problem when several different population variances are
        involved.
    """
    from scipy.special import stdtr

    first, second = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    freedom = (first + second) ** 2 / (first**2 / (len(one) - 1) + second**2 / (len(other) - 1))
    return float(stdtr(freedom, -(one.mean() - other.mean()) / np.sqrt(first + second)))
