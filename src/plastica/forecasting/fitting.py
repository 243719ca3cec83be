"""The implementation of Forecaster.fit."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..errors import DataError, InvalidValue
from ..registry import look_up
from .architectures import ARCHITECTURES
from .fitted import FittedForecast, ForecastPart, memory_of, naive_scales_of
from .intervals import learn_intervals
from .joining import boundary, tail_of, with_values
from .panel import Panel
from .scales import learn_scales
from .selection import try_out
from .training import budget_for, train_members
from .windows import has_holes, windows_of

AUTO = "auto"
CANDIDATES = ("mlp", "nlinear")  # of "auto": the others take minutes
MODELS = {AUTO: CANDIDATES, **{name: (name,) for name in ARCHITECTURES}}
SHORTEST = 3  # windows to train on and to validate on


class ForecastSettings(Protocol):
    """The arguments of a forecaster that its training reads; see :class:`Forecaster`."""

    model: str
    horizon: int
    look_back: int | None
    coverage: float
    members: int
    validation: float
    epochs: int | None
    batch_size: int | None
    learning_rate: float
    loss: str
    random_state: int
    verbose: int


def fit_panel(settings: ForecastSettings, panel: Panel, **options: Any) -> FittedForecast:
    """Return networks trained on all steps of a panel; see :meth:`Forecaster.fit`."""
    check(settings)
    panel, horizon = with_values(panel), settings.horizon
    look_back = settings.look_back or usual_look_back(panel, horizon)
    scales, flags = learn_scales(panel), has_holes(panel)
    windows = windows_of(panel, scales, look_back, horizon, flags=flags)
    cut = boundary(panel, settings.validation)
    train, held_out, everything = windows.origins(last=cut), windows.origins(cut), windows.origins()
    if min(len(train), len(held_out)) < SHORTEST:
        raise DataError(
            f"the longest series has {int(np.diff(panel.bounds).max())} steps, too few for look_back={look_back} and "
            f"horizon={horizon} in training and in validation; choose smaller ones, or give a longer series."
        )
    given = (settings.epochs, settings.batch_size, settings.learning_rate, settings.loss)
    seed, verbose = settings.random_state, settings.verbose
    budget = budget_for(len(train), *given)
    trial = try_out(MODELS[settings.model], windows, train, held_out, budget, seed, verbose)
    season = min(panel.frequency.seasons, default=1)
    intervals = learn_intervals(windows, held_out, trial.forecasts, season, settings.coverage)
    budget, seeds = budget_for(len(everything), *given), range(seed, seed + settings.members)
    parts = []
    for name, weight in trial.weights.items():
        models = train_members(ARCHITECTURES[name], windows, everything, budget, seeds, verbose=verbose, **options)
        parts.append(ForecastPart(name, tuple(models), weight))
    return FittedForecast(
        settings.model,
        tuple(parts),
        look_back,
        horizon,
        scales,
        flags,
        intervals,
        int(panel.positions.max()) + 1,
        naive_scales_of(panel, horizon),
        tail_of(panel, memory_of(look_back, scales, panel.frequency)),
        {name: tuple(map(float, values)) for name, values in trial.history.history.items()},
        panel.notes,
    )


def check(settings: ForecastSettings) -> None:
    """Check the arguments of a forecaster.

    Raises:
        InvalidValue, UnknownName: If one is invalid.
    """
    look_up("model", settings.model, MODELS)
    for name in ("horizon", "members"):
        _require_count(name, getattr(settings, name))
    for name in ("look_back", "epochs", "batch_size"):
        if getattr(settings, name) is not None:
            _require_count(name, getattr(settings, name))
    if not settings.validation > 0:
        raise InvalidValue(
            f"Forecaster(validation={settings.validation!r}): give a share or a number of steps above 0."
        )
    if settings.loss not in ("mae", "mse", "huber"):
        raise InvalidValue(f'Forecaster(loss={settings.loss!r}): expected "mae", "mse" or "huber".')


def usual_look_back(panel: Panel, horizon: int) -> int:
    """Return how many past values a forecast reads if nothing is said: a week, or two seasons, or what fits.

    Args:
        panel: The series.
        horizon: The number of steps to forecast.
    """
    seasons = panel.frequency.seasons
    wanted = max(*seasons[:2][-1:], *(2 * each for each in seasons[:1]), 2 * horizon, 16)
    longest = int(np.diff(panel.bounds).max())
    return max(1, min(wanted, longest // 3 - horizon))


def _require_count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidValue(f"Forecaster({name}={value!r}): give a whole number of at least 1.")
