"""Spikes of many neurons as times, and what is computed from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import DataError, InvalidValue
from ..layers.spiking.units_of_measure import require_time, whole_steps
from ..typing import Float, Int

if TYPE_CHECKING:
    from ..drawing.figure import Drawing


class SpikeTrains(NamedTuple):
    """The spikes of some neurons over a time, in the order of time.

    Attributes:
        times: The time of each spike, in milliseconds.
        neurons: The neuron of each spike.
        num_neurons: The number of neurons, silent ones included.
        duration: The duration, in milliseconds.

    Example:
        >>> trains = SpikeTrains.of(np.array([[[1, 0], [0, 0], [1, 0]]]), dt=2.0)
        >>> trains.times.tolist(), trains.neurons.tolist(), trains.rates.round(1).tolist()
        ([0.0, 4.0], [0, 0], [333.3, 0.0])
    """

    times: Float[np.ndarray, "spikes"]
    neurons: Int[np.ndarray, "spikes"]
    num_neurons: int
    duration: float

    @classmethod
    def of(cls, spikes: object, dt: float = 1.0, row: int = 0) -> SpikeTrains:
        """Return the spikes of one row of what a spiking layer answers.

        Args:
            spikes: Zeros and ones, ``(batch, time, units)``.
            dt: The duration of a step, in milliseconds.
            row: Which row.

        Raises:
            DataError: If they have other shapes, or other values than 0 and 1.
            InvalidValue: If there is no such row, or the step is not above 0.
        """
        require_time("SpikeTrains.of", "dt", dt, None)
        given = np.asarray(spikes)
        if given.ndim != 3 or not np.isin(given, (0, 1)).all():
            raise DataError(
                f"SpikeTrains.of: got values of shape {given.shape}; expected zeros and ones, (batch, time, units)."
            )
        if not 0 <= row < len(given):
            raise InvalidValue(f"SpikeTrains.of(row={row!r}): there are {len(given)} rows, counted from 0.")
        steps, neurons = np.nonzero(given[row])
        return cls(steps * dt, neurons, given.shape[2], given.shape[1] * dt)

    def raster(self, dt: float = 1.0) -> Int[np.ndarray, "time neurons"]:
        """Return the number of spikes of each neuron in each step, the inverse of :meth:`of`.

        Args:
            dt: The duration of a step, in milliseconds.

        Raises:
            InvalidValue: If the duration is no whole number of steps.
            DataError: If a spike lies outside of it.

        Example:
            >>> SpikeTrains(np.array([0.5, 2.0]), np.array([1, 0]), 2, 3.0).raster().tolist()
            [[0, 1], [0, 0], [1, 0]]
        """
        steps = whole_steps("SpikeTrains.raster", "duration", self.duration, dt)
        # Times are multiples of a step up to rounding: one just below belongs to the step that it is meant for.
        places = np.floor(np.asarray(self.times) / dt + 1e-6).astype(int)
        if len(places) and not (places.min() >= 0 and places.max() < steps):
            raise DataError(
                f"SpikeTrains.raster: got spikes from {self.times.min():g} to {self.times.max():g} ms; expected times "
                f"from 0 to below the duration, {self.duration:g} ms."
            )
        found = np.zeros((steps, self.num_neurons), int)
        np.add.at(found, (places, self.neurons), 1)
        return found

    @property
    def rate(self) -> float:
        """The mean rate of a neuron, in spikes per second."""
        return 1000 * len(self.times) / self.num_neurons / self.duration

    @property
    def rates(self) -> Float[np.ndarray, "neurons"]:
        """The rate of each neuron, in spikes per second.

        Raises:
            DataError: If a spike is of a neuron that there is not.
        """
        if len(self.neurons) and not 0 <= self.neurons.min() <= self.neurons.max() < self.num_neurons:
            raise DataError(
                f"SpikeTrains: got spikes of neurons {self.neurons.min()} to {self.neurons.max()}; expected 0 to "
                f"{self.num_neurons - 1}."
            )
        return 1000 * np.bincount(self.neurons, minlength=self.num_neurons) / self.duration

    @property
    def irregularity(self) -> Float[np.ndarray, "neurons"]:
        """The standard deviation of the intervals between spikes of each neuron over their mean.

        0 for a clock, 1 for Poisson spikes; NaN for neurons with fewer than three spikes.
        """
        order = np.lexsort((self.times, self.neurons))
        times, neurons = self.times[order], self.neurons[order]
        found = np.full(self.num_neurons, np.nan)
        for neuron in np.flatnonzero(np.bincount(neurons, minlength=self.num_neurons) > 2):
            apart = np.diff(times[np.searchsorted(neurons, neuron) : np.searchsorted(neurons, neuron, "right")])
            found[neuron] = apart.std() / apart.mean()
        return found

    def draw(self, bins: float = 5.0) -> Drawing:
        """Draw the raster of all neurons, and their mean rate over time below.

        Args:
            bins: The duration over which the rate is averaged, in milliseconds.

        Raises:
            InvalidValue: If it is not above 0.
        """
        from .pictures import draw_raster

        require_time("SpikeTrains.draw", "bins", bins, None)
        return draw_raster(self, bins)
