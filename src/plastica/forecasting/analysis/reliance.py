"""What networks lean on: how much larger their error is without the values of some lags, or without a covariate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import msgspec
import numpy as np

from ...typing import Float, Int
from ..fitted import FittedForecast, JudgedForecasts
from ..frequency import DAY, WEEK, Frequency
from ..roles import Roles
from ..windows import PanelWindows

MOST_WINDOWS = 512
MOST_BLOCKS = 8  # of whole seasons
WEEKS_MOVED = 26  # at most, to another time of the year


class LagReliance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a block of past values matters.

    Args:
        first, last: The block, in steps before the first one to forecast; 1 is the last value.
        increase: By which share the error grows when the block is that of another window.
    """

    first: int
    last: int
    increase: float


class Reliance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What networks lean on in forecasts of the test span.

    Args:
        windows: The number of forecasts that were looked at.
        error: Their mean absolute error.
        lags: The blocks of past values.
        calendar: By which share the error grows with the calendar of another hour, day of the week, or time of the
            year.
        covariates: By which share it grows with the values of another window, for each covariate.
        past: By which share it grows if all past values of the target are those of another window.
    """

    windows: int
    error: float
    lags: tuple[LagReliance, ...]
    calendar: dict[str, float]
    covariates: dict[str, float]
    past: float | None = None


def reliance(fitted: FittedForecast, judged: JudgedForecasts, seed: int = 0) -> Reliance:
    """Return by how much errors grow when a part of what networks read is taken from elsewhere.

    Past values and covariates are exchanged with those of other forecasts of the same series (permutation importance);
    the calendar is moved by hours, days or weeks. What two inputs tell alike counts for neither: without yesterday,
    networks read the day before. It is not said what would happen if the world were changed.

    Args:
        fitted: The networks.
        judged: The forecasts of the test span.
        seed: The seed of the exchange.

    Reference:
        L. Breiman (2001), Random forests, section 10 (permutation importance). A. Fisher, C. Rudin, F. Dominici (2019),
        All models are wrong, but many are useful, section 3 (model reliance).
    """
    chosen = np.unique(np.linspace(0, len(judged.origins) - 1, MOST_WINDOWS).round().astype(int))
    origins, truth = judged.origins[chosen], judged.truth[chosen]
    alone, begins = isolated(judged.windows, origins, fitted.memory)
    base = float(np.nanmean(np.abs(fitted.answers(alone, begins) - truth)))

    def increase(windows: PanelWindows) -> float:
        error = float(np.nanmean(np.abs(fitted.answers(windows, begins) - truth)))
        return error / base - 1 if base > 0 else 0.0

    other = _exchanged(judged.windows.series[origins], np.random.default_rng(seed))
    past = begins[:, None] - np.arange(1, fitted.look_back + 1)  # the places of all lags, ``(windows, lags)``
    future = alone.rows[begins][:, None] + np.arange(fitted.horizon)
    lags = tuple(
        LagReliance(first, last, increase(_from_others(alone, "values", past[:, first - 1 : last], other)))
        for first, last in blocks(fitted.look_back, fitted.frequency.seasons)
    )
    moves = _moves(judged.windows, fitted, origins, np.random.default_rng(seed))
    calendar = {name: increase(_with_calendar(alone, future, moved)) for name, moved in moves}
    roles = fitted.tail.roles
    covariates = {
        name: increase(_from_others(alone, part, places, other, columns))
        for part, places, names, since in (
            ("past", past, roles.past, 0),
            ("future", future, roles.known, -len(roles.known_columns)),
        )
        for name, columns in columns_of_roles(roles, names, since)
    }
    whole = increase(_from_others(alone, "values", past, other))
    return Reliance(len(chosen), base, lags, calendar, covariates, whole)


def blocks(look_back: int, seasons: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the blocks of past values: the last one, the rest of a quarter and of a season, then whole seasons.

    Args:
        look_back: The number of past values that networks read.
        seasons: The seasons in steps.

    Example:
        >>> blocks(72, (24, 168))
        [(1, 1), (2, 6), (7, 24), (25, 48), (49, 72)]
    """
    season = next((each for each in seasons if each < look_back), max(2, look_back // 4))
    step = season * -(-look_back // (season * MOST_BLOCKS))
    edges = sorted({0, 1, season // 4, season, *range(step, look_back, step), look_back})
    return [(begin + 1, end) for begin, end in pairwise(edges) if end <= look_back]


def isolated(
    windows: PanelWindows, origins: Int[np.ndarray, "windows"], memory: int
) -> tuple[PanelWindows, Int[np.ndarray, "windows"]]:
    """Return windows that share no step, so that one can be changed without the others, and their origins.

    The windows of a series follow each other as one series, each with all that models remember before its origin.

    Args:
        windows: The windows.
        origins: The origins, in the order of series.
        memory: How many steps before each are kept; before the first one of a series, that is repeated.
    """
    horizon, steps = windows.shape.horizon, np.arange(-memory, windows.shape.horizon)
    # Models have arrays for all series, so that none may be missing: its beginning stands for one without a window.
    unseen = np.setdiff1d(np.arange(len(windows.bounds) - 1), windows.series[origins])
    every = np.concatenate([origins, windows.bounds[unseen]])
    order = np.argsort(windows.series[every], kind="stable")
    every = every[order]
    series = windows.series[every]
    first, last = windows.bounds[series][:, None], windows.bounds[series + 1][:, None] - 1
    places = np.clip(every[:, None] + steps, first, last).ravel()
    # What is known of a step stands in a row of its own; past steps have none.
    known = np.minimum(windows.rows[every][:, None] + np.arange(horizon), len(windows.future) - 1)
    rows = (np.arange(len(every))[:, None] * horizon + np.maximum(steps, 0)).ravel()
    made = replace(
        windows,
        values=windows.values[places],
        observed=windows.observed[places],
        past=windows.past[places],
        future=windows.future[known.ravel()],
        rows=rows,
        bounds=np.concatenate([[0], np.cumsum(np.bincount(series) * len(steps))]),
        positions=(windows.positions[every][:, None] + steps).ravel(),
    )
    return made, np.flatnonzero(order < len(origins)) * len(steps) + memory


def _exchanged(series: Int[np.ndarray, "windows"], random: np.random.Generator) -> Int[np.ndarray, "windows"]:
    """Return another window of the same series for each, as far as there is one."""
    other = np.arange(len(series))
    for number in np.unique(series):
        own = random.permutation(np.flatnonzero(series == number))
        other[own] = np.roll(own, 1)
    return other


def _from_others(
    windows: PanelWindows,
    part: str,
    places: Int[np.ndarray, "windows steps"],
    other: Int[np.ndarray, "windows"],
    columns: Sequence[int] = (0,),
) -> PanelWindows:
    """Return windows with columns of ``values``, ``past`` or ``future`` of others."""
    made: np.ndarray = getattr(windows, part).copy()
    for column in columns:
        made[places, column] = made[places[other], column]
    return replace(windows, **{part: made})


def columns_of_roles(roles: Roles, names: Sequence[str], since: int) -> Iterator[tuple[str, list[int]]]:
    """Yield covariates with their columns of numbers: one, or one for each word."""
    for name in names:
        count = len(roles.indicators(name))
        yield name, [*range(since, since + count)]
        since += count


def _with_calendar(
    windows: PanelWindows,
    places: Int[np.ndarray, "windows horizon"],
    calendar: Float[np.ndarray, "windows horizon columns"],
) -> PanelWindows:
    """Return windows with another calendar, the first columns of what is known."""
    future = windows.future.copy()
    future[places, : calendar.shape[-1]] = calendar
    return replace(windows, future=future)


def _moves(
    windows: PanelWindows, fitted: FittedForecast, origins: Int[np.ndarray, "windows"], random: np.random.Generator
) -> Iterator[tuple[str, Float[np.ndarray, "windows horizon columns"]]]:
    """Yield the calendar of another hour, weekday or time of the year for the steps to forecast."""
    count = windows.future.shape[1] - len(fitted.tail.roles.known_columns)
    horizon, rows = windows.shape.horizon, windows.rows[origins]
    for name, unit, most in _units(fitted.frequency):
        distance = unit * random.integers(1, most, len(rows))
        moved = np.where(rows + distance <= len(windows.future) - horizon, rows + distance, rows - distance)
        if count and (moved >= 0).all():
            yield name, windows.future[moved[:, None] + np.arange(horizon), :count]


def _units(frequency: Frequency) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each move of the calendar, its unit in steps, and the number of units that come back to it."""
    seasons = frequency.seasons
    if not frequency.is_calendar or not seasons:
        return
    if frequency.unit == "month":
        yield "month", 1, seasons[0]
        return
    unit = 1
    if frequency.step < DAY / 2:
        yield "hour", 1, seasons[0]
        unit, seasons = seasons[0], seasons[1:]
    if seasons and frequency.step < WEEK / 2:
        yield "weekday", unit, round(seasons[0] / unit)
        unit = seasons[0]
    yield "year", unit, WEEKS_MOVED + 1
