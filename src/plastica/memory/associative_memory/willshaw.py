"""Willshaw's memory: binary synapses between sparse patterns."""

from __future__ import annotations

from typing import Self

import numpy as np

from ...errors import DataError
from ...typing import Bool, Float, Shaped
from .patterns import BITS, TwoValues, nothing_stored, read_pairs, read_probes


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
            raise nothing_stored("WillshawMemory")
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
        x, y, values = read_pairs(
            patterns,
            patterns if targets is None else targets,
            self._values,
            "WillshawMemory.store",
            names=("patterns", "targets"),
            allowed=(BITS,),
        )
        # Matrix products of floats are far faster than those of booleans.
        on = (_bits(x).T @ _bits(y)) > 0
        self._weights = on if self._weights is None else self._weights | on
        self._values, self._pairs = values, self._pairs + len(x)
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
        weights = self.weights
        assert self._values is not None  # there are weights
        x = _bits(read_probes(probes, self._values[0], "WillshawMemory.recall"))
        ones = x.sum(1)
        if not ones.all():
            raise DataError(
                f"WillshawMemory.recall: probe {int(np.flatnonzero(ones == 0)[0])} has no 1 to recall from."
            )
        sums: Float[np.ndarray, "probes outputs"] = x @ weights.astype(np.float32)
        return self._values[1].restore(np.where(sums >= ones[:, None] - 0.5, 1.0, -1.0))


def _bits(signs: Float[np.ndarray, "rows units"]) -> Float[np.ndarray, "rows units"]:
    return np.maximum(signs, 0)
