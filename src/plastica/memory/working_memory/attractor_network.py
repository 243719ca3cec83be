"""A Hopfield network that reads a sequence: its attractors hold what pushed it last, and nothing before."""

from __future__ import annotations

import numpy as np

from ...declaration import Declaration, declaration
from ...errors import InvalidValue
from ...schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ...typing import Float


@declaration
class AttractorNetwork(Declaration):
    """A Hopfield network of graded units with random stored patterns, pushed along the first by its input.

        h_t = tanh(gain (W h_(t-1) + drive input_t xi_1)),   W = sum_p xi_p xi_p' / units

    When to use: with ``retention``, to see how attractors remember: above a gain of 1, the network stays at a pattern
    or its opposite until an input is strong enough to turn it, so that it keeps one bit for long, but no sequence.

    Args:
        units: The number of units.
        patterns: The number of patterns.
        gain: The steepness of units, the inverse of a temperature. At 1 the attractors appear.
        drive: How strongly inputs push.
        seed: The random seed of the patterns.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> AttractorNetwork(units=20).states(np.zeros((5, 1))).shape
        (5, 20)

    Reference:
        J. J. Hopfield, 1984, Neurons with graded response have collective computational properties like those of
        two-state neurons.
    """

    units: int = 50
    patterns: int = 3
    gain: float = 1.2
    drive: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        require_numbers(self, {"gain": ABOVE_ZERO, "drive": AT_LEAST_ZERO})
        if self.units < 1 or not 1 <= self.patterns <= self.units:
            raise InvalidValue(
                f"AttractorNetwork(units={self.units}, patterns={self.patterns}): at least one unit, and at most as "
                "many patterns as units."
            )

    def states(self, inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time units"]:
        """Return the activity after each input, from rest.

        Args:
            inputs: Inputs, of which the first feature is read.
        """
        patterns = np.random.default_rng(self.seed).choice([-1.0, 1.0], (self.patterns, self.units))
        weights, pushes = patterns.T @ patterns / self.units, self.drive * np.asarray(inputs)[:, :1] * patterns[0]
        found, h = np.empty((len(pushes), self.units)), np.zeros(self.units)
        for time, push in enumerate(pushes):
            found[time] = h = np.tanh(self.gain * (weights @ h + push))
        return found
