"""The results of a run as an HTML page: `report.html`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import importer

__all__ = ["write_forecast_report", "write_report"]


__getattr__ = importer(__name__, {"write_forecast_report": ".forecasts", "write_report": ".writing"})


if TYPE_CHECKING:
    from .forecasts import write_forecast_report
    from .writing import write_report
