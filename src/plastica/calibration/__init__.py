"""Calibration of predictions: probabilities that mean what they say, and sets and intervals with a known coverage.

All of it works on the predictions of any model, as arrays, and on rows that the model was not trained on.
"""

from __future__ import annotations

from .conformal_intervals import ConformalIntervals
from .conformal_sets import ConformalSets
from .temperature import TemperatureScaling

__all__ = ["ConformalIntervals", "ConformalSets", "TemperatureScaling"]
