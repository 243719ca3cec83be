"""A series as trend, seasons and rest (STL, and MSTL for several seasons)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidValue
from ...typing import Float, Int
from .checking import as_series, check_count
from .loess import loess

ROUNDS = 2  # of MSTL over all seasons, after Bandara et al. (2021)
INNER, INNER_ROBUST, OUTER = 5, 1, 5  # iterations of STL; with robust weights, each of the outer ones begins anew
FIRST_SPAN, FURTHER_SPAN = 7, 4  # spans of the seasons: 11, 15, 19 ... years, weeks or days, as in MSTL


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A series as the sum of a trend, seasons and a rest.

    Args:
        seasons: The length of each season, shortest first.
        trend: The trend.
        seasonal: Each season.
        rest: What is left.
    """

    seasons: tuple[int, ...]
    trend: Float[np.ndarray, "time"]
    seasonal: Float[np.ndarray, "seasons time"]
    rest: Float[np.ndarray, "time"]

    @property
    def trend_strength(self) -> float:
        """How much of what is not seasonal the trend explains, from 0 to 1."""
        return _strength(self.rest, self.trend)

    @property
    def seasonal_strength(self) -> tuple[float, ...]:
        """How much of what is neither trend nor another season each season explains, from 0 to 1."""
        return tuple(_strength(self.rest, season) for season in self.seasonal)


def mstl(
    values: ArrayLike,
    seasons: int | Sequence[int],
    *,
    span: int | None = None,
    trend_span: int | None = None,
    robust: bool = False,
) -> Decomposition:
    r"""Split a series into trend, seasons that may change slowly, and rest.

    .. math:: y_t = T_t + \sum_i S^{(i)}_t + R_t

    Each season is smoothed from one of its cycles to the next and the trend over more than a cycle, both by local lines
    (loess). With several seasons, each is found in what the others leave, twice.

    When to use: to look at a series, to find anomalies in its rest, to forecast trend and season apart.

    Args:
        values: The series, ``(time,)``, at least two cycles of the longest season.
        seasons: How many steps each season has, such as ``(24, 168)`` for hourly values with a day and a week.
        span: Over how many of its cycles each season is smoothed; the more, the less it changes. Default: 7, with
            several seasons 11, 15 and so on, shortest first.
        trend_span: Over how many steps the trend is smoothed. Default: a cycle and a half or a little more.
        robust: Whether values with a large rest lose their weight, so that outliers end in the rest alone. Takes about
            five times as long.

    Raises:
        InvalidValue: If a season is not a whole number of at least 2, or one stands there twice.
        ShapeError, DataError: If the values are not one series of finite numbers that is long enough.

    Example:
        >>> import numpy as np
        >>> day, steps = np.tile([0.0, 3.0, 1.0, -4.0], 10), np.arange(40.0)
        >>> parts = mstl(day + steps, 4)
        >>> bool(np.abs(parts.trend - steps).max() < 1e-6), bool(np.abs(parts.seasonal[0] - day).max() < 1e-6)
        (True, True)

    Reference:
        R. B. Cleveland, W. S. Cleveland, J. E. McRae, I. Terpenning (1990), STL: a seasonal-trend decomposition
        procedure based on loess, section 2. K. Bandara, R. J. Hyndman, C. Bergmeir (2021), MSTL: a seasonal-trend
        decomposition algorithm for time series with multiple seasonal patterns, algorithm 1.
    """
    given = [seasons] if isinstance(seasons, int | np.integer) else list(seasons)
    lengths = sorted(check_count("mstl", "season", season) for season in given)
    if not lengths or lengths[0] < 2 or len(set(lengths)) < len(lengths):
        raise InvalidValue(f"mstl: seasons are {seasons!r}; expected different numbers of steps, at least 2 each.")
    for name, count in (("span", span), ("trend_span", trend_span)):
        check_count("mstl", name, 1 if count is None else count)
    series = as_series("mstl", values, 2 * lengths[-1], f", two cycles of {lengths[-1]} steps")
    seasonal, trend = np.zeros((len(lengths), len(series))), series
    for _ in range(ROUNDS if len(lengths) > 1 else 1):
        for place, season in enumerate(lengths):
            others = np.delete(seasonal, place, axis=0).sum(0)
            own = span or FIRST_SPAN + FURTHER_SPAN * (place + 1) * (len(lengths) > 1)
            slower = trend_span or 1.5 * season / (1 - 1.5 / own)
            seasonal[place], trend = stl(series - others, season, own, _odd(slower), robust=robust)
    return Decomposition(tuple(lengths), trend, seasonal, series - trend - seasonal.sum(0))


def stl(
    values: Float[np.ndarray, "time"], season: int, span: int, trend_span: int, *, robust: bool
) -> tuple[Float[np.ndarray, "time"], Float[np.ndarray, "time"]]:
    """Return season and trend.

    Args:
        values: The series.
        season: The steps of the season.
        span: Over how many cycles a season is smoothed.
        trend_span: Over how many steps the trend is smoothed.
        robust: Whether outliers lose their weight.
    """
    trend, weights = np.zeros(len(values)), None
    seasonal = trend
    for outer in range(1 + OUTER * robust):
        for _ in range(INNER_ROBUST + 1 if robust else INNER):
            seasonal = _season(values - trend, season, span, weights)
            trend = loess((values - seasonal)[None], trend_span, _rows(weights))[0]
        if robust and outer < OUTER:
            weights = _bisquare(values - seasonal - trend)
    return seasonal, trend


def _season(
    detrended: Float[np.ndarray, "time"], season: int, span: int, weights: Float[np.ndarray, "time"] | None
) -> Float[np.ndarray, "time"]:
    """Return what the cycles have in common, without what is slower than the season."""
    steps = len(detrended)
    cycles = np.empty(steps + 2 * season)
    longer = steps % season  # so many phases have one more cycle than the others
    for first, last in ((0, longer), (longer, season)):
        if first < last:
            own, wider = (_by_phase(length, season, first, last) for length in (steps, steps + 2 * season))
            cycles[wider] = loess(detrended[own], span, None if weights is None else weights[own], beyond=1)
    slow = cycles
    for width in (season, season, 3):
        slow = np.convolve(slow, np.full(width, 1 / width), "valid")
    return cycles[season:-season] - loess(slow[None], _odd(season))[0]


def _by_phase(steps: int, season: int, first: int, last: int) -> Int[np.ndarray, "phases cycles"]:
    """Return the places of the values of some phases of the season, all of which have as many cycles."""
    phases = np.arange(first, last)
    return phases[:, None] + season * np.arange((steps - last) // season + 1)


def _bisquare(rest: Float[np.ndarray, "time"]) -> Float[np.ndarray, "time"]:
    """Return a weight for each value that is 0 where its rest is above six medians (Cleveland et al., section 2.4)."""
    limit = 6 * np.median(np.abs(rest))
    return np.square(1 - np.square(np.minimum(np.abs(rest) / limit, 1))) if limit > 0 else np.ones(len(rest))


def _rows(weights: Float[np.ndarray, "time"] | None) -> Float[np.ndarray, "one time"] | None:
    return None if weights is None else weights[None]


def _odd(least: float) -> int:
    """Return the smallest odd number of at least ``least``; above it where it is a whole even one."""
    return int(np.ceil(least)) + (int(np.ceil(least)) % 2 == 0)


def _strength(rest: Float[np.ndarray, "time"], part: Float[np.ndarray, "time"]) -> float:
    whole = float(np.var(rest + part))
    return max(0.0, 1 - float(np.var(rest)) / whole) if whole > 0 else 0.0
