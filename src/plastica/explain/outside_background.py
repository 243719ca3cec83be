"""Values outside of the background, where answers are a guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..notes import Note, note
from .named_places import default_names

MOST_NOTES = 5


def outside(rows: np.ndarray, background: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """Return sentences on numbers outside of the range of the background, and on values that do not occur in it."""
    if rows.ndim != 2 or rows.dtype.kind not in "fO":
        return ()
    known = names or default_names(rows.shape[1:])
    if rows.dtype.kind == "O":
        found = _of_mixed_columns(rows, background, known)
    elif background.dtype.kind == "f":
        found = _of_numbers(rows, background, known)
    else:
        return ()
    more = len(found) - MOST_NOTES
    told = found[:MOST_NOTES] + ([note("explain.outside_more", count=more)] if more > 0 else [])
    return tuple(each.said() for each in told)


def _of_numbers(rows: np.ndarray, background: np.ndarray, names: Sequence[str]) -> list[Note]:
    low, high = np.nanmin(background, 0), np.nanmax(background, 0)
    room = 1e-6 * (np.abs(low) + np.abs(high))
    far = np.argwhere((rows < low - room) | (rows > high + room))
    return [_beyond(row, names[place], rows[row, place], low[place], high[place]) for row, place in far.tolist()]


def _of_mixed_columns(rows: np.ndarray, background: np.ndarray, names: Sequence[str]) -> list[Note]:
    found: list[Note] = []
    for place, name in enumerate(names):
        own, seen = rows[:, place], background[:, place]
        numbers = all(isinstance(each, int | float | np.number) for each in (*own, *seen))
        known = seen[np.isfinite(seen.astype(np.float64))] if numbers else seen  # without missing ones
        texts = set[str]() if numbers else {each for each in seen.tolist() if isinstance(each, str)}
        for row, value in enumerate(own.tolist()):
            if numbers and len(known) and (value < known.min() or value > known.max()):
                found.append(_beyond(row, name, value, known.min(), known.max()))
            elif isinstance(value, str) and value not in texts:
                found.append(note("explain.outside_unseen", row=str(row), feature=name, value=repr(value)))
    return found


def _beyond(row: int, name: str, value: float, low: float, high: float) -> Note:
    ends = {"value": f"{value:.4g}", "low": f"{low:.4g}", "high": f"{high:.4g}"}
    return note("explain.outside_range", row=str(row), feature=name, **ends)
