"""The implementation of Forecaster.fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..populations.fitting import PopulationRun
from ..registry import look_up
from .candidates import candidates_for, short_span, unseen, weighed
from .fitted import FittedForecast, naive_scales_of
from .interval_learning import learn_intervals
from .joining import tail_of, with_values
from .limits import Limits, note_of
from .panel import Panel
from .parts import memory_of
from .rolling import independent_horizons, rolling_folds
from .scales import learn_scales
from .settings import ForecastSettings, check
from .windows import has_holes, windows_of

MOST_LOOK_BACK = 512  # a network that reads the day of a series of minutes learns slower, and no better


def fit_panel(settings: ForecastSettings, panel: Panel, **options: Any) -> FittedForecast:
    """Return what was learned from all steps of a panel; see :meth:`Forecaster.fit`."""
    check(settings)
    for name in options:  # those of methods without networks would be dropped
        look_up("option of fit", name, PopulationRun.__annotations__)
    panel, horizon = with_values(panel), settings.horizon
    look_back = settings.look_back or usual_look_back(panel, horizon)
    scales, flags = learn_scales(panel, Limits(settings.minimum, settings.maximum)), has_holes(panel)
    windows = windows_of(panel, scales, look_back, horizon, flags=flags)
    folds = rolling_folds(windows, panel, settings.validation)
    candidates = candidates_for(settings, windows, folds, int(panel.positions.max()) + 1, options)
    origins = np.concatenate([fold.validation for fold in folds])
    truth = windows.scaled_truth(origins)
    short = short_span([each.part.name for each in candidates], windows, origins)
    parts = weighed(candidates, truth, independent_horizons(windows, origins), settings.loss, short)
    combined = unseen(candidates, windows, folds, settings.loss)
    season = min(panel.frequency.seasons, default=1)
    used = {part.name for part in parts if any(part.weights)}
    distances = next((each.distances for each in candidates if each.distances and each.part.name in used), None)
    intervals = learn_intervals(
        windows, origins, combined, season, settings.coverage, tuple(settings.quantiles), distances
    )
    return FittedForecast(
        settings.model,
        parts,
        look_back,
        horizon,
        scales,
        flags,
        intervals,
        int(panel.positions.max()) + 1,
        naive_scales_of(panel, horizon),
        tail_of(panel, memory_of(look_back, scales, panel.frequency, parts)),
        {"loss": next((each.losses for each in candidates if each.losses), ())},
        (*panel.notes, *note_of(scales, panel)),
    )


def usual_look_back(panel: Panel, horizon: int) -> int:
    """Return how many past values a forecast reads if nothing is said.

    A week of hours, two of longer seasons, at least two horizons in whole seasons; at most a third of the series.

    Args:
        panel: The series.
        horizon: The number of steps to forecast.
    """
    seasons = panel.frequency.seasons
    wanted = max(*seasons[:2][-1:], *(2 * each for each in seasons[:1]), 2 * horizon, 16)
    cycle = max((each for each in seasons if each <= wanted), default=1)
    most = max(MOST_LOOK_BACK, 2 * horizon)
    wanted = min(cycle * -(-wanted // cycle), most // cycle * cycle or most)
    longest = int(np.diff(panel.bounds).max())
    return max(1, min(wanted, longest // 3 - horizon // 2))
