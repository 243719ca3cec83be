"""Values that neither trend nor season explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidValue
from ...typing import Float, Int
from .change_points import NORMAL
from .decomposition import Decomposition, mstl

# Robust lines through few values pass through most of them, which leaves heavy tails: with the usual spans of STL,
# noise gave 3 to 29 times the false alarms asked for, with these 1.1 to 1.5 times (3,000 normal values, seasons of 4
# and 24, rates of .02 and .002).
SPAN, TREND_SPAN = 101, 301


@dataclass(frozen=True, eq=False)
class Anomalies:
    """Values whose rest is beyond the limits.

    Args:
        steps: Their places in the series.
        scores: The rest of every value, in robust standard deviations from the median of all.
        low: The lower limit of the rest.
        high: The upper limit.
        expected: How many values of normally distributed noise would be beyond the limits: as many of those found are
            to be expected without any anomaly.
        decomposition: Trend, seasons and rest.
    """

    steps: Int[np.ndarray, "found"]
    scores: Float[np.ndarray, "time"]
    low: float
    high: float
    expected: float
    decomposition: Decomposition


def anomalies(values: ArrayLike, seasons: int | Sequence[int], rate: float = 1e-4) -> Anomalies:
    r"""Find values far from trend and seasons.

    A robust decomposition, with a season that hardly changes and a slow trend, leaves a rest; a value is an anomaly if
    its rest is more than
    :math:`z_{1 - \text{rate}/2} \cdot 1.4826\, \text{MAD}` from the median. The median absolute deviation (MAD) hardly
    grows with the anomalies themselves.

    Args:
        values: The series, ``(time,)``, at least two cycles of the longest season.
        seasons: How many steps each season has.
        rate: The false alarms that are accepted, as a part of all values, for a normally distributed rest. Rests with
            heavier tails give more.

    Raises:
        InvalidValue: If the rate is not between 0 and 1, or a season is wrong.
        ShapeError, DataError: If the values are not one series of finite numbers that is long enough.

    Example:
        >>> import numpy as np
        >>> values = np.tile([0.0, 3.0, 1.0], 30) + np.random.default_rng(0).normal(0, 0.1, 90)
        >>> values[40] += 5
        >>> anomalies(values, 3).steps.tolist()
        [40]

    Reference:
        R. B. Cleveland et al. (1990), STL: a seasonal-trend decomposition procedure based on loess, section 2.4.
        P. J. Rousseeuw, C. Croux (1993), Alternatives to the median absolute deviation, section 1.
    """
    from scipy.special import ndtri

    if not 0 < rate < 1:
        raise InvalidValue(f"anomalies: rate is {rate!r}; expected a part of the values, between 0 and 1.")
    longest = max(np.ravel(seasons).tolist(), default=1)
    parts = mstl(values, seasons, span=SPAN, trend_span=max(TREND_SPAN, 3 * longest), robust=True)
    middle = float(np.median(parts.rest))
    deviation = float(np.median(np.abs(parts.rest - middle))) / NORMAL
    # Of a series without noise, rounding errors are left, which are no anomalies.
    deviation = max(deviation, 1e-9 * float(np.abs(parts.trend).max() + np.abs(parts.rest).max()))
    limit = float(-ndtri(rate / 2))
    scores = (parts.rest - middle) / deviation if deviation > 0 else np.zeros(len(parts.rest))
    steps = np.flatnonzero(np.abs(scores) > limit)
    reach = limit * deviation
    return Anomalies(steps, scores, middle - reach, middle + reach, rate * len(scores), parts)
