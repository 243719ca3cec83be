"""Forecasts of series: panels on a regular grid, networks for windows, classical models, metrics."""

from __future__ import annotations

from .forecaster import Forecaster
from .panel import Panel, read_panel
from .results import ForecastErrors, ForecastResults

__all__ = ["ForecastErrors", "ForecastResults", "Forecaster", "Panel", "read_panel"]
