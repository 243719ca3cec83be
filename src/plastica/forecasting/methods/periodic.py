"""A linear forecast from the values at the same step of earlier seasons, with the same weights for all steps.

Each of the next days is a weighted sum of the last three weeks at the same hour: a few weights for any horizon, which
hardly overfit.
"""

from __future__ import annotations

import numpy as np

from ...typing import Float, Int
from ..windows import PanelWindows

ROWS = 2048  # windows copied at once
MOST_WINDOWS = 8_000  # each tells as many rows as the season has steps
CYCLES, LEAST_CYCLES = 21, 4  # seasons that are read
MOST_STEPS = 2016  # that they have: 21 days of quarter hours
PENALTIES = (0.001, 0.1, 0.5)  # of the mean square of the columns
HELD_OUT = 0.2  # of the windows, the latest, on which the penalty is chosen


def learn(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the weights, ``(cycles read, cycles forecast)``; None without a season, or if the series are short.

    Reference:
        S. Lin, W. Lin, W. Wu, H. Chen, J. Yang (2024), SparseTSF: modeling long-term time series forecasting with 1k
        parameters, section 3.2 (also for the moving average that is added to the values), in closed form.
    """
    season = windows.seasons[0] if windows.seasons else 1
    cycles = min(CYCLES, MOST_STEPS // season, windows.longest_before(until) // (3 * season))
    origins = windows.origins(last=until)
    begins = windows.bounds[:-1][windows.series[origins]]
    origins = origins[origins - begins >= cycles * season]
    origins = origins[:: max(1, len(origins) // MOST_WINDOWS)]
    if season == 1 or cycles < LEAST_CYCLES or len(origins) < 2:
        return None
    order = np.argsort(windows.positions[origins], kind="stable")
    cut = len(origins) - max(1, int(HELD_OUT * len(origins)))
    early, late = (_moments(windows, origins[part], cycles, season) for part in (order[:cut], order[cut:]))
    fixed = {"season": np.array(season), "cycles": np.array(cycles)}
    last = origins[order[cut:]]
    truth, errors = windows.scaled_truth(last), {}
    for penalty in PENALTIES:
        off = truth - forecast({"weights": _solved(*early, penalty), **fixed}, windows, last)
        errors[penalty] = float(np.nanmean(np.square(off) if loss == "mse" else np.abs(off)))
    penalty = min(errors, key=lambda each: (errors[each], each))
    return {"weights": _solved(early[0] + late[0], early[1] + late[1], penalty), **fixed}


def forecast(
    learned: dict[str, np.ndarray], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return the forecasts; cycles behind those that were learned have the weights of the last one."""
    season, cycles, weights = int(learned["season"]), int(learned["cycles"]), learned["weights"]
    horizon = windows.shape.horizon
    ahead = -(-horizon // season)
    weights = np.concatenate([weights, np.repeat(weights[:, -1:], max(0, ahead - weights.shape[1]), axis=1)], axis=1)
    made = np.zeros((len(origins), horizon))
    for start in range(0, len(origins), ROWS):
        past, level = _cycles(windows, origins[start : start + ROWS], cycles, season)
        future = np.einsum("wns,nm->wms", past, weights[:, :ahead]).reshape(len(level), -1)[:, :horizon]
        made[start : start + ROWS] = future + level[:, None]
    return made


def _moments(
    windows: PanelWindows, origins: Int[np.ndarray, "windows"], cycles: int, season: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums from which the weights are computed: X^T X and X^T Y."""
    square, product = np.zeros((cycles, cycles)), np.zeros(1)
    for start in range(0, len(origins), ROWS):
        own = origins[start : start + ROWS]
        past, level = _cycles(windows, own, cycles, season)
        future = windows.targets(own)[..., 0] - level[:, None]
        whole = future.shape[1] // season * season
        # With a horizon below a season there is one cycle, of which the first steps are forecast.
        x = _rows(past if whole else past[..., : future.shape[1]])
        y = _rows(future[:, :whole].reshape(len(own), -1, season) if whole else future[:, None])
        square, product = square + x.T @ x, product + x.T @ y
    return square, product


def _solved(square: np.ndarray, product: np.ndarray, penalty: float) -> np.ndarray:
    size = len(square)
    return np.linalg.solve(square + (penalty * np.trace(square) / size + 1e-9) * np.eye(size), product)


def _cycles(
    windows: PanelWindows, origins: Int[np.ndarray, "windows"], cycles: int, season: int
) -> tuple[Float[np.ndarray, "windows cycles season"], Float[np.ndarray, "windows"]]:
    """Return the seasons before each origin relative to their mean, with their moving average added, and the mean.

    Where a series does not reach so far back, its first season is repeated.
    """
    steps = origins[:, None] - cycles * season + np.arange(cycles * season)
    begin = windows.bounds[windows.series[origins]][:, None]
    values = windows.values[np.where(steps < begin, begin + (steps - begin) % season, steps), 0].astype(np.float64)
    level = values.mean(1)
    values -= level[:, None]
    side = season // 2
    sums = np.cumsum(np.pad(values, ((0, 0), (side + 1, side)), mode="edge"), axis=1)
    values += (sums[:, 2 * side + 1 :] - sums[:, : -2 * side - 1]) / (2 * side + 1)
    return values.reshape(len(origins), cycles, season), level


def _rows(values: Float[np.ndarray, "windows cycles season"]) -> Float[np.ndarray, "rows cycles"]:
    return values.transpose(0, 2, 1).reshape(-1, values.shape[1])
