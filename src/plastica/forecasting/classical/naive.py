"""Forecasts without parameters to choose: a model worth its name beats them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...typing import Float
from .checking import as_series, check_count


@dataclass(frozen=True)
class RepeatedSeason:
    """The last season, over and over.

    Args:
        cycle: The values of the last season, oldest first.
    """

    cycle: tuple[float, ...]

    def forecast(self, horizon: int) -> Float[np.ndarray, "horizon"]:
        """Return the next values."""
        return np.resize(np.array(self.cycle), check_count("forecast", "horizon", horizon))

    def update(self, values: ArrayLike) -> RepeatedSeason:
        """Return the model after further values."""
        kept = [*self.cycle, *as_series("update", values).tolist()]
        return RepeatedSeason(tuple(kept[-len(self.cycle) :]))


@dataclass(frozen=True)
class MeanSoFar:
    """The average of all values so far.

    Args:
        total: The sum of the values.
        count: How many there are.
    """

    total: float
    count: int

    def forecast(self, horizon: int) -> Float[np.ndarray, "horizon"]:
        """Return the next values."""
        return np.full(check_count("forecast", "horizon", horizon), self.total / self.count)

    def update(self, values: ArrayLike) -> MeanSoFar:
        """Return the model after further values."""
        further = as_series("update", values)
        return MeanSoFar(self.total + float(further.sum()), self.count + len(further))


@dataclass(frozen=True)
class StraightLine:
    """The line from the first through the last value.

    Args:
        first: The first value.
        last: The last value.
        count: How many values there are.
    """

    first: float
    last: float
    count: int

    def forecast(self, horizon: int) -> Float[np.ndarray, "horizon"]:
        """Return the next values."""
        steps = np.arange(1, check_count("forecast", "horizon", horizon) + 1)
        return self.last + steps * (self.last - self.first) / (self.count - 1)

    def update(self, values: ArrayLike) -> StraightLine:
        """Return the model after further values."""
        further = as_series("update", values)
        if not len(further):
            return self
        return replace(self, last=float(further[-1]), count=self.count + len(further))


def naive(values: ArrayLike, season: int = 1) -> RepeatedSeason:
    """Forecast the last value: the best that can be done for a random walk.

    Args:
        values: The series, ``(time,)``.
        season: Taken so that all models are called alike; it does not matter here.

    Raises:
        ShapeError, DataError: If the values are not one series of finite numbers.

    Example:
        >>> naive([3.0, 5.0, 4.0]).forecast(2).tolist()
        [4.0, 4.0]

    Reference:
        R. J. Hyndman, G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.2.
    """
    return seasonal_naive(values, 1)


def seasonal_naive(values: ArrayLike, season: int) -> RepeatedSeason:
    """Forecast the value of one season ago: the baseline of every series with a daily, weekly or yearly course.

    Args:
        values: The series, ``(time,)``.
        season: How many steps the season has, such as 24 for the course of the day in hourly values.

    Raises:
        InvalidValue: If the season is not a whole number above 0.
        ShapeError, DataError: If the values are not one series of finite numbers, at least one season long.

    Example:
        >>> seasonal_naive([3.0, 5.0, 4.0, 6.0], season=2).forecast(3).tolist()
        [4.0, 6.0, 4.0]

    Reference:
        R. J. Hyndman, G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.2.
    """
    season = check_count("seasonal_naive", "season", season)
    given = as_series("seasonal_naive", values, season, ", one season")
    return RepeatedSeason(tuple(given[-season:].tolist()))


def drift(values: ArrayLike, season: int = 1) -> StraightLine:
    r"""Continue the line from the first through the last value.

    The forecast h steps after the last of T values is :math:`y_T + h (y_T - y_1) / (T - 1)`.

    Args:
        values: The series, ``(time,)``, at least two values.
        season: Taken so that all models are called alike; it does not matter here.

    Raises:
        ShapeError, DataError: If the values are not one series of finite numbers.

    Example:
        >>> drift([1.0, 5.0, 3.0]).forecast(2).tolist()
        [4.0, 5.0]

    Reference:
        R. J. Hyndman, G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.2.
    """
    given = as_series("drift", values, 2)
    return StraightLine(float(given[0]), float(given[-1]), len(given))


def mean(values: ArrayLike, season: int = 1) -> MeanSoFar:
    """Forecast the mean of all values: the best that can be done for noise around a constant.

    Args:
        values: The series, ``(time,)``.
        season: Taken so that all models are called alike; it does not matter here.

    Raises:
        ShapeError, DataError: If the values are not one series of finite numbers.

    Example:
        >>> mean([1.0, 5.0, 3.0]).forecast(2).tolist()
        [3.0, 3.0]

    Reference:
        R. J. Hyndman, G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.2.
    """
    given = as_series("mean", values)
    return MeanSoFar(float(given.sum()), len(given))
