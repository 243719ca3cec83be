"""Forecasts of a forecaster after steps of newer rows, to compare an exported program with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DataError
from ..forecasting.fitted import FittedForecast
from ..forecasting.joining import joined, read_more
from ..forecasting.windows import PanelWindows
from ..typing import Int
from .forecast_methods import steps_needed
from .wording import SAY

MOST = 1000  # forecasts that are compared


def forecasts_after(
    fitted: FittedForecast, names: Sequence[str], newer: object
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the inputs of a program at steps of newer rows, and the forecasts and their intervals from there.

    Args:
        fitted: The forecaster.
        names: The inputs of the program.
        newer: Rows that go on from those of training.

    Raises:
        DataError: If there is no step with all that is needed before and after it.
    """
    windows = fitted.windows(joined(fitted.tail, read_more(newer, fitted.tail)))
    origins = _origins(fitted, windows)
    if not len(origins):
        raise DataError(SAY("forecast_check", path=str(newer), horizon=fitted.horizon, memory=steps_needed(fitted)))
    scaled, reach = fitted.scaled_answers(windows, origins), fitted.reach(windows, origins)
    widening = np.array(fitted.widening)
    levels = fitted.intervals.quantiles(scaled, reach, widening)
    found = [scaled, *fitted.intervals.ends(scaled, reach, widening), *levels.values()]
    inputs = _inputs(fitted, windows, origins)
    return [inputs[name] for name in names], [windows.unscaled(origins, each) for each in found]


def _origins(fitted: FittedForecast, windows: PanelWindows) -> Int[np.ndarray, "windows"]:
    """Return evenly spaced origins behind a whole memory without holes, after those of training."""
    origins = windows.origins()
    origins = origins[origins - windows.bounds[windows.series[origins]] >= steps_needed(fitted)]
    holes = np.concatenate([[0], np.cumsum(~windows.observed)])
    origins = origins[holes[origins] == holes[origins - steps_needed(fitted)]]
    return origins[np.unique(np.linspace(0, len(origins) - 1, min(MOST, len(origins))).round().astype(int))]


def _inputs(
    fitted: FittedForecast, windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> dict[str, np.ndarray]:
    scales, roles = fitted.scales, fitted.tail.roles
    series, count = windows.series[origins], len(roles.past_columns)
    values = windows.values[origins[:, None] - steps_needed(fitted) + np.arange(steps_needed(fitted)), 0].astype(
        np.float64
    )
    values = values * windows.deviations[series, None] + windows.means[series, None]
    logarithms = windows.logarithms[series, None]
    history = np.where(logarithms, np.exp(np.where(logarithms, values, 0.0)), values)
    means, deviations = np.array(scales.covariate_means), np.array(scales.covariate_deviations)
    past = windows.past[origins[:, None] - fitted.look_back + np.arange(fitted.look_back), :count]
    rows = windows.rows[origins][:, None] + np.arange(fitted.horizon)
    known = windows.future[rows][..., windows.future.shape[1] - len(roles.known_columns) :]
    found = {
        "history": history,
        "past": past * deviations[:count] + means[:count],
        "known": known * deviations[count:] + means[count:],
    }
    made = {name: array.astype(np.float32) for name, array in found.items()}
    return made | {"start": windows.positions[origins].astype(np.int32), "series": series.astype(np.int32)}
