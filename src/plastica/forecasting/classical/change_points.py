"""Steps at which the mean of a series changes (PELT)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidValue
from ...typing import Float, Int
from .checking import as_series, check_count

NORMAL = 0.6744897501960817  # the median of |z| of a standard normal distribution


def change_points(values: ArrayLike, penalty: float | None = None, least: int = 2) -> tuple[int, ...]:
    r"""Return the places of values with which a new mean begins.

    The segments between them have the smallest sum of squared distances from their means plus a penalty for each
    change:

    .. math:: \sum_i \sum_{t \in i} (y_t - \bar y_i)^2 + \beta \sigma^2 \cdot \text{changes}

    The search is exact, and drops places that cannot be the last change of any longer series.

    When to use: for a series whose season and trend were taken out, such as the trend and the rest of a robust
    :func:`~plastica.forecasting.classical.mstl`. Values that depend on each other need a larger penalty.

    Args:
        values: The series, ``(time,)``, at least two segments long.
        penalty: :math:`\beta`, in variances of the noise. Default: 2 log(time), the Bayesian information criterion.
        least: The fewest values between two changes.

    Raises:
        InvalidValue: If the penalty or ``least`` is not above 0.
        ShapeError, DataError: If the values are not one series of finite numbers that is long enough.

    Example:
        >>> change_points([0.0, 0.1, 0.0, 0.1, 5.0, 5.1, 5.0, 5.1])
        (4,)

    Reference:
        R. Killick, P. Fearnhead, I. A. Eckley (2012), Optimal detection of changepoints with a linear computational
        cost, section 3 (PELT).
    """
    least = check_count("change_points", "least", least)
    series = as_series("change_points", values, 2 * least, f", two segments of {least}")
    if penalty is not None and not penalty > 0:
        raise InvalidValue(f"change_points: penalty is {penalty!r}; expected a number above 0.")
    beta = 2 * np.log(len(series)) if penalty is None else penalty
    return _pelt(series - series.mean(), max(beta * _noise(series), np.finfo(np.float64).tiny), least)


def _noise(values: Float[np.ndarray, "time"]) -> float:
    """Return the variance of the noise, from the median difference of neighbours, which few changes do not move."""
    steps = np.abs(np.diff(values))
    return float(np.median(steps) / NORMAL) ** 2 / 2 or float(np.var(values)) * 1e-6


def _pelt(values: Float[np.ndarray, "time"], price: float, least: int) -> tuple[int, ...]:
    count = len(values)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    best, before = np.full(count + 1, np.inf), np.zeros(count + 1, np.int64)
    best[0], candidates = -price, np.zeros(1, np.int64)

    def costs(end: int, starts: Int[np.ndarray, "starts"]) -> Float[np.ndarray, "starts"]:
        return squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)

    for end in range(least, count + 1):
        change = end - least  # from here on, the last segment may begin at this place
        if change >= least:
            old = candidates[candidates <= change - least]
            # If a change at this place makes it no worse, an older last change is never needed again.
            old = old[best[old] + costs(change, old) <= best[change]]
            candidates = np.concatenate([old, candidates[candidates > change - least], [change]])
        totals = best[candidates] + costs(end, candidates)
        place = int(totals.argmin())
        best[end], before[end] = totals[place] + price, candidates[place]
    found, end = [], count
    while before[end] > 0:
        end = int(before[end])
        found.append(end)
    return tuple(reversed(found))
