"""Models that are tried for a forecast, each judged on rolling origins, and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..notes import note
from ..typing import Float, Int
from .architectures import ARCHITECTURES
from .intervals import IntervalReach
from .methods import METHODS
from .parts import ForecastPart
from .rolling import FEW_WINDOWS, RollingFold, independent_horizons
from .selection import ShortSpan, combination_weights
from .settings import MODELS, ForecastSettings
from .training import answers, budget_for, middle, train_rolling
from .windows import PanelWindows

DOUBT = 5.0  # windows for each value that they have, below which models with a weight for each are trusted less


class Candidate(NamedTuple):
    """A model that is learned, and how it did on rolling origins.

    Attributes:
        part: What was learned from all steps.
        validated: The scaled forecasts of all folds by what was learned before each of them.
        losses: The loss of each epoch of networks.
        distances: Those of the quantiles of networks from their median.
    """

    part: ForecastPart
    validated: Float[np.ndarray, "windows horizon"]
    losses: tuple[float, ...] = ()
    distances: IntervalReach | None = None


def candidates_for(
    settings: ForecastSettings,
    windows: PanelWindows,
    folds: Sequence[RollingFold],
    until: int,
    options: dict[str, Any],
) -> list[Candidate]:
    """Return the models that are tried, those in closed form first."""
    names, found = MODELS[settings.model], []
    for name in names:
        if name in METHODS and (made := _method(name, windows, folds, until, settings.loss)) is not None:
            found.append(made)
    networks = [_network(name, settings, windows, folds, options) for name in names if name in ARCHITECTURES]
    if not found and not networks:
        raise InvalidValue(note("forecast_errors.no_season", model=repr(settings.model)))
    return [*networks, *found]


def _method(name: str, windows: PanelWindows, folds: Sequence[RollingFold], until: int, loss: str) -> Candidate | None:
    method, made = METHODS[name], []
    for fold in folds:
        if (learned := method.learn(windows, fold.until, loss)) is None:
            return None
        made.append(method.forecast(learned, windows, fold.validation))
    learned = method.learn(windows, until, loss)
    return None if learned is None else Candidate(ForecastPart(name, arrays=learned), np.concatenate(made))


def _network(
    name: str,
    settings: ForecastSettings,
    windows: PanelWindows,
    folds: Sequence[RollingFold],
    options: dict[str, Any],
) -> Candidate:
    rows, seed = windows.origins(), settings.random_state
    budget = budget_for(settings, len(rows))
    of_folds, members, losses = train_rolling(
        ARCHITECTURES[name],
        windows,
        [fold.train for fold in folds],
        rows,
        budget,
        seed,
        settings.members,
        verbose=settings.verbose,
        **options,
    )
    made = [answers([model], windows, fold.validation) for model, fold in zip(of_folds, folds, strict=True)]
    quantiles = np.concatenate(made)
    part = ForecastPart(name, tuple(members), levels=budget.levels)
    return Candidate(part, middle(quantiles), losses, part.distances_of(quantiles, settings.coverage))


def weighed(
    candidates: Sequence[Candidate],
    truth: Float[np.ndarray, "windows horizon"],
    horizons: float,
    loss: str,
    short: ShortSpan | None = None,
) -> tuple[ForecastPart, ...]:
    """Return the models with their weights, with and without networks."""
    made = np.stack([each.validated for each in candidates])
    weights = combination_weights(made, truth, horizons, loss, short)
    simple = np.array([not each.part.models for each in candidates])
    without = np.zeros_like(weights)
    if simple.any():
        own = None if short is None else short._replace(trust=short.trust[simple])
        without[simple] = combination_weights(made[simple], truth, horizons, loss, own)
    return tuple(
        replace(each.part, weights=tuple(own.tolist()), without=tuple(other.tolist()))
        for each, own, other in zip(candidates, weights, without, strict=True)
        if own.any() or other.any()
    )


def unseen(
    candidates: Sequence[Candidate], windows: PanelWindows, folds: Sequence[RollingFold], loss: str
) -> Float[np.ndarray, "windows horizon"]:
    """Return the forecasts of all folds, each combined with weights that were found on the other folds.

    The errors of a combination on the forecasts that gave it its weights are too small, most of all those of a short
    series. The only fold of a very short one has the weights of its own.

    Reference:
        R. F. Barber, E. J. Candès, A. Ramdas, R. J. Tibshirani (2021), Predictive inference with the jackknife+,
        section 3 (CV+).
    """
    made, names = np.stack([each.validated for each in candidates]), [each.part.name for each in candidates]
    origins = np.concatenate([fold.validation for fold in folds])
    of = np.repeat(np.arange(len(folds)), [len(fold.validation) for fold in folds])
    found = np.zeros(made.shape[1:])
    for number in range(len(folds)):
        own, others = of == number, (of != number) | (len(folds) == 1)
        seen = origins[others]
        short, horizons = short_span(names, windows, seen), independent_horizons(windows, seen)
        weights = combination_weights(made[:, others], windows.scaled_truth(seen), horizons, loss, short)
        found[own] = np.einsum("mh,mwh->wh", weights, made[:, own])
    return found


def short_span(
    names: Sequence[str], windows: PanelWindows, origins: Int[np.ndarray, "windows"], until: float = np.inf
) -> ShortSpan | None:
    """Return what is to be known of forecasts of a short series; None for one with many windows.

    Args:
        names: The models.
        windows: The windows.
        origins: The forecasts by which models are weighed.
        until: The position where training ends.
    """
    count, look_back = len(windows.origins(last=until)), windows.shape.look_back
    if count > FEW_WINDOWS:
        return None
    learns = np.array([name in ARCHITECTURES or METHODS[name].for_each_lag for name in names])
    steps = windows.positions[origins][:, None] + np.arange(windows.shape.horizon)
    return ShortSpan(np.where(learns, count / (count + DOUBT * look_back), 1.0), steps.max() - steps)
