"""A panel: one or many series on one regular grid of steps, read from a table and repaired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.inputs import as_table
from ..data.table import Table, show
from ..errors import DataError
from ..notes import Note, note
from ..typing import Float, Int
from .frequency import Frequency, find_frequency
from .grid import Gridded, impossible, longest_run, on_grid
from .roles import Roles, find_roles, read_values

MOST_REPEATED = 0.5  # of the rows may repeat a time stamp of their series; with more, several series are mixed
MOST_SPARSE = 50  # steps for each row


@dataclass(frozen=True, eq=False)
class Panel:
    """Series on a regular grid, one after another.

    Args:
        frequency: The steps of the time axis.
        names: The name of each series; empty text for a single one.
        starts: The position of the first step of each series, ``(series,)``.
        bounds: The place of the first step of each series in ``values``, and their number, ``(series + 1,)``.
        values: Targets, past covariates and known covariates of all series, NaN for holes, ``(steps, columns)``.
        roles: The columns of the table.
        notes: What was inferred and repaired.
    """

    frequency: Frequency
    names: tuple[str, ...]
    starts: Int[np.ndarray, "series"]
    bounds: Int[np.ndarray, "bounds"]
    values: Float[np.ndarray, "steps columns"]
    roles: Roles
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.names)

    @property
    def steps(self) -> int:
        """The number of steps of all series."""
        return len(self.values)

    @property
    def targets(self) -> Float[np.ndarray, "steps targets"]:
        """The values to forecast."""
        return self.values[:, : len(self.roles.targets)]

    @property
    def series(self) -> Int[np.ndarray, "steps"]:
        """The number of the series of each step."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    @property
    def positions(self) -> Int[np.ndarray, "steps"]:
        """The position of each step on the time axis."""
        return np.arange(self.steps) - self.bounds[:-1][self.series] + self.starts[self.series]

    def spans(self) -> Iterator[tuple[int, slice]]:
        """Yield the number of each series and its place in ``values``."""
        for number, (begin, end) in enumerate(zip(self.bounds, self.bounds[1:], strict=False)):
            yield number, slice(int(begin), int(end))


def read_panel(
    source: object,
    *,
    time: str | None = None,
    target: str | Sequence[str] = (),
    group: str | None = None,
    past: Sequence[str] = (),
    known: Sequence[str] = (),
    country: str = "",
) -> Panel:
    """Read series from a table, find their frequency, and put them on a regular grid.

    Rows are sorted, rows with one time stamp averaged, missing steps left empty, and impossible values (a temperature
    of 0 K) taken as missing; each is a note of the panel.

    Args:
        source: Anything that :func:`~plastica.data.reading.read_table` accepts, or a table.
        time: The column of time stamps. Default: the column of dates, or columns of year, month, day and hour.
        target: The column to forecast, or several. Default: the only column of numbers.
        group: The column that distinguishes several series in one table. Default: inferred.
        past: Columns of covariates whose values are known until now only.
        known: Columns of covariates whose future values are known, such as a weather forecast.
        country: The country whose public holidays are known; none if empty.

    Raises:
        DataError: If the columns cannot be inferred, or the table has no regular series.

    Example:
        >>> table = {"day": ["2026-01-01", "2026-01-02", "2026-01-04", "2026-01-03"], "sales": [3, 5, 2, 4]}
        >>> panel = read_panel(table)
        >>> panel.values[:, 0].tolist(), str(panel.notes[0])
        ([3.0, 5.0, 4.0, 2.0], '1 row is not in the order of time; rows were sorted.')
    """
    table = as_table(source)
    target = (target,) if isinstance(target, str) else tuple(target)
    roles = find_roles(table, time, target, group, past, known, country)
    return panel_of(table, roles)


def panel_of(table: Table, roles: Roles, frequency: Frequency | None = None) -> Panel:
    """Return the series of a table whose columns are known.

    Args:
        table: The rows.
        roles: The columns.
        frequency: The frequency, for rows that continue a panel. Default: inferred.

    Raises:
        DataError: If rows have no time stamp, or stamps repeat in one series.
    """
    values = read_values(table, roles)
    notes: list[Note] = [*table.notes, *roles.notes]
    stamps = roles.stamps
    gone = np.isnan(stamps)
    if gone.any():
        notes.append(note("forecasting.no_stamp", count=int(gone.sum())))
    names, keys = _keys(table, roles.group)
    if frequency is None:
        longest = np.bincount(keys[~gone]).argmax()
        frequency = find_frequency(stamps[~gone & (keys == longest)], roles.clock.is_calendar)
    kept = ~gone & frequency.is_open(np.where(gone, 0.0, stamps))
    if closed := int((~gone).sum() - kept.sum()):
        notes.append(note("forecasting.closed", count=closed))
    for place, name in enumerate(roles.value_columns):
        if place >= len(roles.targets) and any(name in roles.indicators(each) for each, _ in roles.categories):
            continue
        wrong = impossible(values[:, place])
        if wrong.any():
            worst = values[wrong, place][0]
            notes.append(note("forecasting.impossible", count=int(wrong.sum()), column=show(name), value=f"{worst:g}"))
            values[wrong, place] = np.nan
    for key, name in enumerate(names):
        if (own := kept & (keys == key)).any():
            _check_sparse(table, stamps[own], frequency, name)
    made = [on_grid(stamps[own], values[own], frequency) for own in (kept & (keys == key) for key in range(len(names)))]
    _check_repeated(table, made, int(kept.sum()), roles)
    notes += _repairs(made, names, frequency)
    bounds = np.cumsum([0, *(len(each.values) for each in made)])
    starts = np.array([each.start for each in made])
    return Panel(frequency, names, starts, bounds, np.concatenate([each.values for each in made]), roles, tuple(notes))


def _keys(table: Table, group: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the series, and the number of the series of each row."""
    if not group:
        return ("",), np.zeros(table.height, np.int64)
    import polars as pl

    texts = table.column(group).cast(pl.String).fill_null("")
    names = texts.unique().sort()
    return tuple(names.to_list()), names.search_sorted(texts).to_numpy().astype(np.int64)


def _check_repeated(table: Table, made: Sequence[Gridded], rows: int, roles: Roles) -> None:
    repeated = sum(each.repeated for each in made)
    if repeated > MOST_REPEATED * rows:
        told = {"source": table.source, "repeated": repeated, "rows": rows}
        if roles.group:
            raise DataError(note("forecast_errors.mixed_in_group", **told, group=show(roles.group)))
        raise DataError(note("forecast_errors.mixed", **told))


def _share(part: float) -> str:
    """Return a share in per cent with two digits."""
    return f"{100 * part:.0f}" if part >= 0.1 else f"{100 * part:.2g}"


def _check_sparse(table: Table, stamps: Float[np.ndarray, "rows"], frequency: Frequency, name: str) -> None:
    """Check that the steps of a series are not nearly all empty, as with one time stamp that is wrong by a century.

    Raises:
        DataError: If they are.
    """
    positions = np.sort(frequency.positions(stamps))
    if np.ptp(positions) < MOST_SPARSE * len(positions):
        return
    place = int(np.diff(positions).argmax())
    shown = [frequency.shown(int(positions[each])) for each in (place, place + 1)]
    told = {"rows": len(positions), "empty": int(np.ptp(positions)) + 1 - len(positions)}
    of = note("forecast_errors.of_series", name=show(name)) if name else ""
    ends = {"first": shown[0], "last": shown[1]}
    raise DataError(note("forecast_errors.sparse", source=table.source, of=of, **told, **ends))


def _repairs(made: Sequence[Gridded], names: Sequence[str], frequency: Frequency) -> Iterator[Note]:
    """Yield notes on what was repaired, all series together."""
    if count := sum(each.unsorted for each in made):
        yield note("forecasting.unsorted", count=count)
    if count := sum(each.daylight_saving for each in made):
        yield note("forecasting.daylight_saving", count=count)
    if count := sum(each.repeated for each in made):
        yield note("forecasting.repeated", count=count, conflicting=sum(each.conflicting for each in made))
    if count := sum(each.holes for each in made):
        steps = sum(len(each.values) for each in made)
        number = int(np.argmax([each.longest[1] for each in made]))
        first, length = longest_run(np.isnan(made[number].values[:, 0]))
        yield note(
            "forecasting.holes",
            count=count,
            share=_share(count / steps),
            longest=length,
            since=frequency.shown(made[number].start + first),
        )
    if frequency.cycle > len(frequency.slots):
        yield note("forecasting.open_slots", open=len(frequency.slots), cycle=frequency.cycle)
