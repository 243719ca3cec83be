"""The models whose weighted mean is a forecast: networks of one architecture, or a method in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..model import Model
from ..typing import Float, Int
from .frequency import Frequency
from .intervals import IntervalReach
from .methods import METHODS
from .scales import Scales
from .training import answers, middle
from .windows import PanelWindows

LEAST_MEMORY = 200  # steps, in which exponential smoothing forgets how it began


@dataclass(frozen=True, eq=False)
class ForecastPart:
    """One of the models whose weighted mean is the forecast: networks of one architecture, or a method.

    Args:
        name: The name of the architecture or the method.
        models: The networks, whose forecasts are averaged; none for a method.
        arrays: What a method learned.
        weights: The weight at each step of the horizon.
        without: The weight where the forecast is made without networks, by which it is judged what these add.
        levels: The levels of the quantiles that networks answer; none if they answer the forecast alone.
    """

    name: str
    models: tuple[Model, ...] = ()
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    weights: tuple[float, ...] = (1.0,)
    without: tuple[float, ...] = (0.0,)
    levels: tuple[float, ...] = ()

    def forecast(
        self, windows: PanelWindows, origins: Int[np.ndarray, "windows"]
    ) -> Float[np.ndarray, "windows horizon"]:
        """Return the scaled forecasts from each origin."""
        if self.models:
            return middle(answers(self.models, windows, origins))
        return METHODS[self.name].forecast(self.arrays, windows, origins)

    def distances_of(
        self, quantiles: Float[np.ndarray, "windows horizon quantiles"], coverage: float
    ) -> IntervalReach | None:
        """Return how far the quantiles around the given coverage are from the median; None without quantiles."""
        if not self.levels:
            return None
        low = int(np.argmin(np.abs(np.array(self.levels) - (1 - coverage) / 2)))
        median = middle(quantiles)
        return IntervalReach(median - quantiles[..., low], quantiles[..., -1 - low] - median)


def memory_of(look_back: int, scales: Scales, frequency: Frequency, parts: Sequence[ForecastPart]) -> int:
    """Return how many of the last steps of a series a forecast needs: to read, to fill holes, for naive forecasts."""
    read = [int(part.arrays["cycles"] * part.arrays["season"]) for part in parts if "cycles" in part.arrays]
    return max(look_back + max((*scales.lags, *frequency.seasons)), *read, LEAST_MEMORY)
