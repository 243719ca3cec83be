"""Intervals of forecasts: conformal, wider for later steps and for hours that are hard to forecast."""

from __future__ import annotations

import msgspec
import numpy as np

from ..calibration import ConformalIntervals
from ..typing import Float, Int
from .windows import PanelWindows

LEAST_SPREAD = 0.05  # of the mean spread


class ForecastIntervals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Half widths of intervals, found on forecasts of values that the networks were not trained on.

    A half width is the threshold of a step of the horizon times the usual error at that time of the season, times the
    standard deviation of the series.

    Args:
        coverage: The part of values that intervals promise to contain.
        thresholds: For each step of the horizon.
        spread: The usual error at each step of the season, in standard deviations.
    """

    coverage: float
    thresholds: tuple[float, ...]
    spread: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not 0 < self.coverage < 1 or not self.spread or not all(each > 0 for each in self.spread):
            raise ValueError("intervals need a coverage between 0 and 1 and a spread above 0")

    def half_widths(
        self, windows: PanelWindows, origins: Int[np.ndarray, " windows"]
    ) -> Float[np.ndarray, "windows horizon"]:
        """Return half of the width of the interval of each step."""
        steps = windows.positions[origins][:, None] + np.arange(len(self.thresholds))
        usual = np.array(self.spread)[steps % len(self.spread)]
        return np.array(self.thresholds) * usual * windows.deviations[windows.series[origins]][:, None]


def learn_intervals(
    windows: PanelWindows,
    origins: Int[np.ndarray, " windows"],
    forecasts: Float[np.ndarray, "windows horizon"],
    season: int,
    coverage: float,
) -> ForecastIntervals:
    """Return intervals from forecasts of known values.

    Neighbouring windows are not exchangeable, and the next year may differ from the last: the coverage on the test span
    shows what the promise is worth.

    Args:
        windows: The windows.
        origins: The origins of the forecasts.
        forecasts: The forecasts in their unit.
        season: The number of steps of a season, after which spreads repeat.
        coverage: The part of values that intervals contain.
    """
    off = (windows.truth(origins) - forecasts) / windows.deviations[windows.series[origins]][:, None]
    steps = windows.positions[origins][:, None] + np.arange(off.shape[1])
    known = np.isfinite(off)
    places = (steps % season)[known]
    sums = np.bincount(places, np.abs(off[known]), minlength=season)
    counts = np.bincount(places, minlength=season)
    mean = float(sums.sum() / counts.sum()) or 1.0
    spread = np.maximum(np.where(counts > 0, sums / np.maximum(counts, 1), mean), LEAST_SPREAD * mean)
    thresholds = []
    for step in range(off.shape[1]):
        own = known[:, step]
        scores = ConformalIntervals(coverage)
        scores.fit(np.zeros(own.sum()), off[own, step], spread[steps[own, step] % season])
        thresholds.append(float(scores.threshold or 0.0))
    return ForecastIntervals(coverage, tuple(thresholds), tuple(spread.tolist()))
