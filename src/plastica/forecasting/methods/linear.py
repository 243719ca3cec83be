"""Ridge regression from windows to all steps of the horizon at once, one for all series, in closed form.

Two kinds: of the window alone, relative to its mean; and with the calendar, covariates and the same season before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...typing import Float, Int
from ..windows import LONGEST_SEASON, PanelWindows

MOST_WINDOWS = 30_000  # neighbouring windows tell the same: of more, every second or third is read
ROWS = 4096  # windows copied at once
PENALTIES = (1.0, 30.0, 300.0, 3000.0)
HELD_OUT = 0.2  # of the windows, the latest, on which the penalty is chosen
MOST_PAST = 24  # steps of past covariates
MOST_COLUMNS = 512  # of covariates; with more, fewer steps of them are read
SMALL = 1e-6


class WindowSums(NamedTuple):
    """Sums over windows, from which the weights are computed.

    Attributes:
        rows: The number of windows.
        x, y: The sums of columns and targets.
        square, product: Those of their products, X^T X and X^T Y.
    """

    rows: float
    x: np.ndarray
    y: np.ndarray
    square: np.ndarray
    product: np.ndarray

    def plus(self, other: WindowSums) -> WindowSums:
        """Return the sums over the windows of both."""
        sums = self.x + other.x, self.y + other.y, self.square + other.square, self.product + other.product
        return WindowSums(self.rows + other.rows, *sums)


def learn(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the weights on the values of a window, relative to its mean."""
    return _learned(windows, until, loss, calendar=False)


def learn_calendar(windows: PanelWindows, until: int, loss: str) -> dict[str, np.ndarray] | None:
    """Return the weights on the values of a window, relative to the last one, the calendar and covariates."""
    return _learned(windows, until, loss, calendar=True)


def forecast(
    learned: dict[str, np.ndarray], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return the forecasts."""
    calendar, kernel, bias = bool(learned["calendar"]), learned["kernel"], learned["bias"]
    made = np.zeros((len(origins), windows.shape.horizon))
    for start in range(0, len(origins), ROWS):
        x, level = _read(windows, origins[start : start + ROWS], int(learned["season"]), calendar)
        made[start : start + ROWS] = x @ kernel + bias + level[:, None]
    return made


def _learned(windows: PanelWindows, until: int, loss: str, *, calendar: bool) -> dict[str, np.ndarray] | None:
    origins = windows.origins(last=until)
    origins = origins[:: max(1, len(origins) // MOST_WINDOWS)]
    order = np.argsort(windows.positions[origins], kind="stable")
    cut = len(origins) - int(HELD_OUT * len(origins))
    first, last = origins[order[:cut]], origins[order[cut:]]
    if len(first) < 2:
        return None
    season = windows.season_with_cycles(until)
    season = season if season <= LONGEST_SEASON else 1  # the minutes of a day would be more columns than values
    early, late = (_moments(windows, part, season, calendar) for part in (first, last))
    found = {penalty: _solved(early, penalty) for penalty in PENALTIES}
    truth = windows.scaled_truth(last)
    errors: dict[float, float] = {}
    for penalty, (kernel, bias) in found.items():
        own = {"kernel": kernel, "bias": bias, "calendar": np.array(calendar), "season": np.array(season)}
        off = truth - forecast(own, windows, last)
        errors[penalty] = float(np.nanmean(np.square(off) if loss == "mse" else np.abs(off))) if len(last) else penalty
    penalty = min(errors, key=errors.__getitem__)
    kernel, bias = _solved(early.plus(late), penalty)
    return {"kernel": kernel, "bias": bias, "calendar": np.array(calendar), "season": np.array(season)}


def _moments(windows: PanelWindows, origins: Int[np.ndarray, "windows"], season: int, calendar: bool) -> WindowSums:
    """Return the sums over windows that are read block by block."""
    total: WindowSums | None = None
    for x, y in _blocks(windows, origins, season, calendar):
        made = WindowSums(len(x), *(each.astype(np.float64) for each in (x.sum(0), y.sum(0), x.T @ x, x.T @ y)))
        total = made if total is None else total.plus(made)
    return WindowSums(0.0, *[np.zeros(1)] * 4) if total is None else total


def _blocks(
    windows: PanelWindows, origins: Int[np.ndarray, "windows"], season: int, calendar: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(origins), ROWS):
        own = origins[start : start + ROWS]
        x, level = _read(windows, own, season, calendar)
        yield x.astype(np.float32), (windows.targets(own)[..., 0] - level[:, None]).astype(np.float32)


def _solved(moments: WindowSums, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    rows, sum_x, sum_y, square, product = moments
    mean_x, mean_y = sum_x / rows, sum_y / rows
    square = square - rows * np.outer(mean_x, mean_x) + (penalty + SMALL * rows) * np.eye(len(mean_x))
    kernel = np.linalg.solve(square, product - rows * np.outer(mean_x, mean_y))
    return kernel, mean_y - mean_x @ kernel


def _read(
    windows: PanelWindows, origins: Int[np.ndarray, "windows"], season: int, calendar: bool
) -> tuple[Float[np.ndarray, "windows columns"], Float[np.ndarray, "windows"]]:
    """Return the columns of each window, and the level that is taken from its values and added to the forecast."""
    look_back, horizon = windows.shape[:2]
    values = windows.values[origins[:, None] - look_back + np.arange(look_back), 0].astype(np.float64)
    if not calendar:
        level = values.mean(1)
        return values - level[:, None], level
    level = values[:, -1]
    columns = [values - level[:, None], level[:, None]]
    if season > 1:
        columns.append(np.eye(season)[windows.positions[origins] % season])
    if windows.shape.past:
        steps = max(1, min(MOST_PAST, look_back, MOST_COLUMNS // windows.shape.past))
        columns.append(windows.past[origins[:, None] - steps + np.arange(steps)].reshape(len(origins), -1))
    if features := windows.shape.future:
        steps = max(1, min(horizon, MOST_COLUMNS // features)) if windows.has_known else 1
        columns.append(windows.future[windows.rows[origins][:, None] + np.arange(steps)].reshape(len(origins), -1))
    return np.concatenate(columns, axis=1), level
