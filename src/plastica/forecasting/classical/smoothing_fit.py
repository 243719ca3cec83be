"""Rates and first states of exponential smoothing with the smallest squared error of one step ahead.

For given rates the errors are a linear filter of the values minus what the first states contribute, and linear in the
first states. So these are solved for in closed form, and only the rates (one to four numbers) are searched.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...typing import Float

# Bounds of the damping: below .8 a trend is gone after few steps, above .98 it is none (Hyndman and Athanasopoulos
# 2021, section 8.2).
DAMPING = (0.8, 0.98)
RATE = (1e-4, 1 - 1e-4)
FADED = 1e-10  # contributions of the first states below this are left out


class Components(NamedTuple):
    """What a model has besides its level.

    Args:
        trend: Whether it has a trend.
        damped: Whether the trend fades.
        season: How many steps the season has; 1 for none.
    """

    trend: bool
    damped: bool
    season: int


class SmoothingRates(NamedTuple):
    """The rates of :class:`~plastica.forecasting.classical.smoothing.Smoothed`."""

    alpha: float
    beta: float
    gamma: float
    phi: float


class SmoothingStates(NamedTuple):
    """The states after the last value, and the root of the mean squared error of one step."""

    level: float
    trend: float
    seasonal: tuple[float, ...]
    error: float


def fitted_rates(values: Float[np.ndarray, "time"], components: Components) -> SmoothingRates:
    """Return the rates with the smallest squared error: the best of a coarse grid, then a search from there."""
    from scipy.optimize import minimize

    scale = float(np.square(values - values.mean()).sum()) or 1.0

    def cost(free: Float[np.ndarray, "rates"]) -> float:
        errors, _ = _errors(values, _rates(free, components), components)
        return float(np.square(errors).sum()) / scale

    bounds = _bounds(components)
    grid = [(0.1, 0.5, 0.9)] + [(0.1, 0.5)] * (len(bounds) - 1 - components.damped) + [(0.9,)] * components.damped
    start = min((np.array(point) for point in product(*grid)), key=cost)
    found = minimize(cost, start, method="L-BFGS-B", bounds=bounds)
    return _rates(found.x if found.fun <= cost(start) else start, components)


def states_after(values: Float[np.ndarray, "time"], rates: SmoothingRates, components: Components) -> SmoothingStates:
    """Return the states after the last value."""
    season, steps = components.season, len(values)
    errors, first = _errors(values, rates, components)
    level, trend, seasonal = first[0], first[1] if components.trend else 0.0, first[1 + components.trend :]
    seasonal = np.append(seasonal, -seasonal.sum())  # the seasons sum to zero at first
    trends = _filtered([rates.beta], [1, -rates.phi], errors) + trend * rates.phi ** np.arange(1, steps + 1)
    level += rates.phi * (trend + trends[:-1].sum()) + rates.alpha * errors.sum()
    for place in range(season):
        seasonal[place] += rates.gamma * errors[place::season].sum()
    # The mean of the season belongs to the level; without a season all of it is zero.
    level, seasonal = level + seasonal.mean(), np.roll(seasonal - seasonal.mean(), -(steps % season))
    error = float(np.sqrt(np.square(errors).mean()))
    return SmoothingStates(float(level), float(trends[-1]), tuple(seasonal.tolist()), error)


def _bounds(components: Components) -> list[tuple[float, float]]:
    rates = 1 + components.trend + (components.season > 1)
    return [RATE] * rates + [DAMPING] * components.damped


def _rates(free: Float[np.ndarray, "rates"], components: Components) -> SmoothingRates:
    """Return the rates for numbers between 0 and 1: beta is a part of alpha, gamma of what alpha leaves."""
    left = [float(number) for number in free]
    alpha = left.pop(0)
    beta = alpha * left.pop(0) if components.trend else 0.0
    gamma = (1 - alpha) * left.pop(0) if components.season > 1 else 0.0
    phi = left.pop(0) if components.damped else float(components.trend)
    return SmoothingRates(alpha, beta, gamma, phi)


def _errors(
    values: Float[np.ndarray, "time"], rates: SmoothingRates, components: Components
) -> tuple[Float[np.ndarray, "time"], Float[np.ndarray, "states"]]:
    """Return the errors of one step ahead, and the first states: level, trend, all seasons but the last."""
    coefficients = _filter(rates, components.season)
    errors = _filtered(*coefficients, values)
    responses = _filtered(*coefficients, _contributions(len(values), rates, components))
    lasting = np.flatnonzero(np.abs(responses).max(0) > FADED)[-1] + components.season  # columns of a season come later
    columns = _columns(responses[:, :lasting], components)  # (steps, states)
    # Normal equations: the columns decay and are far from collinear; lstsq takes the smallest states if they are not.
    first = np.linalg.lstsq(columns.T @ columns, columns.T @ errors[: len(columns)], rcond=1e-12)[0]
    errors[: len(columns)] -= columns @ first
    return errors, first


def _filter(rates: SmoothingRates, season: int) -> tuple[Float[np.ndarray, "lags"], Float[np.ndarray, "lags"]]:
    """Return the filter from values to errors, as coefficients of its numerator and denominator by lag.

    With the lag operator L, the trend is beta / (1 - phi L) of the errors, the level (alpha + phi L trend) / (1 - L),
    the season gamma / (1 - L^m), and value - error = L (level + phi trend) + L^m season. All are brought over the
    numerator (1 - phi L)(1 - L^m). As 1 / (1 - L) = (1 + L + ... + L^(m-1)) / (1 - L^m), no root at 1 is left in the
    denominator for level and season together.
    """
    alpha, beta, gamma, phi = rates
    damping = np.array([1.0, -phi])
    cycle = np.zeros(season + 1)
    cycle[0], cycle[-1] = 1.0, -1.0
    numerator = np.convolve(damping, cycle)
    denominator = numerator.copy()
    denominator[1:] += np.convolve([alpha, phi * (beta - alpha)], np.ones(season))
    denominator[1 : season + 2] += phi * beta * cycle
    denominator[season:] += gamma * damping
    return numerator, denominator


def _filtered(numerator: ArrayLike, denominator: ArrayLike, values: Float[np.ndarray, "*rows time"]) -> np.ndarray:
    from scipy.signal import lfilter

    return np.asarray(lfilter(numerator, denominator, values))


def _contributions(steps: int, rates: SmoothingRates, components: Components) -> Float[np.ndarray, "states time"]:
    """Return what the first level, the first trend and the first season add to the values if all errors are zero."""
    rows: list[np.ndarray] = [np.ones(steps)]
    if components.trend:
        rows.append(np.cumsum(rates.phi ** np.arange(1, steps + 1)))
    if components.season > 1:
        rows.append((np.arange(steps) % components.season == 0).astype(np.float64))
    return np.stack(rows)


def _columns(responses: Float[np.ndarray, "states time"], components: Components) -> Float[np.ndarray, "time columns"]:
    """Return a column for each first state: those of the season are one response, each a step later."""
    if components.season == 1:
        return responses.T
    steps = responses.shape[1]
    later = np.zeros((components.season, steps))
    for place in range(components.season):
        later[place, place:] = responses[-1, : steps - place]
    return np.concatenate([responses[:-1], later[:-1] - later[-1]]).T
