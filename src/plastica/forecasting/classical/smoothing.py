"""Exponential smoothing: level, trend and season follow the values at rates that are fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...typing import Float
from .checking import as_series, check_count
from .smoothing_fit import Components, fitted_rates, states_after


@dataclass(frozen=True)
class Smoothed:
    r"""A series as level, trend and season, each corrected by the error of every step.

    .. math::
        \hat y_t &= \ell_{t-1} + \varphi b_{t-1} + s_{t-m} \\
        \ell_t &= \ell_{t-1} + \varphi b_{t-1} + \alpha (y_t - \hat y_t) \\
        b_t &= \varphi b_{t-1} + \beta (y_t - \hat y_t) \\
        s_t &= s_{t-m} + \gamma (y_t - \hat y_t)

    Args:
        alpha: How fast the level follows.
        beta: How fast the trend follows; 0 without a trend.
        gamma: How fast the season follows; 0 without a season.
        phi: The damping of the trend; 1 for none, 0 without a trend.
        level: The level after the last value.
        trend: The trend after the last value, a difference per step.
        seasonal: The season for the next steps; (0,) without a season.
        error: The root of the mean squared error of one step ahead in the fitted values.

    Reference:
        R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder (2008), Forecasting with exponential smoothing, the model
        ETS(A, Ad, A), table 2.1.
    """

    alpha: float
    beta: float
    gamma: float
    phi: float
    level: float
    trend: float
    seasonal: tuple[float, ...]
    error: float

    def forecast(self, horizon: int) -> Float[np.ndarray, "horizon"]:
        """Return the next values."""
        steps = np.arange(1, check_count("forecast", "horizon", horizon) + 1)
        return self.level + self.trend * np.cumsum(self.phi**steps) + np.resize(self.seasonal, len(steps))

    def update(self, values: ArrayLike) -> Smoothed:
        """Return the model after further values, at the same rates."""
        level, trend, seasonal = self.level, self.trend, list(self.seasonal)
        for value in as_series("update", values).tolist():
            season, before = seasonal.pop(0), level + self.phi * trend
            error = value - before - season
            level, trend = before + self.alpha * error, self.phi * trend + self.beta * error
            seasonal.append(season + self.gamma * error)
        return replace(self, level=level, trend=trend, seasonal=tuple(seasonal))


def simple_exponential_smoothing(values: ArrayLike, season: int = 1) -> Smoothed:
    r"""Forecast the level, a mean in which old values count less and less.

    For series without trend and season. The forecast is :math:`\alpha \sum_j (1 - \alpha)^j y_{T-j}` plus what is left
    of the first level. The rate and the first level have the smallest sum of squared errors of one step ahead.

    Args:
        values: The series, ``(time,)``, at least three values.
        season: Taken so that all models are called alike; it does not matter here.

    Raises:
        ShapeError, DataError: If the values are not one series of finite numbers.

    Example:
        >>> simple_exponential_smoothing([5.0, 5.0, 5.0, 5.0]).forecast(2).tolist()
        [5.0, 5.0]

    Reference:
        R. G. Brown (1959), Statistical forecasting for inventory control. R. J. Hyndman, G. Athanasopoulos (2021),
        Forecasting: principles and practice, 3rd edition, section 8.1.
    """
    given = as_series("simple_exponential_smoothing", values, 3)
    return _smoothed(given, Components(trend=False, damped=False, season=1))


def holt(values: ArrayLike, season: int = 1, *, damped: bool = True) -> Smoothed:
    """Forecast level and trend.

    For series with a trend and no season.

    Args:
        values: The series, ``(time,)``, at least five values.
        season: Taken so that all models are called alike; it does not matter here.
        damped: Whether the trend fades, by a factor between .8 and .98 a step that is fitted. A trend that goes on
            for ever overshoots over long horizons (Gardner and McKenzie 1985).

    Raises:
        ShapeError, DataError: If the values are not one series of finite numbers.

    Example:
        >>> holt([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], damped=False).forecast(2).round(6).tolist()
        [7.0, 8.0]

    Reference:
        C. C. Holt (1957), Forecasting seasonals and trends by exponentially weighted averages. E. S. Gardner,
        E. McKenzie (1985), Forecasting trends in time series, equations 1 to 3.
    """
    return _smoothed(as_series("holt", values, 5), Components(trend=True, damped=damped, season=1))


def holt_winters(values: ArrayLike, season: int, *, damped: bool = True) -> Smoothed:
    """Forecast level, trend and a season that is added to them.

    For series with a season whose height does not grow with the level; take the logarithm of those where it does.

    Args:
        values: The series, ``(time,)``, at least two seasons and three values.
        season: How many steps the season has.
        damped: Whether the trend fades, see :func:`holt`.

    Raises:
        InvalidValue: If the season is not a whole number above 0.
        ShapeError, DataError: If the values are not one series of finite numbers that is long enough.

    Example:
        >>> holt_winters([1.0, 5.0, 2.0, 6.0, 3.0, 7.0, 4.0, 8.0], 2, damped=False).forecast(2).round(6).tolist()
        [5.0, 9.0]

    Reference:
        P. R. Winters (1960), Forecasting sales by exponentially weighted moving averages. R. J. Hyndman,
        G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 8.3.
    """
    season = check_count("holt_winters", "season", season)
    given = as_series("holt_winters", values, 2 * season + 3, f", two seasons of {season} and three more")
    return _smoothed(given, Components(trend=True, damped=damped, season=season))


def _smoothed(values: Float[np.ndarray, "time"], components: Components) -> Smoothed:
    rates = fitted_rates(values, components)
    states = states_after(values, rates, components)
    return Smoothed(*rates, *states)
