"""Rolling origins: models learn from the past up to several times and forecast what followed, in the training span."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..errors import DataError
from ..notes import note
from ..typing import Int
from .joining import boundary
from .panel import Panel
from .windows import PanelWindows

FOLDS, MANY_FOLDS = 2, 4
FEW_WINDOWS = 2000  # with fewer, networks train fast, and more folds tell more
ENOUGH_HORIZONS = 4  # of validation, if these are less than half of the span
LEAST_WINDOWS = 10  # before the first fold, if there is room
SHORTEST = 3  # windows to train on and to validate on
MOST_WINDOWS = 20_000  # to validate on; of more, every second or third
LEAST_HORIZONS = 1.5  # of a validation span that would otherwise be shorter


class RollingFold(NamedTuple):
    """A time of the past up to which models learn, and the forecasts by which they are judged.

    Attributes:
        until: The position where training ends.
        train: The origins of windows that end before it.
        validation: The origins from there to the next fold.
    """

    until: int
    train: Int[np.ndarray, "windows"]
    validation: Int[np.ndarray, "later"]


def rolling_folds(windows: PanelWindows, panel: Panel, share: float) -> list[RollingFold]:
    """Return folds that follow each other to the end of the training span: two, or four of a short one.

    Args:
        windows: The windows of the training span.
        panel: Its series.
        share: The part of it, or the number of steps, that all validation spans take at its end.

    Raises:
        DataError: If there are too few windows to train or to validate.
    """
    horizon, end = windows.shape.horizon, int(panel.positions.max()) + 1
    half = (end - int(panel.positions.min())) // 2
    least = max(int(np.ceil(LEAST_HORIZONS * horizon)), horizon + SHORTEST - 1)
    wanted = max(min(ENOUGH_HORIZONS * horizon, half), least)
    start, last = int(panel.positions.min()), end - least
    # The first fold must be long enough to learn a season, and regressions to have windows.
    needed = max(min(windows.seasons, default=1) + horizon, windows.shape.look_back + horizon + LEAST_WINDOWS)
    first = max(min(boundary(panel, share), end - wanted), min(start + needed, last))
    count = FOLDS if len(windows.origins()) > FEW_WINDOWS else MANY_FOLDS
    count = max(1, min(count, (end - horizon + 1 - first) // SHORTEST))
    cuts = np.linspace(first, end - horizon + 1, count + 1).astype(int)
    folds: list[RollingFold] = []
    for cut, following in pairwise(cuts.tolist()):
        later = windows.origins(cut, following + horizon - 1)
        later = later[:: -(-len(later) * count // MOST_WINDOWS) or 1]
        folds.append(RollingFold(cut, windows.origins(last=cut), later))
    if min(min(len(fold.train), len(fold.validation)) for fold in folds) < SHORTEST:
        holes = int((~windows.observed).sum())
        told = {"steps": int(np.diff(panel.bounds).max()), "look_back": str(windows.shape.look_back)}
        missing = note("forecast_errors.missing_steps", number=holes) if holes else ""
        raise DataError(note("forecast_errors.too_short", **told, missing=missing, horizon=str(horizon)))
    return folds


def independent_horizons(windows: PanelWindows, origins: Int[np.ndarray, "windows"]) -> float:
    """Return how many horizons the origins are apart; series of one time tell less than as many times."""
    positions = np.unique(windows.positions[origins])
    series = independent_series(windows, origins)
    return series * (np.ptp(positions) + 1 + windows.shape.horizon) / windows.shape.horizon


def independent_series(windows: PanelWindows, origins: Int[np.ndarray, "windows"]) -> float:
    """Return how many series tell something of their own: the root of their number, since they share their time."""
    return float(np.sqrt(len(np.unique(windows.series[origins]))))
