"""Rows of a table to series on a regular grid, and newer ones behind those of training: for exported forecasters.

Files contain the source of this module from ``SeriesValues`` on, behind the functions for cells of :mod:`.raw_columns`,
the time axis ``FREQUENCY``, and the description ``FORECAST`` of :mod:`.forecasts`.
"""

from __future__ import annotations

import datetime
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..forecasting.frequency import Frequency
from ..forecasting.grid import impossible
from .raw_columns import ColumnSpec, RawCell, RawColumns, as_text, read_date, read_numbers, wrong

FORECAST: dict[str, Any] = {}
FREQUENCY = Frequency(1.0)
# The position of the first step of each series on the time axis, and its values, NaN for holes, (steps, columns).
SeriesValues = Mapping[str, tuple[int, np.ndarray]]


def read_series(columns: RawColumns) -> dict[str, tuple[int, np.ndarray]]:
    """Return the series of a table: rows are sorted, those with one time stamp averaged, missing steps left empty.

    Args:
        columns: Cells by column: text as in a CSV file, numbers, dates, or None.

    Raises:
        ValueError: If a column is missing, or a cell or a series is not like those of training.
    """
    stamps, values = read_stamps(columns), read_values(columns)
    group = FORECAST["group"]
    cells = cells_of(columns, group) if group else [""] * len(stamps)
    names = np.array(["" if cell is None else str(cell) for cell in cells], object)
    for name in dict.fromkeys(names.tolist()):
        if name not in FORECAST["names"]:
            raise ValueError(f"the series {name!r} was not in training.")
    gone = np.isnan(stamps)
    kept = ~gone & FREQUENCY.is_open(np.where(gone, 0.0, stamps))
    found: dict[str, tuple[int, np.ndarray]] = {}
    steps = 0
    for name in FORECAST["names"]:
        own = kept & (names == name)
        if own.any():
            positions = FREQUENCY.positions(stamps[own])
            steps += len(np.unique(positions))
            found[name] = on_grid(positions, values[own])
    if kept.sum() - steps > FORECAST["most_repeated"] * kept.sum():
        raise ValueError(f"most rows repeat a time stamp{f' within a value of {group!r}' if group else ''}.")
    return found


def cells_of(columns: RawColumns, name: str) -> Sequence[RawCell]:
    """Return the cells of a column."""
    if name not in columns:
        raise ValueError(f"the column {name!r} is missing; there are {', '.join(map(repr, columns))}.")
    return columns[name]


def read_stamps(columns: RawColumns) -> np.ndarray:
    """Return the time of each row in seconds since 1970 in UTC, or as a number; NaN where it is missing."""
    parts: dict[str, np.ndarray] = {}
    for spec in FORECAST["clock"]:
        cells = cells_of(columns, spec["name"])
        if spec["part"] in ("date", "time"):
            found: list[float | None] = [seconds_of(row, cell, spec) for row, cell in enumerate(cells)]
        else:
            found = months_of(cells, spec) or read_numbers(cells, spec)
        parts[spec["part"]] = np.array([math.nan if each is None else each for each in found])
    if "number" in parts:
        return parts["number"]
    if "epoch" in parts:
        return since_1970(parts["epoch"])
    if "months" in parts:
        months = np.rint(12 * (parts["months"] - 1970)) + 1
        return first_seconds({"year": np.full(len(months), 1970), "month": months})
    stamps = parts["date"] if "date" in parts else first_seconds(parts)
    for part, length in (("hour", 3600), ("minute", 60), ("time", 1)):
        stamps = stamps + parts.get(part, 0.0) * length
    return stamps


def since_1970(numbers: np.ndarray) -> np.ndarray:
    """Return seconds from seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size."""
    largest = np.nanmax(numbers, initial=0.0)
    return numbers / next((unit for unit in (1.0, 1e3, 1e6, 1e9) if largest <= 2_208_988_800 * unit), 1e9)


def seconds_of(row: int, cell: RawCell, spec: ColumnSpec) -> float | None:
    """Return a date or a time in seconds since 1970; None if it is missing."""
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[s]").item()
    moment = read_date(cell, spec)
    if moment is None and as_text(cell, spec) is not None:
        raise wrong(row, spec, cell, "a date or a time like those of training")
    return None if moment is None else (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)


def months_of(cells: Sequence[RawCell], spec: ColumnSpec) -> list[float | None]:
    """Return the numbers of months whose names are given; none if they are not names."""
    texts = [as_text(cell, spec) for cell in cells]
    found = [None if text is None else spec["months"].get(text.lower().removesuffix(".")) for text in texts]
    return [] if any(number is None and text for number, text in zip(found, texts, strict=True)) else found


def first_seconds(parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the begin of each day from columns of years, months and days."""
    months = (parts["year"] - 1970) * 12 + parts.get("month", 1.0) - 1
    days = parts.get("day", np.ones(len(months)))
    gone = np.isnan(months + days)
    begin = np.where(gone, 0, months).astype(np.int64).astype("datetime64[M]").astype("datetime64[s]")
    return np.where(gone, np.nan, begin.astype(np.float64) + (days - 1) * 86_400)


def read_values(columns: RawColumns) -> np.ndarray:
    """Return targets, past covariates and known ones, NaN where missing or impossible, ``(rows, columns)``."""
    found: list[np.ndarray] = []
    for name, spec in FORECAST["columns"].items():
        cells = cells_of(columns, name)
        if "words" in spec:
            texts = [as_text(cell, spec) for cell in cells]
            gone = [text is None for text in texts]
            found += [np.where(gone, np.nan, [float(text == word) for text in texts]) for word in spec["words"]]
            continue
        own = np.array([math.nan if each is None else each for each in amounts_of(cells, spec)])
        found.append(np.where(impossible(own), np.nan, own))
    return np.stack(found, axis=1)


def amounts_of(cells: Sequence[RawCell], spec: ColumnSpec) -> list[float | None]:
    """Return numbers, or 1 and 0 for yes and no; None where missing."""
    texts = [as_text(cell, spec) for cell in cells if isinstance(cell, str | bool | np.bool_)]
    words = {text.lower() for text in texts if text is not None}
    pair = next((pair for pair in FORECAST["booleans"] if words and words <= set(pair)), None)
    if pair is not None:
        folded = [as_text(cell, spec) for cell in cells]
        return [None if text is None else float(text.lower() == pair[1]) for text in folded]
    marked = [text for text in texts if text is not None and "," in text]
    if not marked:
        return read_numbers(cells, spec)
    if all(re.search(str(spec["comma"]["either"]), text) for text in marked):
        raise ValueError(f"column {spec['name']!r}: {marked[0]!r} may be two numbers; write a decimal point.")
    return read_numbers(cells, spec["comma"])


def on_grid(positions: np.ndarray, values: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the first step of a series and its values, the mean of those of one step, NaN where there are none."""
    start, size = int(positions.min()), int(np.ptp(positions)) + 1
    if size > FORECAST["most_sparse"] * len(positions):
        raise ValueError(f"{len(positions)} rows of a series leave {size} steps nearly empty: a time stamp is wrong.")
    made = np.full((size, values.shape[1]), np.nan)
    for place, column in enumerate(values.T):
        there = ~np.isnan(column)
        counts = np.bincount(positions[there] - start, minlength=size)
        sums = np.bincount(positions[there] - start, column[there], minlength=size)
        np.divide(sums, counts, out=made[:, place], where=counts > 0)
    return start, made


def joined(known: SeriesValues, newer: SeriesValues) -> dict[str, tuple[int, np.ndarray]]:
    """Return series followed by newer steps; where both have a value, the newer one counts."""
    made = dict(known)
    for name, (begin, own) in newer.items():
        start, values = known[name]
        end, last = start + len(values), begin + len(own)
        of = f" of {name!r}" if name else ""
        if last < end:
            raise ValueError(
                f"the new rows{of} end at {FREQUENCY.shown(last - 1)}, before the known ones, which end at "
                f"{FREQUENCY.shown(end - 1)}; give rows that go on from there."
            )
        if begin - end > FORECAST["look_back"]:
            warnings.warn(f"{begin - end} steps{of} are missing after {FREQUENCY.shown(end - 1)}.", stacklevel=2)
        first = min(start, begin)
        whole = np.full((last - first, values.shape[1]), np.nan)
        whole[start - first : end - first] = values
        whole[begin - first :] = np.where(np.isnan(own), whole[begin - first :], own)
        made[name] = first, whole
    return made
