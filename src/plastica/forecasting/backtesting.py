"""Backtests: networks trained up to several times of the past, each tested on what followed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, InvalidValue
from ..model import Model
from ..notes import note
from ..typing import Float, Int
from .architectures import ARCHITECTURES
from .baselines import RIDGE, naive_forecasts, ridge_forecast
from .candidates import short_span
from .fitted import naive_scales_of
from .fitting import usual_look_back
from .joining import before, only, with_values
from .limits import Limits
from .methods import METHODS
from .panel import Panel
from .results import judge
from .rolling import SHORTEST, independent_horizons
from .scales import learn_scales
from .selection import combination_weights
from .settings import MODELS, ForecastSettings, check
from .training import answers, budget_for, middle, train_rolling
from .windows import PanelWindows, has_holes, windows_of

if TYPE_CHECKING:
    import polars


def backtest(settings: ForecastSettings, panel: Panel, folds: int, test: float) -> polars.DataFrame:
    """Return the errors on each fold; see :meth:`Forecaster.backtest`."""
    check(settings)
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or folds < 1:
        raise InvalidValue(note("forecast_errors.folds", given=repr(folds)))
    cuts = _cuts(panel, folds, test)
    # Scales come from before the first cut, so that no fold sees anything of what it is tested on.
    known = with_values(before(panel, cuts[0]))
    panel, scales = only(panel, known.names), learn_scales(known, Limits(settings.minimum, settings.maximum))
    look_back = settings.look_back or usual_look_back(known, settings.horizon)
    windows = windows_of(panel, scales, look_back, settings.horizon, flags=has_holes(known))
    if not len(windows.origins(last=cuts[0])):
        sizes = {"look_back": str(look_back), "horizon": str(settings.horizon)}
        raise DataError(note("forecast_errors.first_fold", **sizes))
    earlier = 2 * cuts[0] - cuts[1]
    weighs = len(MODELS[settings.model]) > 1 and len(windows.origins(last=earlier)) >= SHORTEST
    cuts = [earlier, *cuts] if weighs else cuts
    made = _fold_forecasts(settings, windows, cuts)
    naive, found = np.array(naive_scales_of(known, settings.horizon)), []
    for place, (cut, end) in enumerate(pairwise(cuts)):
        if (fold := place - weighs) < 0:
            continue
        origins = windows.origins(cut, end)
        own = _combined(settings, windows, cuts, made, place)
        shown = {name: windows.unscaled(origins, each) for name, each in own.items()}
        shown |= _simple(windows, panel, origins, cut)
        errors = judge(windows.truth(origins), shown, windows.series[origins], naive)
        span = {"first": panel.frequency.shown(cut), "last": panel.frequency.shown(end - 1), "forecasts": len(origins)}
        found += [
            {"fold": fold, **span, "model": name, "mae": each.mae, "rmse": each.rmse, "mase": each.mase}
            for name, each in errors.items()
        ]
    return _frame(found)


FoldForecasts = dict[str, Float[np.ndarray, "windows horizon"]]


def _fold_forecasts(settings: ForecastSettings, windows: PanelWindows, cuts: list[int]) -> list[FoldForecasts]:
    """Return the scaled forecasts of each model on each fold; networks of all folds are trained in one program."""
    made: list[FoldForecasts] = [{} for _ in cuts[1:]]
    spans = list(pairwise(cuts))
    for name in MODELS[settings.model]:
        if name in METHODS:
            for fold, (cut, end) in zip(made, spans, strict=True):
                if (learned := METHODS[name].learn(windows, cut, settings.loss)) is not None:
                    fold[name] = METHODS[name].forecast(learned, windows, windows.origins(cut, end))
            continue
        for fold, network, (cut, end) in zip(made, _networks(name, settings, windows, cuts), spans, strict=True):
            fold[name] = middle(answers([network], windows, windows.origins(cut, end)))
    return made


def _networks(name: str, settings: ForecastSettings, windows: PanelWindows, cuts: list[int]) -> list[Model]:
    """Return a network for each fold, trained on what lies before it."""
    rows = windows.origins(last=cuts[-2])
    folds = [windows.origins(last=cut) for cut in cuts[:-1]]
    budget = budget_for(settings, len(rows))
    seed = settings.random_state
    return train_rolling(ARCHITECTURES[name], windows, folds, rows, budget, seed, 0, verbose=settings.verbose)[0]


def _combined(
    settings: ForecastSettings, windows: PanelWindows, cuts: list[int], made: list[FoldForecasts], place: int
) -> FoldForecasts:
    """Return the forecasts of a fold, first their mean with weights from the folds before it."""
    if len(MODELS[settings.model]) == 1:
        return made[place]
    names = [name for name in made[place] if all(name in earlier for earlier in made[:place])]
    weights = np.full((len(names), settings.horizon), 1 / len(names))
    if place:
        origins = np.concatenate([windows.origins(*cuts[each : each + 2]) for each in range(place)])
        past = np.stack([np.concatenate([fold[name] for fold in made[:place]]) for name in names])
        truth = windows.scaled_truth(origins)
        short = short_span(names, windows, origins, cuts[place])
        weights = combination_weights(past, truth, independent_horizons(windows, origins), settings.loss, short)
    mean = np.sum([weight * made[place][name] for name, weight in zip(names, weights, strict=True)], axis=0)
    return {settings.model: mean, **made[place]}


def _simple(windows: PanelWindows, panel: Panel, origins: Int[np.ndarray, "windows"], cut: int) -> dict[str, Any]:
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
        told = {"folds": str(folds), "test": repr(test), "length": length, "steps": last - first}
        raise InvalidValue(note("forecast_errors.nothing_to_train", **told))
    return [last - number * length for number in range(folds, -1, -1)]


def _frame(rows: list[dict[str, Any]]) -> polars.DataFrame:
    import polars

    return polars.DataFrame(rows)
