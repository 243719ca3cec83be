"""The median of the training span at each step of the season: what is usual at this hour of the week."""

from __future__ import annotations

import numpy as np

from ...typing import Float, Int
from ..windows import PanelWindows


def learn(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the median of each step of the season for each series, ``(series, season)``; the mean for "mse"."""
    season = windows.season_with_cycles(until)
    middle = np.nanmean if loss == "mse" else np.nanmedian
    made = np.zeros((len(windows.bounds) - 1, season))
    for number, (begin, end) in enumerate(zip(windows.bounds, windows.bounds[1:], strict=False)):
        known = windows.observed[begin:end] & (windows.positions[begin:end] < until)
        values, phases = windows.values[begin:end, 0][known], windows.positions[begin:end][known] % season
        if not len(values):
            continue
        order = np.argsort(phases, kind="stable")
        parts = np.split(values[order], np.searchsorted(phases[order], np.arange(1, season)))
        made[number] = [middle(part) if len(part) else middle(values) for part in parts]
    return {"profile": made}


def forecast(
    learned: dict[str, np.ndarray], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return what is usual at each step of the horizon."""
    profile = learned["profile"]
    steps = windows.positions[origins][:, None] + np.arange(windows.shape.horizon)
    return profile[windows.series[origins][:, None], steps % profile.shape[1]]
