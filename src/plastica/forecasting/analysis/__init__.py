"""What stands behind the errors of a forecast: when it fails, what it reads, what its series are made of."""

from __future__ import annotations

from .analysis import ForecastAnalysis, analyse
from .failures import ErrorsBySlot, SeriesErrors, SpanErrors, WorstDay, worst_days
from .reliance import LagReliance, Reliance, reliance
from .series import LevelChange, SeriesAnalysis, SeriesParts, UnusualDay, series_parts

__all__ = [
    "ErrorsBySlot",
    "ForecastAnalysis",
    "LagReliance",
    "LevelChange",
    "Reliance",
    "SeriesAnalysis",
    "SeriesErrors",
    "SeriesParts",
    "SpanErrors",
    "UnusualDay",
    "WorstDay",
    "analyse",
    "reliance",
    "series_parts",
    "worst_days",
]
