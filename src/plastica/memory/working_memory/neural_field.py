"""Amari's neural field: a sheet of units with local excitation and wider inhibition, which holds a bump of activity."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy import optimize

from ...declaration import Declaration, declaration
from ...errors import InvalidValue, ShapeError
from ...schedules.checks import ABOVE_ZERO, require_numbers
from ...typing import Bool, Float

SCAN = 2000  # points between which the sign of W(a) + h is looked for


class FieldRun(NamedTuple):
    """A field over time.

    Attributes:
        times: The times, in units of tau.
        places: The places of units.
        potentials: The potential u at each time and place.
    """

    times: Float[np.ndarray, "time"]
    places: Float[np.ndarray, "units"]
    potentials: Float[np.ndarray, "time units"]

    @property
    def active(self) -> Bool[np.ndarray, "time units"]:
        """Where the potential is above 0."""
        return self.potentials > 0

    @property
    def widths(self) -> Float[np.ndarray, "time"]:
        """The total width of active regions at each time."""
        return self.active.sum(1) * (self.places[1] - self.places[0])

    @property
    def centres(self) -> Float[np.ndarray, "time"]:
        """The circular mean of the active places at each time; NaN where none is active."""
        length = (self.places[1] - self.places[0]) * len(self.places)
        turned = self.active @ np.exp(2j * np.pi * self.places / length)
        return np.where(self.active.any(1), np.angle(turned) * length / (2 * np.pi), np.nan)


@declaration
class NeuralField(Declaration):
    """Amari's neural field on a ring, a model of working memory and of perceived position.

        tau du/dt = -u + integral of w(x - y) H(u(y)) dy + h + s(x),   H(u) = 1 if u > 0 else 0
        w(x)      = excitation exp(-x^2 / (2 a^2)) - inhibition exp(-x^2 / (2 b^2))

    A stimulus s lifts part of the field above 0; after it has gone, a bump of activity remains if its width d solves
    W(d) + h = 0 with W(d) = integral of w from 0 to d, and is stable where w(d) < 0 (:meth:`bump_widths`). With a
    ``shift``, the weights are not symmetric, and the bump travels.

    Args:
        excitation, width: Height and standard deviation a of the excitation.
        inhibition, inhibition_width: Height and standard deviation b of the inhibition.
        resting_level: h, below 0.
        length: The length of the ring, in the unit of the widths; several times the inhibition's.
        units: The number of places.
        tau: The time constant, in milliseconds.
        shift: How far the weights of a unit are displaced; 0 for a bump that stays.

    Raises:
        InvalidValue: If a size is not above 0, or the resting level is not below 0.

    Example:
        >>> [round(width, 2) for width in NeuralField().bump_widths()]
        [0.59, 2.41]

    Reference:
        S. Amari, 1977, Dynamics of pattern formation in lateral-inhibition type neural fields, equations 3, 11 and
        theorem 3.
    """

    excitation: float = 1.5
    width: float = 1.0
    inhibition: float = 0.75
    inhibition_width: float = 2.0
    resting_level: float = -0.4
    length: float = 20.0
    units: int = 400
    tau: float = 10.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        sizes = ("excitation", "width", "inhibition", "inhibition_width", "length", "tau")
        require_numbers(self, dict.fromkeys(sizes, ABOVE_ZERO))
        if not self.resting_level < 0:
            raise InvalidValue(f"NeuralField(resting_level={self.resting_level}): expected a number below 0.")
        if self.units < 3:
            raise InvalidValue(f"NeuralField(units={self.units}): at least three places.")

    @property
    def places(self) -> Float[np.ndarray, "units"]:
        """The places of units, around 0."""
        return (np.arange(self.units) - self.units // 2) * (self.length / self.units)

    def weight(self, x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Return w at a distance, without the shift."""
        near = self.excitation * np.exp(-0.5 * (x / self.width) ** 2)
        return near - self.inhibition * np.exp(-0.5 * (x / self.inhibition_width) ** 2)

    def bump_widths(self) -> list[float]:
        """Return the widths at which a bump can stand still on an infinite line, the unstable and the stable one.

        The list is empty if there is none: the field then falls silent, or all of it becomes active.
        """
        summed = _integral(self)
        points = np.linspace(0, self.length / 2, SCAN)
        values = np.array([summed(each) + self.resting_level for each in points])
        change = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)

        def excess(d: float) -> float:
            return summed(d) + self.resting_level

        return [optimize.root_scalar(excess, bracket=(points[i], points[i + 1])).root for i in change]

    def run(
        self,
        time: float,
        stimulus: Callable[[float, Float[np.ndarray, "units"]], object] | None = None,
        *,
        start: object = None,
        step: float = 0.5,
    ) -> FieldRun:
        """Return the field over time, by exponential Euler steps, which are exact while no place becomes active.

        Args:
            time: The duration, in milliseconds.
            stimulus: Returns s at a time for all places. None: none.
            start: The potential at the beginning, ``(units,)``. Default: the resting level.
            step: The length of a step, in milliseconds.

        Raises:
            InvalidValue: If a duration is not above 0.
            ShapeError: If the start or the stimulus is not one number for each place.
        """
        if not (time > 0 and 0 < step <= time):
            raise InvalidValue(f"NeuralField.run(time={time}, step={step}): expected 0 < step <= time.")
        times = np.arange(1, round(time / step) + 1) * step
        given = np.zeros((len(times), self.units), np.float32)
        if stimulus is not None:
            for place, moment in enumerate(times - step):
                given[place] = self._whole(stimulus(float(moment), self.places), "the stimulus")
        first = np.full(self.units, self.resting_level) if start is None else self._whole(start, "start")
        spacing = self.length / self.units
        # w(x - y) on the ring: distances beyond half of the length go around the other way.
        apart = (self.places[:, None] - self.places - self.shift + self.length / 2) % self.length - self.length / 2
        kernel = jnp.asarray(self.weight(apart) * spacing, jnp.float32)
        kept = np.float32(np.exp(-step / self.tau))
        found = _run(kernel, jnp.asarray(first, jnp.float32), jnp.asarray(given), np.float32(self.resting_level), kept)
        return FieldRun(np.r_[0.0, times], self.places, np.concatenate([[first], np.asarray(found)]))

    def _whole(self, values: object, name: str) -> Float[np.ndarray, "units"]:
        array = np.asarray(values, np.float32)
        if array.shape not in ((), (self.units,)):
            raise ShapeError(f"NeuralField.run: {name} has the shape {array.shape}; expected ({self.units},).")
        return np.broadcast_to(array, (self.units,))


def _integral(field: NeuralField) -> Callable[[float], float]:
    """Return W(d), the integral of w from 0 to d: of Gaussians, the error function."""
    from scipy.special import erf

    def gaussian(height: float, width: float, d: float) -> float:
        return float(height * width * np.sqrt(np.pi / 2) * erf(d / (width * np.sqrt(2))))

    return lambda d: gaussian(field.excitation, field.width, d) - gaussian(field.inhibition, field.inhibition_width, d)


@jax.jit
def _run(
    kernel: Float[Array, "units units"],
    first: Float[Array, "units"],
    stimulus: Float[Array, "time units"],
    resting: Float[Array, ""],
    kept: Float[Array, ""],
) -> Float[Array, "time units"]:
    def step(u: Float[Array, "units"], s: Float[Array, "units"]) -> tuple[Array, Array]:
        target = kernel @ (u > 0).astype(u.dtype) + resting + s
        u = target + kept * (u - target)
        return u, u

    return jax.lax.scan(step, first, stimulus)[1]
