"""Recordings of two from tables: a column, or several channels, of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from .dyad_recording import DyadRecording

if TYPE_CHECKING:
    from ..data.table import Table


def read_dyad(
    source: object,
    first: str | Sequence[str] | None = None,
    second: str | Sequence[str] | None = None,
    *,
    trial: str | None = None,
    rate: float = 1.0,
    separator: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> DyadRecording:
    """Return a recording of two from a table with a row for each time.

    Args:
        source: The table; as for :func:`plastica.data.read_table`.
        first, second: The columns of each: one, or several channels (separated by commas, or a list), whose mean is the
            signal and which are compared by canonical correlation. Default: the first two columns of numbers.
        trial: The column that numbers trials, which all need as many rows. Default: one trial.
        rate: Rows per unit of time.
        separator, encoding, sheet: As for :func:`plastica.data.read_table`.

    Raises:
        FileError: If the file cannot be read.
        DataError: If a column is missing or has cells that are no numbers, or trials differ in length.

    Example:
        >>> table = {"anna": np.sin(np.arange(20.0)), "ben": np.cos(np.arange(20.0))}
        >>> read_dyad(table).names, read_dyad(table).first.shape
        (('anna', 'ben'), (1, 20))
    """
    from ..data.reading import read_table

    table = read_table(source, separator=separator, encoding=encoding, sheet=sheet)
    parts = _trials(table, trial)
    chosen = [_names(each, table) for each in (first, second)]
    if not all(chosen):
        taken = {trial, *(name for names in chosen for name in names)}
        free = [name for name in table.names if name not in taken and _numbers(table, name) is not None]
        wanted = sum(not names for names in chosen)
        if len(free) < wanted:
            raise DataError(
                f"{table.source}: expected two columns of numbers, one of each; there are {len(free)}. Name them with "
                "first= and second=."
            )
        chosen = [names or [free.pop(0)] for names in chosen]
    # Channels of each, by trial and time.
    states = [np.stack([_column(table, name) for name in names], 1)[parts] for names in chosen]
    signals = [each[..., 0] if each.shape[-1] == 1 else _mean(each) for each in states]
    several = any(each.shape[-1] > 1 for each in states)
    names = (", ".join(chosen[0]), ", ".join(chosen[1]))
    return DyadRecording(signals[0], signals[1], *(states if several else (None, None)), rate=rate, names=names)


def _names(given: str | Sequence[str] | None, table: Table) -> list[str]:
    """Return names of columns; text with commas is several names, unless there is such a column."""
    if isinstance(given, str):
        return [given] if given in table.names else [name.strip() for name in given.split(",") if name.strip()]
    return list(given or ())


def _mean(states: np.ndarray) -> np.ndarray:
    """Return the mean of channels, each in units of its own deviation."""
    apart = states - states.mean((0, 1))
    return (apart / np.maximum(states.std((0, 1)), 1e-12)).mean(-1)


def _numbers(table: Table, name: str) -> np.ndarray | None:
    """Return a column as numbers; None if a cell is none."""
    import polars

    column = table.column(name)
    text = column.str.strip_chars() if column.dtype == polars.String else column
    numbers = text.cast(polars.Float64, strict=False)
    return None if numbers.null_count() else numbers.to_numpy()


def _column(table: Table, name: str) -> np.ndarray:
    from ..data.table import show

    found = _numbers(table, name)
    if found is None:
        raise DataError(
            f"{table.source}: column {show(name)} has cells that are no numbers; fill or remove these rows."
        )
    return found


def _trials(table: Table, trial: str | None) -> np.ndarray:
    """Return the row numbers of each trial, ``(trials, times)``."""
    if trial is None:
        return np.arange(table.height)[None]
    _, numbers = np.unique(table.column(trial).to_numpy().astype(str), return_inverse=True)
    parts = [np.flatnonzero(numbers == each) for each in range(numbers.max() + 1)]
    lengths = sorted({len(each) for each in parts})
    if len(lengths) > 1:
        raise DataError(f"{table.source}: trials have {lengths[0]} to {lengths[-1]} rows; cut them to one length.")
    return np.stack(parts)
