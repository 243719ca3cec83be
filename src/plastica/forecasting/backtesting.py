"""Backtests: networks trained up to several times of the past, each tested on what followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, InvalidValue
from ..populations import Population
from ..typing import Int
from .architectures import ARCHITECTURES
from .baselines import RIDGE, naive_forecasts, ridge_forecast
from .fitted import naive_scales_of
from .fitting import MODELS, ForecastSettings, check, usual_look_back
from .joining import before, only, with_values
from .panel import Panel
from .results import judge
from .scales import learn_scales
from .training import answers, budget_for, compiled, read
from .windows import PanelWindows, has_holes, windows_of

if TYPE_CHECKING:
    import polars


def backtest(settings: ForecastSettings, panel: Panel, folds: int, test: float) -> polars.DataFrame:
    """Return the errors on each fold; see :meth:`Forecaster.backtest`."""
    check(settings)
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or folds < 1:
        raise InvalidValue(f"backtest(folds={folds!r}): give a whole number of at least 1.")
    names = MODELS[settings.model]
    if len(names) > 1:
        raise InvalidValue(f"backtest: model={settings.model!r} weighs several architectures; choose one of them.")
    cuts = _cuts(panel, folds, test)
    # Scales come from before the first cut, so that no fold sees anything of what it is tested on.
    known = with_values(before(panel, cuts[0]))
    panel, scales = only(panel, known.names), learn_scales(known)
    look_back = settings.look_back or usual_look_back(known, settings.horizon)
    windows = windows_of(panel, scales, look_back, settings.horizon, flags=has_holes(known))
    rows = windows.origins(last=cuts[-2])
    ends = windows.positions[rows] + settings.horizon
    parts = [np.flatnonzero(ends <= cut) for cut in cuts[:-1]]
    if not len(parts[0]):
        raise DataError(
            f"the first fold has no window of look_back={look_back} and horizon={settings.horizon} to train on; choose "
            "fewer folds, or smaller ones of these."
        )
    given = (settings.epochs, settings.batch_size, settings.learning_rate, settings.loss)
    budget = budget_for(len(parts[0]), *given)
    model = compiled(ARCHITECTURES[names[0]], windows, len(parts[0]), budget, settings.random_state)
    population = Population(model, rows=parts)
    population.fit(
        read(windows, rows),
        windows.targets(rows),
        sample_weight=windows.weights(rows),
        epochs=budget.epochs,
        batch_size=budget.batch_size,
        verbose=settings.verbose,
    )
    naive, found = np.array(naive_scales_of(known, settings.horizon)), []
    for fold, (network, cut, end) in enumerate(zip(population, cuts, cuts[1:], strict=False)):
        origins = windows.origins(cut, end)
        made = {names[0]: answers([network], windows, origins)} | _simple(windows, panel, origins, cut)
        errors = judge(windows.truth(origins), made, windows.series[origins], naive)
        span = {"first": panel.frequency.shown(cut), "last": panel.frequency.shown(end - 1), "forecasts": len(origins)}
        found += [
            {"fold": fold, **span, "model": name, "mae": each.mae, "rmse": each.rmse, "mase": each.mase}
            for name, each in errors.items()
        ]
    return _frame(found)


def _simple(windows: PanelWindows, panel: Panel, origins: Int[np.ndarray, " windows"], cut: int) -> dict[str, Any]:
    """Return the simple forecasts of a fold; the ridge regression learns from what comes before it."""
    simple = dict(naive_forecasts(windows, panel.frequency, origins))
    if (ridge := ridge_forecast(windows, cut)) is not None:
        simple[RIDGE] = ridge
    return {name: windows.unscaled(origins, function(origins)) for name, function in simple.items()}


def _cuts(panel: Panel, folds: int, test: float) -> list[int]:
    """Return the positions at which folds begin, and the end of the last."""
    first, last = int(panel.positions.min()), int(panel.positions.max()) + 1
    length = round(test * (last - first)) if test < 1 else int(test)
    if length < 1 or folds * length >= last - first:
        raise InvalidValue(
            f"backtest(folds={folds}, test={test!r}): {folds} tests of {length} steps leave nothing of {last - first} "
            "steps to train on."
        )
    return [last - number * length for number in range(folds, -1, -1)]


def _frame(rows: list[dict[str, Any]]) -> polars.DataFrame:
    import polars

    return polars.DataFrame(rows)
