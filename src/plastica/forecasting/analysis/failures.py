"""When and where forecasts fail: errors by hour, weekday and month, by span and series, and the worst days."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np

from ...typing import Float, Int
from ..fitted import JudgedForecasts
from ..frequency import DAY, WEEK, Frequency
from ..panel import Panel

MOST_DAYS = 10  # worst days
LEAST_OF_DAY = 0.5  # of the steps of a usual day must be known, so that one late value is no worst day
MOST_SPANS = 6  # of the test span

Slot = Literal["hour", "weekday", "month"]


class ErrorsBySlot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mean absolute error of each model at each hour of the day, day of the week or month of the year.

    Args:
        slot: What the errors are grouped by: "hour", "weekday" or "month".
        values: The hours 0 to 23, weekdays from Monday 0 to Sunday 6, or months 1 to 12 that were forecast.
        mean: The mean of what happened, for each value.
        errors: The errors of each model by name, for each value.
    """

    slot: Slot
    values: tuple[int, ...]
    mean: tuple[float, ...]
    errors: dict[str, tuple[float, ...]]


class SpanErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mean absolute errors of forecasts that begin in one part of the test span.

    Args:
        first, last: The time stamps of the first and the last origin.
        error: The error of the network.
        rival: That of the best simple forecast of the whole test span.
    """

    first: str
    last: str
    error: float
    rival: float


class SeriesErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mean absolute errors of one series.

    Args:
        series: Its name.
        mean: The mean of what happened.
        error: The error of the network.
        rival: That of the best simple forecast over all series.
    """

    series: str
    mean: float
    error: float
    rival: float


class WorstDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day on which the network was far off, as the mean of its steps and of all forecasts of them.

    Args:
        day: The date; the time stamp for steps of a day and more.
        weekday: From Monday 0 to Sunday 6; None for steps of more than a day.
        series: The name of the series.
        happened: The mean of what happened.
        forecast: The mean of the forecasts.
        error: The mean absolute error of the network.
        rival: That of the best simple forecast.
        times: The error in usual errors of the series.
    """

    day: str
    weekday: int | None
    series: str
    happened: float
    forecast: float
    error: float
    rival: float
    times: float


def errors_by_slot(judged: JudgedForecasts, frequency: Frequency) -> tuple[ErrorsBySlot, ...]:
    """Return the errors by hour of the day, day of the week and month, where steps tell them apart.

    Args:
        judged: The forecasts of the test span.
        frequency: The steps of the time axis.
    """
    steps, known = _steps(judged), np.isfinite(judged.truth)
    moments = frequency.moments(steps[known])
    truth = judged.truth[known]
    off = {name: np.abs(made[known] - truth) for name, made in judged.forecasts.items()}
    made = []
    for slot, values in _slots(frequency, moments):
        there, places = np.unique(values, return_inverse=True)
        counts = np.bincount(places)
        errors = {name: tuple((np.bincount(places, each) / counts).tolist()) for name, each in off.items()}
        mean = tuple((np.bincount(places, truth) / counts).tolist())
        if len(there) > 1:
            made.append(ErrorsBySlot(slot, tuple(there.tolist()), mean, errors))
    return tuple(made)


def errors_by_span(judged: JudgedForecasts, frequency: Frequency, model: str, rival: str) -> tuple[SpanErrors, ...]:
    """Return the errors of consecutive spans of the test span of equal length, none shorter than two horizons.

    Args:
        judged: The forecasts of the test span.
        frequency: The steps of the time axis.
        model, rival: The names of the network and of the best simple forecast.
    """
    positions = judged.windows.positions[judged.origins]
    first, last = int(positions.min()), int(positions.max()) + 1
    count = min(MOST_SPANS, (last - first) // (2 * judged.truth.shape[1]))
    made = []
    edges = np.linspace(first, last, count + 1).round().astype(int).tolist() if count > 1 else []
    for begin, end in pairwise(edges):
        own = (positions >= begin) & (positions < end)
        if np.isfinite(judged.truth[own]).any():
            errors = (_mean_error(judged, name, own) for name in (model, rival))
            made.append(SpanErrors(frequency.shown(begin), frequency.shown(end - 1), *errors))
    return tuple(made)


def errors_by_series(judged: JudgedForecasts, panel: Panel, model: str, rival: str) -> tuple[SeriesErrors, ...]:
    """Return the errors of each series, the worst relative to the rival first; empty for a single one.

    Args:
        judged: The forecasts of the test span.
        panel: The series.
        model, rival: The names of the network and of the best simple forecast.
    """
    of_origin = judged.windows.series[judged.origins]
    made = []
    for number in np.unique(of_origin):
        own = of_origin == number
        errors = (_mean_error(judged, name, own) for name in (model, rival))
        made.append(SeriesErrors(name_of(panel, int(number)), float(np.nanmean(judged.truth[own])), *errors))
    ranked = sorted(made, key=lambda each: each.rival - each.error if each.rival == 0 else 1 - each.error / each.rival)
    return tuple(ranked) if len(ranked) > 1 else ()


def worst_days(judged: JudgedForecasts, panel: Panel, model: str, rival: str) -> tuple[WorstDay, ...]:
    """Return the days with the largest errors, in usual errors of their series.

    Args:
        judged: The forecasts of the test span.
        panel: The series.
        model, rival: The names of the network and of the best simple forecast.
    """
    frequency, known = panel.frequency, np.isfinite(judged.truth)
    steps, horizon = _steps(judged), judged.truth.shape[1]
    moments = frequency.moments(steps)
    days = moments.astype("datetime64[D]").astype(np.int64) if frequency.is_calendar else steps
    series = np.repeat(judged.windows.series[judged.origins][:, None], horizon, axis=1)
    keys, places = np.unique(np.stack([series[known], days[known]]), axis=1, return_inverse=True)
    places = places.ravel()
    counts = np.bincount(places)
    truth, made = judged.truth[known], judged.forecasts[model][known]
    off = (np.abs(forecasts[known] - truth) for forecasts in (judged.forecasts[model], judged.forecasts[rival]))
    happened, mean, error, other = (np.bincount(places, each) / counts for each in (truth, made, *off))
    of_series = np.bincount(keys[0], error * counts) / np.maximum(np.bincount(keys[0], counts), 1)
    times = error / np.maximum(of_series[keys[0]], np.finfo(float).tiny)
    enough = counts >= LEAST_OF_DAY * np.median(counts)
    order = np.flatnonzero(enough)[np.argsort(-times[enough], kind="stable")][:MOST_DAYS]
    return tuple(
        WorstDay(
            *_day(frequency, int(keys[1, place])),
            name_of(panel, int(keys[0, place])),
            happened=float(happened[place]),
            forecast=float(mean[place]),
            error=float(error[place]),
            rival=float(other[place]),
            times=float(times[place]),
        )
        for place in order
    )


def name_of(panel: Panel, number: int) -> str:
    """Return the name of a series and target by its number among the windows."""
    targets = panel.roles.targets
    name = panel.names[number // len(targets)]
    return f"{name} {targets[number % len(targets)]}".strip() if len(targets) > 1 else name


def _steps(judged: JudgedForecasts) -> Int[np.ndarray, "windows horizon"]:
    """Return the position of each step that was forecast."""
    return judged.windows.positions[judged.origins][:, None] + np.arange(judged.truth.shape[1])


def _slots(frequency: Frequency, moments: np.ndarray) -> Iterator[tuple[Slot, np.ndarray]]:
    if not frequency.is_calendar:
        return
    days = moments.astype("datetime64[D]")
    if frequency.unit == "second" and frequency.step < DAY / 2:
        yield "hour", (moments - days).astype(np.int64) // 3600
    if frequency.unit == "second" and frequency.step < WEEK:
        yield "weekday", (days.astype(np.int64) + 3) % 7  # 1 January 1970 was a Thursday
    if frequency.unit == "month" and frequency.step >= 12:
        return
    yield "month", moments.astype("datetime64[M]").astype(np.int64) % 12 + 1


def _day(frequency: Frequency, day: int) -> tuple[str, int | None]:
    """Return the date of a day with its weekday, or the time stamp of a step without dates."""
    if not frequency.is_calendar:
        return frequency.shown(day), None
    date = np.datetime64(day, "D")
    if frequency.unit == "month":
        return str(date.astype("datetime64[M]")), None
    return str(date), (day + 3) % 7


def _mean_error(judged: JudgedForecasts, name: str, rows: np.ndarray) -> float:
    off: Float[np.ndarray, "windows horizon"] = np.abs(judged.forecasts[name][rows] - judged.truth[rows])
    return float(np.nanmean(off))
