"""A panel that goes on: newer rows behind those of training, and steps to forecast behind the last known value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from ..data.inputs import as_table
from ..data.table import show
from ..errors import DataError, caution
from ..notes import Note, first_few, note
from ..typing import Float, Int
from .panel import Panel, panel_of

MOST_HOLES = 0.5  # of the values that a forecast reads

SeriesBlocks = list[tuple[int, Float[np.ndarray, "time columns"]]]  # the first position and the values of each series


def read_alike(source: object, known: Panel) -> Panel:
    """Return the series of a table with the columns and the time axis of a panel; DataError if one is missing."""
    table = as_table(source)
    roles = known.roles
    return panel_of(table, roles._replace(stamps=roles.clock.read(table), notes=()), known.frequency)


def read_more(source: object, known: Panel) -> Panel:
    """Return the series of a newer table, with the columns and the time axis of a panel.

    Raises:
        DataError: If a column or a value is missing, or there is a series that the panel does not have.
    """
    table = as_table(source)
    panel = read_alike(table, known)
    if strange := [name for name in panel.names if name not in known.names]:
        told = {"source": table.source, "series": show(strange[0])}
        if known.names == ("",):
            raise DataError(note("forecasting.strange_series", **told))
        some = first_few([show(name) for name in known.names[:4]], 3)
        raise DataError(note("forecasting.newer_other_series", **told, count=len(known), some=some))
    return panel


def before(panel: Panel, position: int) -> Panel:
    """Return the steps of a panel before a position; series without any are left out."""
    return _steps(panel, panel.positions < position)


def only(panel: Panel, names: Collection[str]) -> Panel:
    """Return the series with these names."""
    return _steps(panel, np.isin(panel.series, [number for number, name in enumerate(panel.names) if name in names]))


def with_values(panel: Panel) -> Panel:
    """Return the panel without series of which a target has no value, with a note.

    Raises:
        DataError: If no series is left.
    """
    count = len(panel.roles.targets)
    full = [np.isfinite(panel.values[span, :count]).any(0).all() for _, span in panel.spans()]
    if all(full):
        return panel
    empty = [name for name, there in zip(panel.names, full, strict=True) if not there]
    if not any(full):
        raise DataError(note("forecast_errors.no_values", targets=list(map(show, panel.roles.targets))))
    told = note("forecasting.empty_series", count=len(empty), name=show(empty[0]))
    made = only(panel, set(panel.names) - set(empty))
    return replace(made, notes=(*panel.notes, told))


def _steps(panel: Panel, kept: np.ndarray) -> Panel:
    counts = np.bincount(panel.series[kept], minlength=len(panel))
    there = np.flatnonzero(counts)
    positions = panel.positions[kept]
    bounds = np.cumsum([0, *counts[there]])
    return replace(
        panel,
        names=tuple(panel.names[number] for number in there),
        starts=positions[bounds[:-1]],
        bounds=bounds,
        values=panel.values[kept],
    )


def joined(known: Panel, newer: Panel) -> Panel:
    """Return a panel followed by newer steps; where both have a value, the newer one counts.

    Raises:
        DataError: If the newer steps end before the known ones.
    """
    blocks: SeriesBlocks = []
    for number, span in known.spans():
        start, values = int(known.starts[number]), known.values[span]
        name = known.names[number]
        if name in newer.names:
            other = newer.names.index(name)
            own = newer.values[newer.bounds[other] : newer.bounds[other + 1]]
            begin = int(newer.starts[other])
            if begin + len(own) < start + len(values):
                ends = (known.frequency.shown(each - 1) for each in (begin + len(own), start + len(values)))
                raise DataError(
                    _of_series("forecasting.ends_before", name, dict(zip(("end", "known"), ends, strict=True)))
                )
            first = min(start, begin)
            made = np.full((begin + len(own) - first, values.shape[1]), np.nan)
            made[start - first : start - first + len(values)] = values
            part = made[begin - first :]
            made[begin - first :] = np.where(np.isnan(own), part, own)
            start, values = first, made
        blocks.append((start, values))
    return _from_blocks(known, blocks)


def say_gap(known: Panel, newer: Panel, steps: int) -> None:
    """Warn if more steps than given are missing between a panel and a newer one."""
    for number, name in enumerate(known.names):
        if name not in newer.names:
            continue
        end = int(known.starts[number] + known.bounds[number + 1] - known.bounds[number])
        if (gap := int(newer.starts[newer.names.index(name)]) - end) > steps:
            told = {"gap": gap, "known": known.frequency.shown(end - 1)}
            of = note("forecast_errors.of_series", name=show(name)) if name else ""
            caution(note("forecast_errors.gap", **told, of=of))
            return


def with_horizon(panel: Panel, look_back: int, horizon: int) -> tuple[Panel, dict[str, Note]]:
    """Return the panel with each series cut or extended to end ``horizon`` steps after its last known target.

    Returns:
        The panel, in which each series has at least ``look_back`` steps before the horizon, and the names of series
        that cannot be forecast, with the reason: too little is known of their past, or of a known covariate.
    """
    roles, count = panel.roles, len(panel.roles.targets)
    since = count + len(roles.past_columns)
    blocks: SeriesBlocks = []
    problems: dict[str, Note] = {}
    for number, span in panel.spans():
        values, start, name = panel.values[span], int(panel.starts[number]), panel.names[number]
        present = np.asarray(np.isfinite(values[:, :count]).any(1))
        end = len(values) - int(present[::-1].argmax()) if present.any() else 0
        short = max(0, look_back - end)
        made = np.full((short + end + horizon, values.shape[1]), np.nan)
        made[short : short + end] = values[:end]
        after = values[end : end + horizon, since:]
        made[short + end : short + end + len(after), since:] = after
        reason = _unknown_past(panel, name, start, present[:end], look_back)
        reason = reason or _unknown_future(panel, name, start + end, made[short + end :, since:])
        if reason is not None:
            problems[name] = reason
        blocks.append((start - short, made))
    return _from_blocks(panel, blocks), problems


def _unknown_past(panel: Panel, name: str, start: int, present: np.ndarray, look_back: int) -> Note | None:
    """Return why too little is known of a series before its forecast; None if enough is."""
    end = len(present)
    if end < look_back:
        return _of_series("forecasting.short_past", name, {"steps": end, "wanted": look_back})
    holes = float(1 - present[-look_back:].mean())
    if holes <= MOST_HOLES:
        return None
    told = {"share": f"{100 * holes:.0f}", "steps": look_back, "at": panel.frequency.shown(start + end)}
    return _of_series("forecasting.too_many_holes", name, told)


def _unknown_future(panel: Panel, name: str, end: int, known: np.ndarray) -> Note | None:
    """Return which known covariate is missing in the horizon; None if none is."""
    if not np.isnan(known).any():
        return None
    step, column = (int(each) for each in np.argwhere(np.isnan(known))[0])
    covariate, at = show(panel.roles.known_columns[column]), panel.frequency.shown(end - 1)
    told = {"covariate": covariate, "steps": step, "wanted": len(known), "at": at}
    return _of_series("forecasting.unknown_future", name, told)


def tail_of(panel: Panel, steps: int) -> Panel:
    """Return the last steps of each series."""
    blocks = [
        (int(panel.starts[number]) + max(0, len(values) - steps), values[-steps:])
        for number, values in ((number, panel.values[span]) for number, span in panel.spans())
    ]
    return _from_blocks(panel, blocks)


def boundary(panel: Panel, share: float, until: float = np.inf) -> int:
    """Return the position that leaves the given share of a panel's span of time, or a number of steps, behind it."""
    positions = panel.positions
    first, last = int(positions.min()), int(min(positions.max() + 1, until))
    steps = round(share * (last - first)) if share < 1 else int(share)
    return last - steps


def _from_blocks(panel: Panel, blocks: SeriesBlocks) -> Panel:
    starts: Int[np.ndarray, "series"] = np.array([start for start, _ in blocks])
    bounds = np.cumsum([0, *(len(values) for _, values in blocks)])
    return replace(panel, starts=starts, bounds=bounds, values=np.concatenate([values for _, values in blocks]))


def _of_series(key: str, name: str, told: Mapping[str, str | int]) -> Note:
    """Return a note with the name of a series, if it has one."""
    return note(key, **told, name=note("forecasting.named_series", name=show(name)) if name else "")
