"""Amari's memory of sparse patterns, in which a global field holds the number of active units."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import DataError, InvalidValue
from ...layers.kernels.attractors import Dynamics, UnitStates
from ...rules.pattern_storage import without_diagonal
from ...typing import Float, Int, PyTree
from .associative import AssociativeMemory


class SparseHopfieldNetwork(AssociativeMemory):
    """Amari's associative memory: sparse patterns, stored by covariance, with a global field of inhibition.

    When to use: for patterns of which a small part is active, as in the brain; Hebb's rule in
    :class:`HopfieldNetwork` takes what is common to all of them for a memory of its own, and recalls little.

        w_ij = sum_mu (x_i - f)(x_j - f) / (N f (1 - f))
        h_i  = sum_j w_ij (x_j - f) - g (sum_j x_j / (N f) - 1) - theta
        E    = -1/2 sum_ij w_ij (x_i - f)(x_j - f) + g (sum_i x_i - N f)^2 / (2 N f) + theta sum_i x_i

    with x of 0 and 1, of which a fraction f is 1 in the stored patterns. The more sparse the patterns are, the more
    fit: about 1 / (2 f |ln f|) patterns a unit. All should have about as many ones, which the global field restores.

    Args:
        global_field: g, how strongly all units inhibit each other when more than f of them are active, and excite each
            other when fewer are. It keeps activity from spreading or dying out.
        threshold: theta. None: (1 - 2 f) / 2, half way between what active and silent units hear in a stored pattern.

    Raises:
        InvalidValue: If the global field is negative.

    Example:
        >>> patterns = np.zeros((40, 200), int)
        >>> np.put_along_axis(patterns, np.random.default_rng(0).random((40, 200)).argsort(1)[:, :20], 1, axis=1)
        >>> probes = patterns.copy()
        >>> probes[:, :50] = 0  # a quarter is lost
        >>> recalled = SparseHopfieldNetwork().store(patterns).recall(probes).states
        >>> float((recalled != patterns).mean()) < 0.001
        True

    Reference:
        S. Amari, 1989, Characteristics of sparsely encoded associative memory.
        D. J. Amit, H. Gutfreund, H. Sompolinsky, 1987, Information storage in neural networks with low levels of
        activity, equations 2.5 and 3.1 (the global constraint).
    """

    def __init__(self, global_field: float = 1.0, threshold: float | None = None) -> None:
        if not (global_field >= 0 and np.isfinite(global_field)):
            raise InvalidValue(f"SparseHopfieldNetwork(global_field={global_field!r}): expected at least 0.")
        super().__init__()
        self.global_field, self.threshold = global_field, threshold
        self.dynamics = COVARIANCE

    @property
    def activity(self) -> float:
        """The fraction f of values of the stored patterns that are 1.

        Raises:
            NotFitted: If nothing is stored.
        """
        return float((self._held("activity")[0] > 0).mean())

    def _check(self, patterns: Float[np.ndarray, "patterns units"]) -> None:
        super()._check(patterns)
        if not 0 < (patterns > 0).mean() < 1:
            raise DataError("SparseHopfieldNetwork.store: all values are the same; patterns need both 0 and 1.")

    def _learn(self, patterns: Float[Array, "patterns units"]) -> PyTree:
        active = jnp.mean(patterns > 0, dtype=jnp.float32)
        theta = (1 - 2 * active) / 2 if self.threshold is None else jnp.float32(self.threshold)
        return _covariance(patterns, active), active, jnp.float32(self.global_field), theta

    def _written(self) -> str:
        return f"SparseHopfieldNetwork(global_field={self.global_field}, threshold={self.threshold})"


@jax.jit
def _covariance(patterns: Float[Array, "patterns units"], active: Float[Array, ""]) -> Float[Array, "units units"]:
    apart = (patterns > 0) - active
    return without_diagonal(apart.T @ apart / (patterns.shape[1] * active * (1 - active)))


def _field(memory: PyTree, states: UnitStates, unit: Int[Array, ""]) -> Float[Array, "probes"]:
    weights, active, strength, theta = memory
    x = (states > 0).astype(states.dtype)
    total, mean = jnp.sum(x, 0), active * states.shape[0]
    # The change of the energy when the unit turns on is minus this field: its own square, half a unit, is part of it.
    inhibition = strength * ((total - x[unit] + 0.5) / mean - 1)
    return weights[unit] @ (x - active) - inhibition - theta


def _fields(memory: PyTree, states: UnitStates) -> UnitStates:
    weights, active, strength, theta = memory
    x = (states > 0).astype(states.dtype)
    others = jnp.sum(x, 0) - x + 0.5
    return weights @ (x - active) - strength * (others / (active * states.shape[0]) - 1) - theta


def _energy(memory: PyTree, states: UnitStates) -> Float[Array, "probes"]:
    weights, active, strength, theta = memory
    x = (states > 0).astype(states.dtype)
    apart, mean = x - active, active * states.shape[0]
    spread = strength * (jnp.sum(x, 0) - mean) ** 2 / (2 * mean)
    return -0.5 * jnp.sum(apart * (weights @ apart), 0) + spread + theta * jnp.sum(x, 0)


COVARIANCE = Dynamics(_field, _fields, _energy)
