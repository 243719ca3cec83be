"""Rolling origins: models learn from the past up to several times and forecast what followed, in the training span."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import DataError
from ..typing import Int
from .joining import boundary
from .panel import Panel
from .windows import PanelWindows

FOLDS = 2
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
    train: Int[np.ndarray, " windows"]
    validation: Int[np.ndarray, " later"]


def rolling_folds(windows: PanelWindows, panel: Panel, share: float, count: int = FOLDS) -> list[RollingFold]:
    """Return folds that follow each other to the end of the training span.

    Args:
        windows: The windows of the training span.
        panel: Its series.
        share: The part of it, or the number of steps, that all validation spans take at its end.
        count: The number of folds; one if the validation spans would be shorter than the horizon.

    Raises:
        DataError: If there are too few windows to train or to validate.
    """
    horizon, end = windows.shape.horizon, int(panel.positions.max()) + 1
    first = min(boundary(panel, share), end - int(np.ceil(LEAST_HORIZONS * horizon)))
    count = max(1, min(count, (end - first) // (2 * horizon)))
    cuts = np.linspace(first, end, count + 1).astype(int)
    folds: list[RollingFold] = []
    for cut, following in zip(cuts.tolist(), cuts[1:].tolist(), strict=False):
        later = windows.origins(cut, following + (horizon - 1) * (following < end))
        later = later[:: -(-len(later) * count // MOST_WINDOWS) or 1]
        folds.append(RollingFold(cut, windows.origins(last=cut), later))
    if min(min(len(fold.train), len(fold.validation)) for fold in folds) < SHORTEST:
        raise DataError(
            f"the longest series has {int(np.diff(panel.bounds).max())} steps, too few for "
            f"look_back={windows.shape.look_back} and horizon={horizon} in training and in validation; choose smaller "
            "ones, or give a longer series."
        )
    return folds
