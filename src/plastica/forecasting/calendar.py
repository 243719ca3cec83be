"""Calendar features of time stamps, which are known for every step of the future."""

from __future__ import annotations

import numpy as np

from ..typing import Float, Int
from .frequency import DAY, HOUR, WEEK, Frequency
from .public_holidays import holiday_features

MOST_SLOTS = 48  # of a day: with more, the time of day is given by waves only
WAVES = 2  # sines and cosines for a year


def calendar_features(
    frequency: Frequency, positions: Int[np.ndarray, "time"], *, yearly: bool = True, country: str = ""
) -> Float[np.ndarray, "time features"]:
    """Return the calendar of each step as numbers from -1 to 1; no columns for an axis without dates.

    The time of day and the day of the week have an indicator for each value, since a day has no smooth shape; the day
    of the year has sines and cosines. Time stamps are taken as they are written, so that a day begins at midnight of
    the place where the series was recorded.

    Args:
        frequency: The steps of the time axis.
        positions: The steps.
        yearly: Whether to give the time of the year. A network that saw each of its days once takes the weather of that
            year for the season, so that it is left out where the training span has fewer than two years.
        country: The country whose public holidays are features, as :func:`~.public_holidays.holiday_features` gives
            them; none if empty, or where a step is longer than a day.

    Example:
        >>> calendar_features(Frequency(3600.0), np.array([7]))[0, :24].argmax()
        np.int64(7)
    """
    if not frequency.is_calendar:
        return np.zeros((len(positions), 0))
    stamps = frequency.stamps(positions)
    moments = stamps.astype(np.int64).astype("datetime64[s]")
    days = moments.astype("datetime64[D]")
    made: list[np.ndarray] = []
    if frequency.unit == "second" and frequency.step < DAY:
        made += time_of_day(frequency, stamps)
    if frequency.unit == "second" and frequency.step < WEEK:
        made.append(np.eye(7)[(days.astype(np.int64) + 3) % 7])  # 1 January 1970 was a Thursday
    if country and frequency.unit == "second" and frequency.step <= DAY:
        made.append(holiday_features(country, days))
    if frequency.unit == "month" and frequency.step < 12:
        made.append(np.eye(12)[days.astype("datetime64[M]").astype(np.int64) % 12])
    elif yearly and frequency.unit == "second" and frequency.step >= HOUR / 4:
        years = days.astype("datetime64[Y]").astype("datetime64[D]")
        made += waves((days - years).astype(np.int64) / 366.0, WAVES)
    return (
        np.concatenate([each.reshape(len(positions), -1) for each in made], axis=1)
        if made
        else np.zeros((len(positions), 0))
    )


def time_of_day(frequency: Frequency, stamps: Float[np.ndarray, "time"]) -> list[np.ndarray]:
    """Return an indicator for each time of day at which steps are; with many of them, for each hour, and waves."""
    slots = round(DAY / frequency.step)
    of_day = (stamps % DAY) / DAY
    if slots > MOST_SLOTS or abs(slots * frequency.step - DAY) > 1:
        return [np.eye(24)[(of_day * 24).astype(int)], *waves(of_day, WAVES)]
    return [np.eye(slots)[np.rint(of_day * slots).astype(int) % slots]]


def waves(phase: Float[np.ndarray, "time"], count: int) -> list[np.ndarray]:
    """Return sines and cosines of a phase from 0 to 1 and of its multiples up to a count."""
    angles = [2 * np.pi * order * phase for order in range(1, count + 1)]
    return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
