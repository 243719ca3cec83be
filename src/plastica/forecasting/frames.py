"""Forecasts as data frames of the type that was given."""

from __future__ import annotations

from typing import Any

import numpy as np

from .fitted import Forecasts
from .panel import Panel

POLARS = "polars"


def backend_of(X: Any) -> str:
    """Return the library of a data frame; polars for anything else."""
    from narwhals import dependencies

    if dependencies.is_into_dataframe(X):
        import narwhals as nw

        return str(nw.from_native(X, eager_only=True).implementation.name).lower()
    return POLARS


def forecast_columns(panel: Panel, made: Forecasts) -> dict[str, Any]:
    """Return the columns of forecasts: time, series, each target with the ends of its interval, and its quantiles.

    Args:
        panel: The series with the steps that were forecast at their ends.
        made: The forecasts, a row for each target of each series.
    """
    roles, horizon, count = panel.roles, made.values.shape[1], len(panel.roles.targets)
    ends = panel.starts + np.diff(panel.bounds)
    positions = (ends[:, None] - horizon + np.arange(horizon)).ravel()
    columns: dict[str, Any] = {}
    if roles.group:
        columns[roles.group] = np.repeat(np.array(panel.names, object), horizon).tolist()
    name = roles.clock.columns[0].name if len(roles.clock.columns) == 1 else "time"
    stamps = panel.frequency.stamps(positions)
    columns[name] = (
        # Stamps are seconds, a unit of time that polars does not have.
        stamps.astype(np.int64).astype("datetime64[s]").astype("datetime64[us]")
        if panel.frequency.is_calendar
        else stamps
    )
    for place, target in enumerate(roles.targets):
        for ending, values in (("", made.values), ("_low", made.low), ("_high", made.high)):
            columns[f"{target}{ending}"] = values[place::count].ravel()
        for level, values in made.quantiles.items():
            columns[f"{target}_q{100 * level:g}"] = values[place::count].ravel()
    return columns


def forecast_frame(panel: Panel, made: Forecasts, backend: Any) -> Any:
    """Return forecasts as a data frame of a library."""
    import narwhals as nw

    columns = forecast_columns(panel, made)
    if backend == POLARS:
        import polars as pl

        return pl.DataFrame(columns)
    return nw.from_dict(columns, backend=backend).to_native()
