"""Errors of forecasts: points, quantiles and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue, ShapeError
from ..typing import Float


def mase(actual: ArrayLike, forecast: ArrayLike, past: ArrayLike, season: int = 1) -> float:
    r"""Return the mean absolute scaled error: below 1, forecasts beat the seasonal naive one of the past.

    .. math:: \text{MASE} = \frac{\text{mean}\,|y - \hat y|}{\text{mean}_{t > m}\,|y_t - y_{t-m}|}

    It has no unit, so that errors of several series can be averaged.

    Args:
        actual: What happened, of any shape.
        forecast: What was forecast, of the same shape.
        past: The values that the model was fitted to, ``(time,)``.
        season: How many steps the season has.

    Raises:
        ShapeError: If shapes differ.
        DataError: If numbers are missing, or all values of the past are those of one season before.

    Example:
        >>> mase([4.0, 6.0], [5.0, 6.0], past=[1.0, 2.0, 1.0, 2.0])
        0.5

    Reference:
        R. J. Hyndman, A. B. Koehler (2006), Another look at measures of forecast accuracy, section 3.
    """
    y, predicted = _pair("mase", actual, forecast)
    known = _finite("mase", "past", past)
    if known.ndim != 1 or len(known) <= season:
        raise ShapeError(f"mase: past of shape {known.shape}; expected one series of more than {season} values.")
    scale = float(np.abs(known[season:] - known[:-season]).mean())
    if scale == 0:
        raise DataError(
            f"mase: each value of the past is that of {season} steps before, so there is nothing to scale by."
        )
    return float(np.abs(y - predicted).mean()) / scale


def smape(actual: ArrayLike, forecast: ArrayLike) -> float:
    r"""Return the symmetric mean absolute percentage error, from 0 to 200.

    .. math:: \text{sMAPE} = 200\ \text{mean}\,\frac{|y - \hat y|}{|y| + |\hat y|}

    The measure of the M3 and M4 competitions. It is of little use near zero; a step where both are 0 counts as 0.

    Args:
        actual: What happened, of any shape.
        forecast: What was forecast, of the same shape.

    Raises:
        ShapeError: If shapes differ.
        DataError: If numbers are missing.

    Example:
        >>> smape([100.0, 0.0], [150.0, 0.0])
        20.0

    Reference:
        S. Makridakis, M. Hibon (2000), The M3-Competition: results, conclusions and implications, appendix A.
    """
    y, predicted = _pair("smape", actual, forecast)
    size = np.abs(y) + np.abs(predicted)
    return 200 * float((np.abs(y - predicted) / np.where(size == 0, 1, size)).mean())


def pinball(actual: ArrayLike, forecasts: ArrayLike, levels: Sequence[float]) -> Float[np.ndarray, "levels"]:
    r"""Return the pinball loss of each quantile, which the true quantile makes smallest.

    .. math:: L_\tau(y, q) = \max(\tau (y - q), (\tau - 1)(y - q))

    Args:
        actual: What happened, ``(*shape)``.
        forecasts: The quantiles that were forecast, ``(*shape, levels)``.
        levels: The level of each quantile, such as ``(0.1, 0.5, 0.9)``.

    Raises:
        InvalidValue: If a level is not between 0 and 1, or they do not rise.
        ShapeError: If shapes do not fit.
        DataError: If numbers are missing.

    Example:
        >>> pinball([2.0], [[1.0, 4.0]], (0.1, 0.9)).round(6).tolist()
        [0.1, 0.2]

    Reference:
        R. Koenker, G. Bassett (1978), Regression quantiles, equation 3.1.
    """
    at = _levels("pinball", levels)
    y, predicted = _finite("pinball", "actual", actual), _finite("pinball", "forecasts", forecasts)
    if predicted.shape != (*y.shape, len(at)):
        raise ShapeError(
            f"pinball: forecasts of shape {predicted.shape} for values of shape {y.shape} and {len(at)} levels; "
            f"expected {(*y.shape, len(at))}."
        )
    off = y[..., None] - predicted
    return np.maximum(at * off, (at - 1) * off).reshape(-1, len(at)).mean(0)


def crps(actual: ArrayLike, forecasts: ArrayLike, levels: Sequence[float]) -> float:
    r"""Return the continuous ranked probability score, approximated by quantiles.

    .. math:: \text{CRPS} = \int (F(z) - 1\{y \le z\})^2 dz = 2 \int_0^1 L_\tau(y, F^{-1}(\tau))\, d\tau

    The integral over levels is taken by the trapezoid rule; levels outside of those given count as the nearest one. A
    forecast without spread has the mean absolute error.

    Args:
        actual: What happened, ``(*shape)``.
        forecasts: The quantiles that were forecast, ``(*shape, levels)``.
        levels: The level of each quantile; the closer, the better.

    Raises:
        InvalidValue, ShapeError, DataError: As in :func:`pinball`.

    Example:
        >>> levels = [0.05, 0.25, 0.5, 0.75, 0.95]
        >>> round(crps([3.0], [[5.0] * 5], levels), 6)
        2.0

    Reference:
        T. Gneiting, A. E. Raftery (2007), Strictly proper scoring rules, prediction, and estimation, equation 20.
        F. Laio, S. Tamea (2007), Verification tools for probabilistic forecasts, equation 9 (the form with quantiles).
    """
    losses, at = pinball(actual, forecasts, levels), _levels("crps", levels)
    edges = np.concatenate([[0.0], (at[1:] + at[:-1]) / 2, [1.0]])
    return 2 * float((losses * np.diff(edges)).sum())


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Return the part of values inside their intervals, to be compared with the coverage that was promised.

    Args:
        actual: What happened, of any shape.
        low: The lower ends, of the same shape.
        high: The upper ends, of the same shape.

    Raises:
        ShapeError: If shapes differ.
        DataError: If numbers are missing, or an interval ends before it begins.

    Example:
        >>> coverage([1.0, 2.0, 3.0, 4.0], low=[0.0, 0.0, 0.0, 0.0], high=[3.0, 3.0, 3.0, 3.0])
        0.75
    """
    y, below = _pair("coverage", actual, low)
    above = _pair("coverage", actual, high)[1]
    if (below > above).any():
        place = tuple(int(each) for each in np.argwhere(below > above)[0])
        raise DataError(
            f"coverage: interval {place} reaches from {below[place]:.4g} to {above[place]:.4g}; low is above high."
        )
    return float(((below <= y) & (y <= above)).mean())


def _levels(owner: str, levels: Sequence[float]) -> Float[np.ndarray, "levels"]:
    at = np.asarray(levels, np.float64)
    if at.ndim != 1 or not len(at) or not (at > 0).all() or not (at < 1).all() or (np.diff(at) <= 0).any():
        raise InvalidValue(
            f"{owner}: levels are {levels!r}; expected rising numbers between 0 and 1, as in (0.1, 0.5, 0.9)."
        )
    return at


def _pair(
    owner: str, actual: ArrayLike, forecast: ArrayLike
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    y, predicted = _finite(owner, "actual", actual), _finite(owner, "forecast", forecast)
    if y.shape != predicted.shape or not y.size:
        raise ShapeError(
            f"{owner}: values of shape {y.shape}, forecasts of shape {predicted.shape}; expected equal ones, not empty."
        )
    return y, predicted


def _finite(owner: str, name: str, values: ArrayLike) -> Float[np.ndarray, "*shape"]:
    given = np.asarray(values, np.float64)
    if not np.isfinite(given).all():
        place = tuple(int(each) for each in np.argwhere(~np.isfinite(given))[0])
        raise DataError(f"{owner}: {name}{list(place)} is {given[place]}; leave such steps out of both.")
    return given
