"""Forecasts of series: panels on a regular grid, networks for windows, classical models, metrics."""

from __future__ import annotations

from .forecaster import Forecaster
from .holdout import HeldOutForecasts, hold_out
from .panel import Panel, read_panel
from .results import ForecastErrors, ForecastResults

__all__ = ["ForecastErrors", "ForecastResults", "Forecaster", "HeldOutForecasts", "Panel", "hold_out", "read_panel"]
