"""The next steps of series, with intervals: for exported forecasters.

Files contain the source of this module from ``SeriesWindow`` on, behind that of :mod:`.series_rows`. What was learned
is in ``FORECAST``, and in arrays for each part in ``LEARNED``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..forecasting.calendar import calendar_features
from ..forecasting.imputation import filled
from ..forecasting.scales import logarithm
from .series_rows import FORECAST, FREQUENCY, SeriesValues

LEARNED: list[dict[str, np.ndarray]] = []
compute: Callable[..., Any]


class SeriesWindow(NamedTuple):
    """One target of one series, scaled and without holes, up to the end of the steps that are forecast."""

    number: int  # of the target among those of all series
    first: int  # the position on the time axis of the first step that is forecast
    origin: int  # its place in the values
    values: np.ndarray  # (steps,)
    past: np.ndarray  # (steps, past covariates)
    future: np.ndarray  # (horizon, what is known of each step)


def with_horizon(name: str, start: int, values: np.ndarray, horizon: int) -> tuple[np.ndarray, int]:
    """Return a series with the steps that are forecast behind its last known value, and the place of the first one.

    Raises:
        ValueError: If too little is known of its past, or of a known covariate.
    """
    targets, look_back, since = FORECAST["targets"], FORECAST["look_back"], FORECAST["known_from"]
    present = np.any(np.isfinite(values[:, : len(targets)]), axis=1)
    end = len(values) - int(present[::-1].argmax()) if present.any() else 0
    of = f" of the series {name!r}" if name else ""
    if end < look_back:
        raise ValueError(f"{end} steps{of} come before the forecast, and the model reads {look_back}.")
    holes = 1 - float(present[end - look_back : end].mean())
    if holes > FORECAST["most_holes"]:
        raise ValueError(f"{holes:.0%} of the last {look_back} values{of} are missing.")
    ahead = np.full((FORECAST["horizon"], values.shape[1]), np.nan)
    given = values[end : end + horizon, since:]
    ahead[: len(given), since:] = given
    if np.isnan(ahead[:horizon, since:]).any():
        after = FREQUENCY.shown(start + end - 1)
        raise ValueError(
            f"a known covariate{of} lacks values for some of the {horizon} steps after {after}; add rows with its "
            "future values and an empty target."
        )
    ahead[horizon:, since:] = ahead[horizon - 1, since:]
    return np.concatenate([values[:end], ahead]), end


def windows_of(place: int, start: int, values: np.ndarray, origin: int) -> list[SeriesWindow]:
    """Return the window of each target of a series."""
    scales, targets = FORECAST["scales"], len(FORECAST["targets"])
    rest = (values[:, targets:] - np.array(scales["covariate_means"])) / np.array(scales["covariate_deviations"])
    for column in rest.T:
        column[:] = filled(column, 1) if np.isfinite(column).any() else 0.0
    past, known = np.split(rest, [FORECAST["known_from"] - targets], axis=1)
    first = start + origin
    calendar = calendar_features(FREQUENCY, first + np.arange(FORECAST["horizon"]), **FORECAST["calendar"])
    future = np.concatenate([calendar, known[origin:]], axis=1).astype(np.float32)
    found: list[SeriesWindow] = []
    for target in range(targets):
        number = place * targets + target
        own = logarithm(values[:, target]) if scales["logarithms"][number] else values[:, target]
        observed = np.isfinite(own)
        scaled = np.zeros(len(own))
        if observed.any():
            scaled = (filled(own, scales["lags"][number]) - scales["means"][number]) / scales["deviations"][number]
        read = np.concatenate([past, observed[:, None]], axis=1) if FORECAST["flags"] else past
        found.append(SeriesWindow(number, first, origin, scaled.astype(np.float32), read.astype(np.float32), future))
    return found


def holiday_features(country: str, days: np.ndarray) -> np.ndarray:
    """Return for each day whether it is a public holiday, the eve of one, or the day after one."""
    known, until = np.array(FORECAST["holidays"], "datetime64[D]"), np.datetime64(FORECAST["holidays_until"], "D")
    if days.max() >= until:
        raise ValueError(f"this file has the public holidays of {country} until {until}: export the model again.")
    return np.stack([np.isin(days + np.timedelta64(shift, "D"), known) for shift in (0, 1, -1)], axis=1).astype(float)


def season_before(window: SeriesWindow, learned: dict[str, Any]) -> np.ndarray:
    """Forecast the last values at the same step of the season; the last value where the series is shorter."""
    season = learned["season"]
    places = window.origin + np.arange(FORECAST["horizon"]) % season - season
    return window.values[np.where(places < 0, window.origin - 1, places)].astype(np.float64)


def usual_value(window: SeriesWindow, learned: dict[str, Any]) -> np.ndarray:
    """Forecast what was usual in training at each step of the season."""
    profile = learned["profile"][window.number]
    return profile[(window.first + np.arange(FORECAST["horizon"])) % len(profile)]


def theta(window: SeriesWindow, learned: dict[str, Any]) -> np.ndarray:
    """Forecast the smoothed level, continued by the drift and the season (the Theta method)."""
    alpha, drift, seasonal = (learned[name][window.number] for name in ("rates", "drifts", "seasons"))
    season = len(seasonal)
    positions = window.first - window.origin + np.arange(len(window.values))
    adjusted = window.values - seasonal[positions % season]
    level = adjusted[: max(1, min(season, len(adjusted)))].mean()
    for value in adjusted[: window.origin]:
        level += alpha * (value - level)
    ahead = np.arange(FORECAST["horizon"])
    return level + drift * (1 - alpha) / alpha + drift * (ahead + 1) + seasonal[(window.first + ahead) % season]


def own_ridge(window: SeriesWindow, learned: dict[str, Any]) -> np.ndarray:
    """Forecast by ridge regression on the last values, with weights for each series."""
    past = window.values[window.origin - FORECAST["look_back"] : window.origin]
    return past @ learned["kernels"][window.number] + learned["biases"][window.number]


def linear(window: SeriesWindow, learned: dict[str, Any]) -> np.ndarray:
    """Forecast by ridge regression with the same weights for all series: of the last values, or the calendar too."""
    look_back, horizon, end = FORECAST["look_back"], FORECAST["horizon"], window.origin
    values = window.values[end - look_back : end].astype(np.float64)
    if not learned["calendar"]:
        level = values.mean()
        return (values - level) @ learned["kernel"] + learned["bias"] + level
    level, season, most = values[-1], learned["season"], FORECAST["most_columns"]
    columns = [values - level, [level]]
    if season > 1:
        columns.append(np.eye(season)[window.first % season])
    if count := window.past.shape[1]:
        steps = max(1, min(FORECAST["most_past"], look_back, most // count))
        columns.append(window.past[end - steps : end].ravel())
    if count := window.future.shape[1]:
        steps = max(1, min(horizon, most // count)) if FORECAST["has_known"] else 1
        columns.append(window.future[:steps].ravel())
    return np.concatenate(columns) @ learned["kernel"] + learned["bias"] + level


def periodic(window: SeriesWindow, learned: dict[str, Any]) -> np.ndarray:
    """Forecast a weighted sum of earlier seasons, smoothed by their moving average."""
    season, cycles, weights, horizon = learned["season"], learned["cycles"], learned["weights"], FORECAST["horizon"]
    places = window.origin - cycles * season + np.arange(cycles * season)
    values = window.values[np.where(places < 0, places % season, places)].astype(np.float64)
    level, side = values.mean(), season // 2
    values -= level
    sums = np.cumsum(np.pad(values, (side + 1, side), mode="edge"))
    values += (sums[2 * side + 1 :] - sums[: -2 * side - 1]) / (2 * side + 1)
    ahead = np.minimum(np.arange(-(-horizon // season)), weights.shape[1] - 1)
    return (weights[:, ahead].T @ values.reshape(cycles, season)).ravel()[:horizon] + level


METHODS = {
    "last_value": season_before,
    "seasonal_naive": season_before,
    "longer_seasonal_naive": season_before,
    "seasonal_median": usual_value,
    "theta": theta,
    "ridge": own_ridge,
    "periodic": periodic,
    "linear": linear,
    "linear_calendar": linear,
}


def answers(windows: Sequence[SeriesWindow]) -> list[np.ndarray]:
    """Return what the networks of each part answer, ``(windows, horizon, quantiles)``."""
    look_back = FORECAST["look_back"]
    inputs = [np.stack([each.values[each.origin - look_back : each.origin, None] for each in windows])]
    if windows[0].past.shape[1]:
        inputs.append(np.stack([each.past[each.origin - look_back : each.origin] for each in windows]))
    if windows[0].future.shape[1]:
        inputs.append(np.stack([each.future for each in windows]))
    with np.errstate(all="ignore"):
        found = compute(*inputs)
    return [each.astype(np.float64) for each in (found if isinstance(found, tuple) else (found,))]


class ScaledSteps(NamedTuple):
    """Scaled forecasts, and how far their intervals reach below and above before they are corrected."""

    values: np.ndarray
    below: np.ndarray
    above: np.ndarray


def scaled_steps(windows: Sequence[SeriesWindow]) -> ScaledSteps:
    """Return the weighted mean of what networks and methods forecast."""
    parts = FORECAST["parts"]
    of_networks = iter(answers(windows) if any(part["network"] for part in parts) else [])
    steps = np.array([window.first for window in windows])[:, None] + np.arange(FORECAST["horizon"])
    spread = np.array(FORECAST["intervals"]["spread"])
    made, below = np.zeros(steps.shape), spread[steps % len(spread)]
    above, learns_quantiles = below, False
    for part, learned in zip(parts, LEARNED, strict=True):
        if part["network"]:
            quantiles = next(of_networks)
            own = quantiles[..., quantiles.shape[-1] // 2]
            if part["levels"] and not learns_quantiles:
                (below, above), learns_quantiles = distances(part["levels"], quantiles), True
        else:
            method, known = METHODS[part["name"]], {**part["numbers"], **learned}
            own = np.stack([method(window, known) for window in windows])
        made = made + np.array(part["weights"]) * own
    return ScaledSteps(made, below, above)


def distances(levels: Sequence[float], quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the quantiles of networks are below and above their median."""
    intervals, median = FORECAST["intervals"], quantiles[..., quantiles.shape[-1] // 2]
    low = int(np.argmin(np.abs(np.array(levels) - (1 - intervals["coverage"]) / 2)))
    least = FORECAST["least_spread"] * float(np.mean(intervals["spread"]))
    return np.maximum(median - quantiles[..., low], least), np.maximum(quantiles[..., -1 - low] - median, least)


def with_intervals(steps: ScaledSteps) -> dict[str, np.ndarray]:
    """Return scaled forecasts, the ends of their intervals and their quantiles, by the endings of their columns."""
    intervals, widening = FORECAST["intervals"], np.exp(np.array(FORECAST["widening"]))
    factor = np.array(intervals["thresholds"]) * widening
    found = {
        "": steps.values,
        "_low": steps.values - factor * steps.below,
        "_high": steps.values + factor * steps.above,
    }
    for level, offset in zip(intervals["levels"], intervals["offsets"], strict=True):
        factor = np.array(offset) * widening
        found[f"_q{100 * level:g}"] = steps.values + factor * np.where(factor < 0, steps.below, steps.above)
    return found


def in_unit(windows: Sequence[SeriesWindow], scaled: np.ndarray) -> np.ndarray:
    """Return scaled forecasts in the unit of their series, within its limits."""
    scales, numbers = FORECAST["scales"], [window.number for window in windows]

    def own(name: str) -> np.ndarray:
        return np.array(scales[name])[numbers, None]

    made = scaled * own("deviations") + own("means")
    made = np.where(own("logarithms"), np.exp(np.where(own("logarithms"), made, 0.0)), made)
    lowest = -np.inf if scales["minimum"] is None else scales["minimum"]
    highest = np.inf if scales["maximum"] is None else scales["maximum"]
    return np.clip(made, np.where(own("nonnegative"), 0.0, lowest), highest)


def next_steps(series: SeriesValues, horizon: int) -> dict[str, Any]:
    """Return the forecasts that follow series, a column for each target, each end of its interval and its quantiles."""
    say_unlearned(series)
    windows: list[SeriesWindow] = []
    names: list[str] = []
    problems: list[str] = []
    for place, (name, (start, values)) in enumerate(series.items()):
        try:
            longer, origin = with_horizon(name, start, values, horizon)
        except ValueError as problem:
            problems.append(str(problem))
            continue
        names.append(name)
        windows += windows_of(place, start, longer, origin)
    if not names:
        raise ValueError(problems[0])
    if problems:
        warnings.warn(f"{len(problems)} of {len(series)} series cannot be forecast: {problems[0]}", stacklevel=2)
    found = with_intervals(scaled_steps(windows))
    targets = FORECAST["targets"]
    firsts = np.array([window.first for window in windows[:: len(targets)]])
    columns: dict[str, Any] = {}
    if FORECAST["group"]:
        columns[FORECAST["group"]] = [name for name in names for _ in range(horizon)]
    columns[FORECAST["time"]] = FREQUENCY.moments((firsts[:, None] + np.arange(horizon)).ravel())
    shown = {ending: in_unit(windows, values)[:, :horizon] for ending, values in found.items()}
    for place, target in enumerate(targets):
        for ending, values in shown.items():
            columns[f"{target}{ending}"] = values[place :: len(targets)].ravel()
    return columns


def say_unlearned(series: SeriesValues) -> None:
    """Warn of covariates that never varied in training and do now: nothing was learned of them."""
    scales, targets = FORECAST["scales"], len(FORECAST["targets"])
    for place, name in enumerate(FORECAST["covariates"]):
        values = np.concatenate([values[:, targets + place] for _, values in series.values()])
        moved = np.abs(values[np.isfinite(values)] - scales["covariate_means"][place]) > 0
        if scales["covariate_deviations"][place] >= FORECAST["constant"] and moved.any():
            warnings.warn(f"the covariate {name!r} never varied in training; its changes do not count.", stacklevel=2)
