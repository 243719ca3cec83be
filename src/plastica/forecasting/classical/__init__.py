"""Classical models of one series: baselines that a network has to beat.

Every model is a function ``fit(values, season)`` of one series without missing values. It returns a record with what it
found, ``forecast(horizon)`` for the next values, and ``update(values)`` for the same model after further values.
``mstl``, ``anomalies`` and ``change_points`` look at a series instead.
"""

from __future__ import annotations

from .anomalies import Anomalies, anomalies
from .change_points import change_points
from .decomposition import Decomposition, mstl
from .linear import LinearForecast, ridge
from .naive import drift, mean, naive, seasonal_naive
from .smoothing import Smoothed, holt, holt_winters, simple_exponential_smoothing
from .theta import ThetaForecast, theta

__all__ = [
    "Anomalies",
    "Decomposition",
    "LinearForecast",
    "Smoothed",
    "ThetaForecast",
    "anomalies",
    "change_points",
    "drift",
    "holt",
    "holt_winters",
    "mean",
    "mstl",
    "naive",
    "ridge",
    "seasonal_naive",
    "simple_exponential_smoothing",
    "theta",
]
