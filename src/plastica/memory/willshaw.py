"""Willshaw's memory: binary synapses between sparse patterns."""

from __future__ import annotations

from typing import Self

import numpy as np

from ..errors import DataError, NotFitted
from ..typing import Bool, Float, Int, Shaped
from .patterns import TwoValues, as_rows, read_patterns, read_probes


class WillshawMemory:
    """Willshaw's memory of sparse patterns, with synapses that are on or off.

    When to use: for patterns of which few values are 1, such as indices of words or sparse codes. It holds up to ln 2 =
    0.69 bits a synapse, more than any other simple memory.

        w_ij = 1 if x_i = 1 and y_j = 1 in any stored pair, else 0
        y_j  = 1 if sum_i w_ij x_i = sum_i x_i, else 0

    Without a second pattern each is associated with itself, and is completed from a part of its ones.

    Example:
        >>> memory = WillshawMemory().store([[1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0]])
        >>> memory.recall([[1, 0, 0, 0, 0, 0]])
        array([[1, 1, 0, 0, 0, 0]])

    Reference:
        D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, 1969, Non-holographic associative memory.
    """

    def __init__(self) -> None:
        self._weights: Bool[np.ndarray, "inputs outputs"] | None = None
        self._values: tuple[TwoValues, TwoValues] | None = None
        self._pairs = 0

    def __repr__(self) -> str:
        """Show how much is stored."""
        held = "nothing stored" if self._weights is None else f"{self._pairs} patterns, {self.load:.0%} of synapses on"
        return f"<WillshawMemory(): {held}>"

    @property
    def weights(self) -> Bool[np.ndarray, "inputs outputs"]:
        """Which synapses are on.

        Raises:
            NotFitted: If nothing is stored.
        """
        if self._weights is None:
            raise NotFitted("WillshawMemory: nothing is stored yet; call store(patterns) first.")
        return self._weights

    @property
    def load(self) -> float:
        """The fraction of synapses that are on; from about one half on, recall adds ones that were not stored."""
        return float(self.weights.mean())

    def store(self, patterns: object, targets: object = None) -> Self:
        """Store patterns beside those that are stored already.

        Args:
            patterns: Patterns of 0 and 1, ``(patterns, ...)``.
            targets: What each recalls, of 0 and 1. None: itself.

        Raises:
            DataError: If there are other values, or unequal numbers of patterns and targets.
            ShapeError: If they do not have the shape of those stored before.
        """
        (x, one), (y, other) = self._read(patterns, 0), self._read(patterns if targets is None else targets, 1)
        if len(x) != len(y):
            raise DataError(f"WillshawMemory.store: got {len(x)} patterns and {len(y)} targets; they are pairs.")
        # Matrix products of floats are far faster than those of booleans.
        on = (x.astype(np.float32).T @ y.astype(np.float32)) > 0
        self._weights = on if self._weights is None else self._weights | on
        self._values, self._pairs = (one, other), self._pairs + len(x)
        return self

    def recall(self, probes: object) -> Shaped[np.ndarray, "probes *shape"]:
        """Return what probes recall: the units that all of their ones support.

        A probe has a part of the ones of a stored pattern and no others.

        Args:
            probes: Patterns of 0 and 1, ``(probes, ...)``.

        Raises:
            NotFitted: If nothing is stored.
            DataError: If a probe has no 1.
            ShapeError: If they do not have the shape of the stored patterns.
        """
        weights, (x, _) = self.weights, self._read(probes, 0)
        assert self._values is not None  # there are weights
        ones = x.sum(1)
        if not ones.all():
            raise DataError(
                f"WillshawMemory.recall: probe {int(np.flatnonzero(ones == 0)[0])} has no 1 to recall from."
            )
        sums: Float[np.ndarray, "probes outputs"] = x.astype(np.float32) @ weights.astype(np.float32)
        return self._values[1].restore(np.where(sums >= ones[:, None] - 0.5, 1.0, -1.0))

    def _read(self, patterns: object, side: int) -> tuple[Bool[np.ndarray, "rows units"], TwoValues]:
        owner = "WillshawMemory"
        if self._values is not None:
            return read_probes(patterns, self._values[side], owner) > 0, self._values[side]
        found: Int[np.ndarray, "values"] = np.unique(as_rows(patterns, owner))
        if (found < 0).any():
            raise DataError(f"{owner}: got the value {found[0]:g}; expected patterns of 0 and 1, few of them 1.")
        signs, values = read_patterns(patterns, owner)
        return signs > 0, values
