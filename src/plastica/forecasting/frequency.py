"""The frequency of a series: the steps of its time axis, from seconds to years, with or without closed hours."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from ..errors import DataError
from ..notes import Note, note
from ..typing import Float, Int

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 7 * 86_400.0
USUAL = (1, 2, 5, 10, 15, 20, 30)  # steps of a clock, in seconds and in minutes
STEPS = (*map(float, USUAL), *(MINUTE * each for each in USUAL), *(HOUR * each for each in (1, 2, 3, 4, 6, 8, 12)))
STEPS += (DAY, WEEK)
MONTHS = (1, 2, 3, 4, 6)  # steps within a year
YEAR = 12  # months
NEAR = 0.15  # relative distance of the median step from one in STEPS, for stamps that are not exact
EXACT = 0.5  # share of the steps that are equal, from which this one is the step of the series
CLOSED = 0.05  # of the usual number of values: slots with fewer are closed
MOST_OPEN = 0.9  # of the slots: with more of them open, all count as open
CYCLES_NEEDED = 5  # days or weeks to tell closed slots from missing values

Unit = Literal["second", "month", "number"]


class Frequency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps of a time axis: a whole number for each time stamp, and back.

    Months have no fixed length, so that monthly, quarterly and yearly steps are counted in months. A series with values
    at certain hours or on certain days only (a shop, a stock exchange) has the open slots of a repeating cycle: its
    steps go from the last one of a day to the first one of the next.

    Args:
        step: The distance of steps, in the unit.
        unit: "second" for fixed distances, "month", or "number" for an axis without dates.
        phase: The time of step 0.
        cycle: The number of slots in a cycle, counted from 1 January 1970.
        slots: The open slots of a cycle.

    Example:
        >>> hourly = Frequency(3600.0)
        >>> hourly.positions(np.array([7200.0, 10800.0])).tolist(), hourly.stamps(np.array([2, 3])).tolist()
        ([2, 3], [7200.0, 10800.0])
    """

    step: float
    unit: Unit = "second"
    phase: float = 0.0
    cycle: int = 1
    slots: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        rising = all(one < other for one, other in zip(self.slots, self.slots[1:], strict=False))
        inside = bool(self.slots) and self.slots[0] >= 0 and self.slots[-1] < self.cycle
        if not (np.isfinite(self.step) and self.step > 0 and np.isfinite(self.phase) and rising and inside):
            raise ValueError("a frequency needs a step above 0 and slots inside its cycle")

    def positions(self, stamps: Float[np.ndarray, "time"]) -> Int[np.ndarray, "time"]:
        """Return the step nearest to each time stamp; that of a closed slot is the open one before.

        Args:
            stamps: Seconds since 1970, or numbers.
        """
        cycles, slots = np.divmod(self.raw(stamps), self.cycle)
        return cycles * len(self.slots) + np.searchsorted(self.slots, slots, side="right") - 1

    def is_open(self, stamps: Float[np.ndarray, "time"]) -> np.ndarray:
        """Return whether each time stamp is in an open slot."""
        return np.isin(self.raw(stamps) % self.cycle, self.slots)

    def stamps(self, positions: Int[np.ndarray, "time"]) -> Float[np.ndarray, "time"]:
        """Return the time stamp of each step, in seconds since 1970, or numbers."""
        cycles, places = np.divmod(positions, len(self.slots))
        raw = cycles * self.cycle + np.asarray(self.slots)[places]
        if self.unit != "month":
            return raw * self.step + self.phase
        months = (raw * int(self.step) + int(self.phase)).astype("datetime64[M]")
        return months.astype("datetime64[s]").astype(np.int64).astype(np.float64)

    def moments(self, positions: Int[np.ndarray, "*shape"]) -> np.ndarray:
        """Return the date and time of each step, ``datetime64[s]``; numbers for an axis without dates."""
        stamps = self.stamps(positions.ravel()).reshape(positions.shape)
        return stamps.astype(np.int64).astype("datetime64[s]") if self.is_calendar else stamps

    def raw(self, stamps: Float[np.ndarray, "time"]) -> Int[np.ndarray, "time"]:
        """Return the slot of each time stamp, closed ones included."""
        if self.unit == "month":
            months = stamps.astype(np.int64).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
            return (months - int(self.phase)) // int(self.step)
        return np.rint((stamps - self.phase) / self.step).astype(np.int64)

    @property
    def is_calendar(self) -> bool:
        """Whether time stamps are dates."""
        return self.unit != "number"

    @property
    def seasons(self) -> tuple[int, ...]:
        """The lengths of the calendar's seasons in steps, ascending: the day, the week, the year."""
        if self.unit == "month":
            return (round(YEAR / self.step),) if self.step < YEAR else ()
        if self.unit == "number":
            return ()
        share = len(self.slots) / self.cycle
        weeks_open = self.cycle * self.step > DAY and self.step < DAY
        day = self._open_days() if weeks_open else DAY / self.step * share
        week = WEEK / self.step * share
        year = 365.25 * DAY / self.step * share
        found = [day] * (self.step < 0.5 * DAY) + [week] * (self.step < 3 * DAY) + [year] * (self.step >= DAY)
        return tuple(dict.fromkeys(round(each) for each in found if round(each) > 1))

    def _open_days(self) -> float:
        """Return the steps of a day on which anything is open, for a cycle of a week."""
        days = {int(slot * self.step // DAY) for slot in self.slots}
        return len(self.slots) / len(days)

    @property
    def words(self) -> Note:
        """The distance of steps as a note: "hourly", "every 5 minutes"."""
        if self.unit == "number":
            return note("rhythm.numbers", step=f"{self.step:g}")
        units = {"second": 1.0, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": WEEK}
        if self.unit == "month":
            units = {"month": 1.0, "quarter": 3.0, "year": float(YEAR)}
        unit = [name for name, length in units.items() if self.step % length == 0 or name in ("second", "month")][-1]
        times = self.step / units[unit]
        return note(f"rhythm.{unit}") if times == 1 else note(f"rhythm.{unit}s", times=f"{times:.3g}")

    def shown(self, position: int) -> str:
        """Return the time stamp of a step as text."""
        (stamp,) = self.stamps(np.array([position]))
        if self.unit == "number":
            return f"{stamp:g}"
        if self.unit == "month":
            return str(np.datetime64(int(stamp), "s").astype("datetime64[M]"))
        moment = np.datetime64(int(stamp), "s")
        whole_days = self.step % DAY == 0 and self.phase % DAY == 0
        return str(moment.astype("datetime64[D]" if whole_days else "datetime64[s]")).replace("T", " ")


def find_frequency(stamps: Float[np.ndarray, "time"], is_calendar: bool = True) -> Frequency:
    """Return the frequency of time stamps, which may be repeated, unsorted, not exact, or have gaps.

    The step is the most frequent distance of stamps, or the usual one (15 minutes, an hour, a day) near the median
    distance where they are not exact.

    Args:
        stamps: The time stamps of one series, or of several with the same steps; finite.
        is_calendar: Whether they are seconds since 1970, not numbers.

    Raises:
        DataError: If there are fewer than three distinct stamps.
    """
    found = np.unique(stamps)
    if len(found) < 3:
        raise DataError(note("forecast_errors.few_stamps", number=len(found)))
    steps = np.diff(found)
    if not is_calendar:
        step = _usual(steps)[0]
        return Frequency(step, "number", float(found[0]))
    if (monthly := _monthly(found)) is not None:
        return monthly
    step, share = _usual(steps)
    if share < EXACT:
        step = float(np.median(steps))
        step = min(STEPS, key=lambda each: abs(np.log(each / step)))
        if abs(step / float(np.median(steps)) - 1) > NEAR:
            step = float(np.median(steps))
    made = Frequency(step, "second", _phase(found, step))
    return _with_open_slots(made, found)


def _usual(steps: Float[np.ndarray, "steps"]) -> tuple[float, float]:
    """Return the most frequent distance and its share."""
    values, counts = np.unique(steps, return_counts=True)
    return float(values[counts.argmax()]), float(counts.max() / len(steps))


def _monthly(stamps: Float[np.ndarray, "time"]) -> Frequency | None:
    """Return steps of months, quarters or years if stamps are on one day of the month; None otherwise."""
    moments = stamps.astype(np.int64).astype("datetime64[s]")
    months = moments.astype("datetime64[M]").astype(np.int64)
    steps = np.diff(months)
    if steps.min() < 1:
        return None
    days = (moments.astype("datetime64[D]") - moments.astype("datetime64[M]").astype("datetime64[D]")).astype(int)
    ends = (moments.astype("datetime64[D]") + np.timedelta64(1, "D")).astype("datetime64[M]").astype(np.int64) > months
    if len(np.unique(days)) > 1 and not ends.all():
        return None
    common = int(np.gcd.reduce(steps))
    step = common if common % YEAR == 0 else max(each for each in MONTHS if common % each == 0)
    return Frequency(float(step), "month", float(months[0] % step))


def _phase(stamps: Float[np.ndarray, "time"], step: float) -> float:
    """Return the offset of steps from 1 January 1970; 0 if stamps scatter around whole steps."""
    angles = 2 * np.pi * (stamps % step) / step
    middle = np.angle(np.exp(1j * angles).mean()) % (2 * np.pi)
    offsets = stamps % step
    if len(np.unique(offsets)) == 1:
        return float(offsets[0])
    phase = middle / (2 * np.pi) * step
    near = min(phase, step - phase) < step / 4
    return 0.0 if near else float(np.rint(phase))


def _with_open_slots(frequency: Frequency, stamps: Float[np.ndarray, "time"]) -> Frequency:
    """Return the frequency with the slots of a week or a day in which there are values."""
    raw = np.unique(frequency.raw(stamps))
    for length in (WEEK, DAY):
        cycle = round(length / frequency.step)
        if cycle < 2 or abs(cycle * frequency.step - length) > 1 or np.ptp(raw) < CYCLES_NEEDED * cycle:
            continue
        counts = np.bincount(raw % cycle, minlength=cycle)
        is_open = counts > CLOSED * np.median(counts[counts > 0])
        by_day = is_open.reshape(7, -1).any(1) if length == WEEK and cycle % 7 == 0 else np.zeros(7, bool)
        if is_open.mean() > MOST_OPEN or (length == WEEK and by_day.all()):
            continue
        return msgspec.structs.replace(frequency, cycle=cycle, slots=tuple(np.flatnonzero(is_open).tolist()))
    return frequency
