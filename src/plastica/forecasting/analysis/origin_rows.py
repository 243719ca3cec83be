"""What a forecast reads at one origin, as a row of numbers that can be mixed with those of other origins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...data.table import show
from ...errors import DataError, InvalidValue
from ...notes import note
from ...typing import Float, Int
from ..fitted import FittedForecast
from ..frequency import Frequency
from ..joining import with_horizon
from ..panel import Panel
from ..windows import PanelWindows
from .reliance import blocks, columns_of_roles, isolated

ENOUGH = 10  # other origins at the same time of the season


@dataclass(frozen=True, eq=False)
class OriginRows:
    """One forecast, and what it is compared with.

    Attributes:
        answers: From rows to forecasts in the unit of the target, ``(rows, horizon)``.
        row: What the forecast reads, ``(1, numbers)``: past values, past covariates, what is known of the future.
        background: The same at other origins of the series, at the same time of the first season.
        groups: The numbers of each block of lags, of each covariate and of the calendar.
        cells: The mean of each block or covariate, as text, by its name.
        steps: The time of each step that is forecast.
    """

    answers: Callable[[Float[np.ndarray, "rows numbers"]], Float[np.ndarray, "rows horizon"]]
    row: Float[np.ndarray, "1 numbers"]
    background: Float[np.ndarray, "background numbers"]
    groups: dict[str, list[int]]
    cells: dict[str, str]
    steps: tuple[str, ...]


def origin_rows(fitted: FittedForecast, panel: Panel, at: str | None, series: str | None, most: int) -> OriginRows:
    """Return what a forecast reads, and what it reads at other origins.

    Args:
        fitted: The forecast.
        panel: The series with enough of their past, and with what is known of their future.
        at: The first step that is forecast. Default: the one after the last value.
        series: The name of the series, with the target behind it where there are several. Default: the first.
        most: The largest number of other origins, spaced evenly.

    Raises:
        DataError: If too little is known of the series before the forecast, or there are no other origins.
        InvalidValue: If there is no such series or time.
    """
    longer, problems = with_horizon(panel, fitted.look_back, fitted.horizon)
    targets = panel.roles.targets
    names = [f"{name} {target}".strip() if len(targets) > 1 else name for name in longer.names for target in targets]
    if series is not None and series not in names:
        raise InvalidValue(note("forecast_errors.series", given=repr(series), known=list(map(show, names[:10]))))
    number = 0 if series is None else names.index(series)
    if (name := longer.names[number // len(targets)]) in problems:
        raise DataError(problems[name])
    windows = fitted.windows(longer)
    origin = _origin(fitted, windows, number, at)
    others = _others(fitted.frequency, windows, number, origin)
    if not len(others):
        raise DataError(note("forecasting.no_other_origin", look_back=fitted.look_back, horizon=fitted.horizon))
    chosen = np.unique(np.linspace(0, len(others) - 1, min(most, len(others))).round().astype(np.int64))
    made, begins = isolated(windows, np.array([origin, *others[chosen]]), fitted.memory)
    rows = _read(made, begins, fitted)
    steps = windows.positions[origin] + np.arange(fitted.horizon)
    groups = _groups(fitted, windows)
    return OriginRows(
        lambda given: _answers(fitted, windows, origin, given),
        rows[:1],
        rows[1:],
        groups,
        {name: _cell(fitted, windows, number, rows[0], each) for name, each in groups.items()},
        tuple(fitted.frequency.shown(int(each)) for each in steps),
    )


def _origin(fitted: FittedForecast, windows: PanelWindows, number: int, at: str | None) -> int:
    begin, end = (int(each) for each in windows.bounds[number : number + 2])
    if at is None:
        return end - fitted.horizon
    frequency = fitted.frequency
    try:
        stamp = np.datetime64(at, "s").astype(np.int64) if frequency.is_calendar else float(at)
    except ValueError:
        example = frequency.shown(int(windows.positions[begin]))
        raise InvalidValue(note("forecast_errors.at", given=repr(at), example=example)) from None
    (position,) = frequency.positions(np.array([stamp], np.float64))
    origin = begin + int(position) - int(windows.positions[begin])
    first, last = begin + fitted.look_back, end - fitted.horizon
    if not first <= origin <= last:
        ends = [frequency.shown(int(windows.positions[place])) for place in (begin, last)]
        told = {"look_back": fitted.look_back, "first": ends[0], "last": ends[1]}
        raise InvalidValue(note("forecast_errors.at_outside", given=repr(at), **told))
    return origin


def _others(frequency: Frequency, windows: PanelWindows, number: int, origin: int) -> Int[np.ndarray, "origins"]:
    """Return other origins of the series: at the same time of the first season, if there are enough of them."""
    found = windows.origins()
    found = found[(windows.series[found] == number) & (found != origin)]
    season = min(frequency.seasons, default=1)
    same = found[(windows.positions[found] - windows.positions[origin]) % season == 0]
    return same if len(same) >= ENOUGH else found


def _read(
    windows: PanelWindows, begins: Int[np.ndarray, "rows"], fitted: FittedForecast
) -> Float[np.ndarray, "rows n"]:
    past = begins[:, None] + np.arange(-fitted.memory, 0)
    future = windows.rows[begins][:, None] + np.arange(fitted.horizon)
    parts = (windows.values[past], windows.past[past], windows.future[future])
    return np.concatenate([each.reshape(len(begins), -1) for each in parts], axis=1).astype(np.float64)


def _answers(
    fitted: FittedForecast, windows: PanelWindows, origin: int, rows: Float[np.ndarray, "rows numbers"]
) -> Float[np.ndarray, "rows horizon"]:
    """Return the forecasts of rows, each as if it had been read at the origin."""
    made, begins = isolated(windows, np.full(len(rows), origin), fitted.memory)
    past = begins[:, None] + np.arange(-fitted.memory, 0)
    future = made.rows[begins][:, None] + np.arange(fitted.horizon)
    values, covariates, known = made.values.copy(), made.past.copy(), made.future.copy()
    ends = np.cumsum([fitted.memory, fitted.memory * covariates.shape[1]])
    own, beside, ahead = np.split(rows, ends, axis=1)
    values[past, 0] = own
    covariates[past] = beside.reshape(*past.shape, -1)
    known[future] = ahead.reshape(*future.shape, -1)
    return fitted.answers(replace(made, values=values, past=covariates, future=known), begins)


def _groups(fitted: FittedForecast, windows: PanelWindows) -> dict[str, list[int]]:
    """Return the numbers of each block of lags, of each covariate, and of the calendar."""
    memory, horizon, roles = fitted.memory, fitted.horizon, fitted.tail.roles
    count, known = windows.past.shape[1], windows.future.shape[1]

    def past(columns: list[int], first: int, last: int) -> list[int]:
        return [
            memory + place * count + column for place in range(memory - last, memory - first + 1) for column in columns
        ]

    def future(columns: list[int]) -> list[int]:
        return [memory * (1 + count) + step * known + column for step in range(horizon) for column in columns]

    flags = [count - 1] if fitted.flags else []  # which values were filled in belongs to them
    found: dict[str, list[int]] = {}
    spans = blocks(fitted.look_back, fitted.frequency.seasons)
    for first, last in [*spans, (fitted.look_back + 1, memory)]:
        if first > memory:
            continue
        key = "lag" if first == last else "lags" if last <= fitted.look_back else "earlier"
        name = note(f"forecasting.{key}", first=first, last=last).said()
        found[name] = [*range(memory - last, memory - first + 1), *past(flags, first, last)]
    for name, columns in columns_of_roles(roles, roles.past, 0):
        found[name] = past(columns, 1, memory)
    calendar = known - len(roles.known_columns)
    if calendar:
        found[note("forecasting.calendar").said()] = future([*range(calendar)])
    for name, columns in columns_of_roles(roles, roles.known, calendar):
        found[name] = [*found.get(name, []), *future(columns)]
    return found


def _cell(
    fitted: FittedForecast, windows: PanelWindows, number: int, row: Float[np.ndarray, "numbers"], group: list[int]
) -> str:
    """Return the mean of past values or of a covariate, in its unit; a dash for words and the calendar."""
    memory, count = fitted.memory, windows.past.shape[1]
    if group[0] < memory:
        scaled = row[[place for place in group if place < memory]]
        values = scaled * windows.deviations[number] + windows.means[number]
        return f"{(np.exp(values) if windows.logarithms[number] else values).mean():.4g}"
    scales, roles = fitted.scales, fitted.tail.roles
    known = windows.future.shape[1]
    place = group[0] - memory
    column = place % count if place < memory * count else (place - memory * count) % known
    column += 0 if place < memory * count else len(roles.past_columns) - (known - len(roles.known_columns))
    columns = {
        (each - memory) % count if place < memory * count else (each - memory * (1 + count)) % known for each in group
    }
    if len(columns) > 1 or column < 0:
        return "–"
    return f"{(row[group] * scales.covariate_deviations[column] + scales.covariate_means[column]).mean():.4g}"
