"""The Theta method: the mean of a line and of exponential smoothing, on a series without its season."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...typing import Float
from .checking import as_series, check_count
from .smoothing import Smoothed, simple_exponential_smoothing

SIGNIFICANT = 1.645  # 90 %, two-sided: the test of the season in the original method


@dataclass(frozen=True)
class ThetaForecast:
    """A line, and what exponential smoothing found in twice the distance from it.

    Args:
        intercept: The line at the first step.
        slope: The slope of the line.
        count: How many values there are so far.
        smoothed: Exponential smoothing of the values with doubled distance from the line, without their season.
        seasonal: The season for the next steps.
        multiplied: Whether the season is multiplied, not added.
    """

    intercept: float
    slope: float
    count: int
    smoothed: Smoothed
    seasonal: tuple[float, ...]
    multiplied: bool

    def forecast(self, horizon: int) -> Float[np.ndarray, "horizon"]:
        """Return the next values."""
        steps = np.arange(check_count("forecast", "horizon", horizon))
        line = self.intercept + self.slope * (self.count + steps)
        means = (line + self.smoothed.forecast(len(steps))) / 2
        season = np.resize(self.seasonal, len(steps))
        return means * season if self.multiplied else means + season

    def update(self, values: ArrayLike) -> ThetaForecast:
        """Return the model after further values, with the same line, rate and season."""
        further = as_series("update", values)
        season = np.resize(self.seasonal, len(further))
        adjusted = further / season if self.multiplied else further - season
        line = self.intercept + self.slope * (self.count + np.arange(len(further)))
        rolled = np.roll(self.seasonal, -(len(further) % len(self.seasonal)))
        return replace(
            self,
            count=self.count + len(further),
            smoothed=self.smoothed.update(2 * adjusted - line),
            seasonal=tuple(rolled.tolist()),
        )


def theta(values: ArrayLike, season: int = 1) -> ThetaForecast:
    r"""Forecast by the Theta method, the best of the M3 competition.

    The least-squares line :math:`L` of the series is Theta line 0; the series with doubled distance from it,
    :math:`2 y - L`, is Theta line 2. The first is continued as a line, the second by simple exponential smoothing, and
    the forecast is their mean. A season whose autocorrelation is significant is taken out before and put back
    afterwards: as factors if all values are above 0, as summands otherwise.

    When to use: for short series with a trend, yearly to monthly.

    Args:
        values: The series, ``(time,)``, at least three values.
        season: How many steps the season has; 1 for none.

    Raises:
        InvalidValue: If the season is not a whole number above 0.
        ShapeError, DataError: If the values are not one series of finite numbers.

    Example:
        >>> theta([2.0, 4.0, 6.0, 8.0, 10.0, 12.0]).forecast(2).round(2).tolist()
        [13.0, 14.0]

    Reference:
        V. Assimakopoulos, K. Nikolopoulos (2000), The theta model: a decomposition approach to forecasting, sections 2
        and 3. R. J. Hyndman, B. Billah (2003), Unmasking the Theta method.
    """
    season = check_count("theta", "season", season)
    series = as_series("theta", values, 3)
    multiplied = bool((series > 0).all())
    seasonal = _season(series, season, multiplied) if has_season(series, season) else np.array([float(multiplied)])
    adjusted = _without(series, seasonal, multiplied)
    steps = np.arange(len(series))
    slope, intercept = np.polyfit(steps, adjusted, 1)
    smoothed = simple_exponential_smoothing(2 * adjusted - intercept - slope * steps)
    rolled = np.roll(seasonal, -(len(series) % len(seasonal)))
    return ThetaForecast(float(intercept), float(slope), len(series), smoothed, tuple(rolled.tolist()), multiplied)


def has_season(values: Float[np.ndarray, "time"], season: int) -> bool:
    """Return whether the autocorrelation at the lag of a season is significant, given those before it (Bartlett)."""
    if season == 1 or len(values) < 2 * season:
        return False
    centred = values - values.mean()
    whole = float(centred @ centred)
    if whole == 0:
        return False
    correlations = np.array([centred[lag:] @ centred[:-lag] / whole for lag in range(1, season + 1)])
    limit = SIGNIFICANT * np.sqrt((1 + 2 * np.square(correlations[:-1]).sum()) / len(values))
    return bool(abs(correlations[-1]) > limit)


def _season(values: Float[np.ndarray, "time"], season: int, multiplied: bool) -> Float[np.ndarray, "season"]:
    """Return the mean of each phase relative to a centred moving average; their mean is 1, or 0 for summands."""
    width = np.ones(season) if season % 2 else np.array([0.5, *[1.0] * (season - 1), 0.5])
    trend = np.convolve(values, width / season, "valid")
    first = len(width) // 2
    own = values[first : first + len(trend)]
    relative = own / trend if multiplied else own - trend
    phases = (first + np.arange(len(relative))) % season
    means = np.array([relative[phases == phase].mean() for phase in range(season)])
    return means / means.mean() if multiplied else means - means.mean()


def _without(
    values: Float[np.ndarray, "time"], seasonal: Float[np.ndarray, "season"], multiplied: bool
) -> Float[np.ndarray, "time"]:
    season = np.resize(seasonal, len(values))
    return values / season if multiplied else values - season
