"""Ridge regression on the last values, with weights of its own for each series: the usual baseline."""

from __future__ import annotations

import numpy as np

from ...typing import Float, Int
from ..classical.linear import ridge
from ..windows import PanelWindows

ROWS = 4096  # windows copied at once
LEAST_WINDOWS = 10  # of each series
MOST_WEIGHTS = 2_000_000  # of all series, which a file must hold


def learn(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the weights and the bias of each series; None if one is short, or there are too many weights."""
    look_back, horizon = windows.shape[:2]
    count = len(windows.bounds) - 1
    if count * look_back * horizon > MOST_WEIGHTS:
        return None
    kernels, biases = [], []
    for begin, end in zip(windows.bounds, windows.bounds[1:], strict=False):
        own = windows.values[begin:end, 0][windows.positions[begin:end] < until]
        if len(own) < LEAST_WINDOWS + look_back + horizon:
            return None
        found = ridge(own.astype(np.float64), lags=look_back, horizon=horizon)
        kernels.append(found.kernel)
        biases.append(found.bias)
    return {"kernels": np.stack(kernels), "biases": np.stack(biases)}


def forecast(
    learned: dict[str, np.ndarray], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return the forecasts."""
    look_back, horizon = windows.shape[:2]
    made, series = np.zeros((len(origins), horizon)), windows.series[origins]
    for number in np.unique(series):
        own = np.flatnonzero(series == number)
        for start in range(0, len(own), ROWS):
            rows = own[start : start + ROWS]
            past = windows.values[origins[rows, None] - look_back + np.arange(look_back), 0]
            made[rows] = past @ learned["kernels"][number] + learned["biases"][number]
    return made
