"""The last value, and the values of the season before."""

from __future__ import annotations

import numpy as np

from ...typing import Float, Int
from ..windows import PanelWindows


def learn_last(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the season of one step."""
    return {"season": np.array(1)}


def learn_season(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the shortest season; None without one, or if no series is as long."""
    return _season(windows, until, 0)


def learn_longer(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the next longer season: the week of an hourly series."""
    return _season(windows, until, 1)


def _season(windows: PanelWindows, until: int, place: int) -> dict[str, np.ndarray] | None:
    if place >= len(windows.seasons) or windows.seasons[place] >= windows.longest_before(until):
        return None
    return {"season": np.array(windows.seasons[place])}


def forecast(
    learned: dict[str, np.ndarray], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return the last known values at the same step of the season; the last value where the series is shorter."""
    season = int(learned["season"])
    places = origins[:, None] + np.arange(windows.shape.horizon) % season - season
    begin = windows.bounds[windows.series[origins]][:, None]
    return windows.values[np.where(places < begin, origins[:, None] - 1, places), 0].astype(np.float64)
