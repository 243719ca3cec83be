"""Significant differences between rules, and the ranks that are compatible with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .records import RuleRecord, middle, spread

LEVEL = 0.95


class Ranks(NamedTuple):
    """The range of ranks of a rule.

    Attributes:
        best: One more than the number of rules that are measurably better.
        worst: The number of ranked rules minus those that are measurably worse.
    """

    best: int
    worst: int

    def __str__(self) -> str:
        """Return ``2`` or ``2-5``."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


def ranks(records: Sequence[RuleRecord]) -> list[Ranks]:
    """Return the range of ranks of each rule, at 95 % confidence for each rule.

    Two rules differ measurably when the difference of their means exceeds Student's quantile times its standard
    error. The error has two sources: the seeds, whose variance is estimated from each rule's own networks, and the
    limited number of test rows. The degrees of freedom follow Welch and Satterthwaite. Each rule is compared with all
    others, so the significance level is divided by the number of comparisons (Bonferroni), which makes the range of
    ranks a confidence interval.

    The error due to the test rows is computed as if each rule had been tested on rows of its own. All rules share the
    test set, so this is an upper bound.

    Args:
        records: Trained rules, each with a finite result for at least one seed.

    Returns:
        The ranks, in the order of the records.

    Reference:
        Welch (1947), The generalization of "Student's" problem when several different population variances are
        involved; Mogstad, Romano, Shaikh, Wilhelm (2024), Inference for ranks with applications to mobility across
        neighbourhoods and academic achievement across countries, section 3.
    """
    count = len(records)
    better = [[is_better(one, other, count - 1) for other in records] for one in records]
    return [
        Ranks(1 + sum(better[other][one] for other in range(count)), count - sum(better[one])) for one in range(count)
    ]


def is_better(one: RuleRecord, other: RuleRecord, comparisons: int = 1) -> bool:
    """Return whether a rule is measurably better than another, at a level divided by the number of comparisons."""
    ours, theirs = middle(one.test), middle(other.test)
    if ours is None or theirs is None or ours <= theirs:
        return False
    rows = (one.row_error or 0.0) ** 2 + (other.row_error or 0.0) ** 2
    seeds = [_seed_variance(record) for record in (one, other)]
    if any(math.isnan(variance) for variance, _ in seeds):
        return False  # a single seed says nothing about others
    total = rows + sum(variance for variance, _ in seeds)
    if total == 0.0:
        return True
    # Welch and Satterthwaite. The error of the test rows counts as known: there are far more rows than seeds.
    parts = sum(variance**2 / freedom for variance, freedom in seeds)
    freedom = total**2 / parts if parts else math.inf
    return (ours - theirs) / math.sqrt(total) > _quantile(1 - (1 - LEVEL) / (2 * comparisons), freedom)


def _seed_variance(record: RuleRecord) -> tuple[float, int]:
    """Return the variance of the mean over the seeds, NaN for one seed, and its degrees of freedom."""
    count, deviation = sum(value is not None for value in record.test), spread(record.test)
    return (math.nan if deviation is None else deviation**2 / count), max(count - 1, 1)


def _quantile(probability: float, freedom: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(probability) if math.isinf(freedom) else stdtrit(freedom, probability))
