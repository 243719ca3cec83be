"""The Theta method for all series of a panel, with the rates and seasons of the training span."""

from __future__ import annotations

import numpy as np

from ...typing import Float, Int
from ..classical.theta import ThetaForecast, has_season, theta
from ..windows import PanelWindows

MOST_STEPS = 5000  # of each series to learn from: rates and seasons of a longer past are old
LEAST_STEPS, LEAST_RATE = 4, 0.01


def learn(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the rate, the drift and the season of each series, the longest that is significant.

    Theta continues exponential smoothing with half of the slope of the line (Hyndman and Billah 2003, equation 6), so
    that the forecast from any origin needs no more than the smoothed level there.
    """
    season = max(windows.season_with_cycles(until), windows.season_with_cycles(until, cycles=2, most=1))
    count = len(windows.bounds) - 1
    rates, drifts, seasons = np.ones(count), np.zeros(count), np.zeros((count, season))
    for number, (begin, end) in enumerate(zip(windows.bounds, windows.bounds[1:], strict=False)):
        own = np.flatnonzero(windows.positions[begin:end] < until)[-MOST_STEPS:] + begin
        if len(own) < LEAST_STEPS or not windows.observed[own].any():
            continue
        values = windows.values[own, 0].astype(np.float64)
        shorter = [each for each in windows.seasons if season % each == 0]
        found = _found(values, next((each for each in shorter[::-1] if has_season(values, each)), 1))
        rates[number], drifts[number] = max(found.smoothed.alpha, LEAST_RATE), found.slope / 2
        first = int(windows.positions[own[-1]]) + 1
        seasons[number, (first + np.arange(season)) % season] = np.resize(found.seasonal, season)
    return {"rates": rates, "drifts": drifts, "seasons": seasons}


def _found(values: Float[np.ndarray, "time"], season: int) -> ThetaForecast:
    """Return the method with seasons that are added, since scaled values have no 0 from which to multiply."""
    return theta(values - values.max() - 1.0, season)


def forecast(
    learned: dict[str, np.ndarray], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return the smoothed level before each origin, continued by the drift and the season."""
    from scipy.signal import lfilter

    rates, drifts, seasons = learned["rates"], learned["drifts"], learned["seasons"]
    season = seasons.shape[1]
    levels = np.zeros(len(windows.values))
    for number, (begin, end) in enumerate(zip(windows.bounds, windows.bounds[1:], strict=False)):
        adjusted = windows.values[begin:end, 0] - seasons[number, windows.positions[begin:end] % season]
        alpha, drift = rates[number], drifts[number]
        # Smoothing lags behind a line by slope (1 - alpha) / alpha, of which Theta makes up half.
        first = adjusted[: max(1, min(season, len(adjusted)))].mean()
        smoothed, _ = lfilter([alpha], [1, alpha - 1], adjusted, zi=np.array([(1 - alpha) * first]))
        levels[begin:end] = smoothed + drift * (1 - alpha) / alpha
    own = windows.series[origins]
    ahead = np.arange(windows.shape.horizon)
    steps = windows.positions[origins][:, None] + ahead
    made = levels[origins - 1][:, None] + drifts[own][:, None] * (ahead + 1)
    return made + seasons[own[:, None], steps % season]
