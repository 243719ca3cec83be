"""The calendar of steps as operations on whole numbers of 32 bits, for programs of forecasters.

:func:`~plastica.forecasting.calendar.calendar_features` is the definition.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InvalidValue
from ..forecasting.calendar import MOST_SLOTS, WAVES
from ..forecasting.frequency import DAY, HOUR, WEEK, Frequency
from .wording import SAY

SECONDS = int(DAY)


class StepCalendar(NamedTuple):
    """What calendar features are made of.

    Attributes:
        frequency: The steps of the time axis.
        yearly: Whether the time of the year is a feature.
        holidays: The public holidays in days since 1970; None if they are no feature.
    """

    frequency: Frequency
    yearly: bool
    holidays: np.ndarray | None

    def features(self, steps: jax.Array) -> jax.Array | None:
        """Return the features of each step, ``(rows, horizon, features)``; None without any.

        Args:
            steps: The numbers of the steps, ``(rows, horizon)``, ``int32``.

        Raises:
            InvalidValue: If days cannot be told from the numbers of steps in 32 bits.
        """
        frequency = self.frequency
        if not frequency.is_calendar:
            return None
        slots = len(frequency.slots)
        raw = steps // slots * frequency.cycle + jnp.array(frequency.slots, jnp.int32)[steps % slots]
        if frequency.unit == "month":
            months = raw * int(frequency.step) + int(frequency.phase)
            return _one_of(months, 12) if frequency.step < 12 else None
        days, seconds = _days(frequency, raw)
        made: list[jax.Array] = []
        if frequency.step < DAY:
            made += _time_of_day(frequency, seconds)
        if frequency.step < WEEK:
            made.append(_one_of(days + 3, 7))
        if self.holidays is not None and frequency.step <= DAY:
            made += [_any_of(days + shift, self.holidays) for shift in (0, 1, -1)]
        if self.yearly and frequency.step >= HOUR / 4:
            made += _waves(_day_of_year(days).astype(jnp.float32) / 366)
        return jnp.concatenate(made, axis=-1) if made else None


def _days(frequency: Frequency, raw: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the day since 1970 of each slot, and its second."""
    step, phase = int(frequency.step), int(frequency.phase)
    divides = SECONDS % step == 0 or step % SECONDS == 0
    if not divides or (step, phase) != (frequency.step, frequency.phase):
        raise InvalidValue(SAY("forecast_steps", step=f"{frequency.step:g}"))
    if step >= SECONDS:
        return raw * (step // SECONDS) + phase // SECONDS, jnp.full_like(raw, phase % SECONDS)
    before, rest = divmod(phase, step)
    slot, in_a_day = raw + before, SECONDS // step
    return slot // in_a_day, slot % in_a_day * step + rest


def _time_of_day(frequency: Frequency, seconds: jax.Array) -> list[jax.Array]:
    slots = round(DAY / frequency.step)
    if slots > MOST_SLOTS:
        return [_one_of(seconds // int(HOUR), 24), *_waves(seconds.astype(jnp.float32) / SECONDS)]
    step = SECONDS // slots
    return [_one_of((seconds + step // 2) // step, slots)]


def _day_of_year(days: jax.Array) -> jax.Array:
    """Return the number of each day in its year, from 0.

    Reference:
        E. M. Reingold, N. Dershowitz (2018), Calendrical calculations, section 2.2; years begin in March here, so that
        a leap day is the last one.
    """
    since = days + 719_468  # from 1 March of the year 0
    of_era = since % 146_097  # days of 400 years
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    is_leap = ((year % 4 == 0) & ((year % 100 != 0) | (year == 0))).astype(jnp.int32)
    return jnp.where(of_year >= 306, of_year - 306, of_year + 59 + is_leap)


def _one_of(numbers: jax.Array, count: int) -> jax.Array:
    return (numbers[..., None] % count == jnp.arange(count, dtype=jnp.int32)).astype(jnp.float32)


def _any_of(days: jax.Array, known: np.ndarray) -> jax.Array:
    return (days[..., None] == jnp.array(known, jnp.int32)).any(-1, keepdims=True).astype(jnp.float32)


def _waves(phase: jax.Array) -> list[jax.Array]:
    angles = [2 * np.pi * order * phase[..., None] for order in range(1, WAVES + 1)]
    return [wave(angle) for angle in angles for wave in (jnp.sin, jnp.cos)]
