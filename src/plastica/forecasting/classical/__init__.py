"""Classical models of one series: baselines that a network has to beat.

Every model is a function ``fit(values, season)`` of one series without missing values. It returns a record with what it
found, ``forecast(horizon)`` for the next values, and ``update(values)`` for the same model after further values.
"""

from __future__ import annotations

from .linear import LinearForecast, ridge
from .naive import drift, mean, naive, seasonal_naive
from .smoothing import Smoothed, holt, holt_winters, simple_exponential_smoothing

__all__ = [
    "LinearForecast",
    "Smoothed",
    "drift",
    "holt",
    "holt_winters",
    "mean",
    "naive",
    "ridge",
    "seasonal_naive",
    "simple_exponential_smoothing",
]
