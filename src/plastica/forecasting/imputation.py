"""Holes of a series filled from its own past, so that no value depends on a later one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..typing import Float
from .grid import run_lengths


def filled(values: Float[np.ndarray, "time"], lag: int) -> Float[np.ndarray, "time"]:
    """Return a series whose holes have the value of ``lag`` steps before, or else the last value.

    The values before the first known one are that one.

    Args:
        values: The series, NaN for holes, with at least one value.
        lag: A season; 1 repeats the last value.

    Example:
        >>> filled(np.array([1.0, 2.0, 3.0, np.nan, np.nan]), lag=2).tolist()
        [1.0, 2.0, 3.0, 2.0, 3.0]
    """
    made, holes = values.copy(), np.flatnonzero(np.isnan(values))
    if not len(holes):
        return made
    first = int(np.isfinite(values).argmax())
    made[:first] = values[first]
    for place in holes[holes > first]:
        made[place] = made[place - lag] if place >= lag else made[place - 1]
    return made


def best_lag(values: Float[np.ndarray, "time"], seasons: Sequence[int]) -> int:
    """Return the lag that fills holes best: 1 for the last value, or a season.

    The last value is judged at its usual distance, half of the hole in which the median missing step lies.

    Args:
        values: The series of the training span, NaN for holes.
        seasons: The seasons in steps.
    """
    holes = np.isnan(values)
    if not holes.any():
        return 1
    length = int(np.median(np.repeat(lengths := run_lengths(holes), lengths)))
    lags = {1: max(1, length // 2), **{season: season for season in seasons}}
    errors = {lag: _error(values, distance) for lag, distance in lags.items()}
    return min(errors, key=errors.__getitem__)


def _error(values: Float[np.ndarray, "time"], distance: int) -> float:
    errors = np.abs(values[distance:] - values[:-distance])
    errors = errors[np.isfinite(errors)]
    return float(errors.mean()) if len(errors) else np.inf
