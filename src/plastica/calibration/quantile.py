"""The quantile of scores that gives a conformal prediction its coverage."""

from __future__ import annotations

import math

import numpy as np

from ..errors import InvalidValue, caution
from ..typing import Float


def check_coverage(owner: str, coverage: float) -> float:
    """Return the coverage.

    Raises:
        InvalidValue: If it is not between 0 and 1.
    """
    if not 0 < coverage < 1:
        raise InvalidValue(f"{owner}(coverage={coverage!r}): expected a share between 0 and 1, such as 0.9.")
    return float(coverage)


def conformal_quantile(owner: str, scores: Float[np.ndarray, "rows"], coverage: float) -> float:
    """Return the k-th smallest score, k = ceil((rows + 1) coverage); infinity if there are too few rows for it.

    The score of a new row, exchangeable with these, is at most that with a probability of at least ``coverage``, since
    its rank among all of them is uniform.

    Reference:
        V. Vovk, A. Gammerman, G. Shafer (2005), Algorithmic learning in a random world, proposition 2.3.
    """
    # Products such as 10 * 0.9 may lie a rounding above the whole number that they are, and would take the next rank.
    place = math.ceil((len(scores) + 1) * coverage - 1e-9)
    if place > len(scores):
        needed = math.ceil(coverage / (1 - coverage) - 1e-9)
        caution(
            f"{owner}: {len(scores)} rows are too few for a coverage of {coverage:g}, which takes at least {needed}; "
            "every prediction allows everything."
        )
        return math.inf
    return float(np.partition(scores, place - 1)[place - 1])
