"""The simple forecasts that stand beside each model, from the same origins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..typing import Float, Int
from .classical.linear import LinearForecast, ridge
from .frequency import DAY, WEEK, Frequency
from .windows import PanelWindows

LAST_VALUE, RIDGE = "last_value", "ridge"
CHUNK = 4096  # windows copied at once

ScaledForecasts = Float[np.ndarray, "windows horizon"]


def is_simple(name: str) -> bool:
    """Return whether a name is that of a simple forecast beside which models stand.

    Args:
        name: A name among the errors of a model; combined models may use some of the simple ones too.
    """
    return name in (LAST_VALUE, RIDGE, "yesterday", "last_week", "last_year") or name.startswith("season_")


def season_name(frequency: Frequency, season: int) -> str:
    """Return the name of a seasonal naive forecast: yesterday, last week, last year."""
    if not frequency.is_calendar:
        return f"season_{season}"
    if frequency.unit == "month":
        return "last_year"
    per_day = min(frequency.seasons) if frequency.step < DAY / 2 else 1
    per_week = round(WEEK / frequency.step * len(frequency.slots) / frequency.cycle)
    return {per_week: "last_week"}.get(season, "yesterday" if season == per_day else "last_year")


def naive_forecasts(
    windows: PanelWindows, frequency: Frequency, origins: Int[np.ndarray, "windows"]
) -> Iterator[tuple[str, Callable[[np.ndarray], ScaledForecasts]]]:
    """Yield the name of each naive forecast, and the function from origins to scaled forecasts.

    Args:
        windows: The windows.
        frequency: The steps of the time axis.
        origins: The origins of interest; a season that reaches beyond the beginning of a series is left out.
    """
    yield LAST_VALUE, lambda origins: np.repeat(windows.values[origins - 1], windows.shape.horizon, axis=1)
    known = int((origins - windows.bounds[windows.series[origins]]).min()) if len(origins) else 0
    for season in frequency.seasons:
        if season <= known:
            yield (
                season_name(frequency, season),
                lambda origins, season=season: _season_before(windows, origins, season),
            )


def ridge_forecast(windows: PanelWindows, until: int) -> Callable[[np.ndarray], ScaledForecasts] | None:
    """Return the function from origins to scaled forecasts of a ridge regression on the values of a window.

    Args:
        windows: The windows.
        until: The position where the training span ends.

    Returns:
        None if no series has windows enough.
    """
    look_back, horizon = windows.shape[:2]
    models: dict[int, LinearForecast] = {}
    for number, (begin, end) in enumerate(zip(windows.bounds, windows.bounds[1:], strict=False)):
        own = windows.values[begin:end, 0][windows.positions[begin:end] < until]
        if len(own) >= 2 * (look_back + horizon):
            models[number] = ridge(own.astype(np.float64), lags=look_back, horizon=horizon)
    if not models:
        return None

    def forecast(origins: np.ndarray) -> ScaledForecasts:
        made, series = np.zeros((len(origins), horizon)), windows.series[origins]
        for number in np.unique(series):
            model = models.get(int(number))
            own = np.flatnonzero(series == number)
            for start in range(0, len(own), CHUNK):
                rows = own[start : start + CHUNK]
                steps = origins[rows, None] - look_back + np.arange(look_back)
                made[rows] = windows.values[steps[:, -1], 0][:, None]
                if model is not None:
                    made[rows] = model.predict(windows.values[steps, 0])
        return made

    return forecast


def _season_before(windows: PanelWindows, origins: Int[np.ndarray, "windows"], season: int) -> ScaledForecasts:
    steps = np.arange(windows.shape.horizon) % season - season
    return windows.values[origins[:, None] + steps, 0]
