"""Hopfield's network: symmetric connections between all units, whose stable states are memories."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
from jax import Array

from ...errors import InvalidValue, caution
from ...layers.kernels.attractors import QUADRATIC
from ...rules.pattern_storage import STORAGE, Weights
from ...typing import Float
from .associative import AssociativeMemory

# Patterns per unit that a large network recalls: Amit, Gutfreund, Sompolinsky 1985 for Hebb's rule; Kanter,
# Sompolinsky 1987 for the projection rule without self-connections, whose patterns are stable up to 1 but no longer
# attract.
CAPACITY = {"hebbian": 0.138, "pseudo_inverse": 0.5}
LARGE = 50  # units from which the laws of large networks are a fair guide


class HopfieldNetwork(AssociativeMemory):
    """Hopfield's network, which recalls a stored pattern from a part of it or from one with errors.

    When to use: to study memory as attractors. As a memory for data it is far from efficient:
    :class:`DenseAssociativeMemory` holds many more patterns.

        h_i = sum_j w_ij s_j,   s_i <- sign(h_i),   E = -1/2 sum_ij w_ij s_i s_j

    Args:
        storage: How weights come from patterns. ``"hebbian"`` adds what is active together, and holds up to 0.138
            random patterns a unit with about 1.5 % of errors; ``"storkey"`` holds more, and is still local and
            incremental; ``"pseudo_inverse"`` holds up to half as many patterns as units without an error, also
            correlated ones, but is not local.

    Raises:
        InvalidValue: If the storage is unknown; in ``store``, if there are more patterns than units.

    Example:
        >>> memory = HopfieldNetwork().store([[1, 1, 1, -1, -1, -1], [1, -1, 1, -1, 1, -1]])
        >>> memory.recall([[1, 1, 1, -1, -1, 1]]).states
        array([[ 1,  1,  1, -1, -1, -1]])

    Reference:
        J. J. Hopfield, 1982, Neural networks and physical systems with emergent collective computational abilities.
        D. J. Amit, H. Gutfreund, H. Sompolinsky, 1985, Storing infinite numbers of patterns in a spin-glass model of
        neural networks (capacity and temperature).
    """

    def __init__(self, storage: str = "hebbian") -> None:
        if storage not in STORAGE:
            raise InvalidValue(f"HopfieldNetwork(storage={storage!r}): expected one of {', '.join(STORAGE)}.")
        super().__init__()
        self.storage = storage
        self.dynamics = QUADRATIC

    @property
    def weights(self) -> Float[np.ndarray, "units units"]:
        """The weights, symmetric with a diagonal of 0.

        Raises:
            NotFitted: If nothing is stored.
        """
        return np.asarray(self._held("weights")[2])

    def _learn(self, patterns: Float[Array, "patterns units"]) -> Weights:
        return _stored(patterns, storage=self.storage)

    def _check(self, patterns: Float[np.ndarray, "patterns units"]) -> None:
        super()._check(patterns)
        count, units = patterns.shape
        if count > units:
            raise InvalidValue(
                f"HopfieldNetwork.store: {count} patterns for {units} units; a Hopfield network holds fewer patterns "
                "than it has units. DenseAssociativeMemory holds many more."
            )
        if units >= LARGE and count > (most := CAPACITY.get(self.storage, 1.0) * units):
            caution(
                f"{count} patterns are beyond the capacity of {units} units, about {most:.0f} random patterns with "
                f'storage="{self.storage}"; most will not be recalled.'
            )

    def _written(self) -> str:
        return f'HopfieldNetwork(storage="{self.storage}")'


@partial(jax.jit, static_argnames="storage")
def _stored(patterns: Float[Array, "patterns units"], *, storage: str) -> Weights:
    return STORAGE[storage](patterns)
