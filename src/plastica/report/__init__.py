"""The results of a run as an HTML page: `report.html`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import importer

__all__ = [
    "memory_sections",
    "write_dyad_report",
    "write_forecast_report",
    "write_memory_report",
    "write_report",
    "write_society_report",
]

_HOMES = {
    "memory_sections": ".memory",
    "write_dyad_report": ".dyad",
    "write_forecast_report": ".forecasts",
    "write_memory_report": ".memory",
    "write_report": ".writing",
    "write_society_report": ".society",
}

__getattr__ = importer(__name__, _HOMES)


if TYPE_CHECKING:
    from .dyad import write_dyad_report
    from .forecasts import write_forecast_report
    from .memory import memory_sections, write_memory_report
    from .society import write_society_report
    from .writing import write_report
