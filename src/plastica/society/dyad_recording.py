"""DyadRecording: what two did at the same times, in one trial or several."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue, ShapeError
from ..typing import Float
from .synchrony import LEAST


class DyadRecording(NamedTuple):
    """What two did at the same times, in one trial or several.

    Attributes:
        first, second: A signal of each, ``(trials, times)``.
        first_states, second_states: What else was recorded of each: units or channels, ``(trials, times, units)``;
            None if there is nothing.
        rate: Samples per unit of time.
        names: Who they are.
    """

    first: Float[np.ndarray, "trials times"]
    second: Float[np.ndarray, "trials times"]
    first_states: Float[np.ndarray, "trials times units"] | None = None
    second_states: Float[np.ndarray, "trials times units"] | None = None
    rate: float = 1.0
    names: tuple[str, str] = ("first", "second")


def check_recording(recording: DyadRecording) -> None:
    """Check a recording.

    Raises:
        ShapeError: If signals or states do not have the same trials and times, or there are too few times.
        InvalidValue: If a signal is not finite, or the rate is not above 0.
    """
    first, second = recording.first, recording.second
    if first.ndim != 2 or first.shape != second.shape or first.shape[1] < LEAST:
        raise ShapeError(
            f"dyad_synchrony: the signals have the shapes {first.shape} and {second.shape}; give two of shape "
            f"(trials, times) with the same trials and times, at least {LEAST} times."
        )
    for states in (recording.first_states, recording.second_states):
        if states is not None and (states.ndim != 3 or states.shape[:2] != first.shape):
            raise ShapeError(
                f"dyad_synchrony: states have the shape {states.shape} for signals of shape {first.shape}; give "
                "(trials, times, units)."
            )
    if not recording.rate > 0:
        raise InvalidValue(f"dyad_synchrony: the rate is {recording.rate}; give samples per unit of time, above 0.")
    for each, name in zip((first, second), recording.names, strict=True):
        if not np.isfinite(each).all():
            raise InvalidValue(
                f"dyad_synchrony: the signal of {name} has values that are not finite; fill them or leave them out."
            )


def moving_trials(recording: DyadRecording) -> DyadRecording:
    """Return the trials in which both move.

    Raises:
        InvalidValue: If there are none.
    """
    moves = [np.ptp(each, axis=1) > 0 for each in (recording.first, recording.second)]
    for each, name in zip(moves, recording.names, strict=True):
        if not (moves[0] & moves[1]).any() and not each.all():
            raise InvalidValue(
                f"dyad_synchrony: the signal of {name} is constant where the other moves, so that there is nothing to "
                "be in step with; record longer, or choose another signal."
            )
    kept = moves[0] & moves[1]
    parts = [None if each is None else each[kept] for each in recording[:4]]
    return recording._replace(
        first=recording.first[kept], second=recording.second[kept], first_states=parts[2], second_states=parts[3]
    )
