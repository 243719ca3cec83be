"""Dense associative memories: energies that rise so steeply that far more patterns fit than units."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import InvalidValue
from ...layers.kernels.attractors import Dynamics, UnitStates
from ...typing import Float, Int, PyTree
from .associative import AssociativeMemory

INTERACTIONS = ("polynomial", "exponential")


class DenseAssociativeMemory(AssociativeMemory):
    """A dense associative memory, also called modern Hopfield network, for patterns of two values.

    When to use: where more patterns than a tenth of the units are to be recalled. All patterns are kept, and each
    update compares the state with all of them.

        E = -sum_mu F(xi_mu . s),   F(x) = x^n / n  or  exp(x)
        s_i <- sign(sum_mu F(xi_mi + sum_j!=i xi_mj s_j) - F(-xi_mi + sum_j!=i xi_mj s_j))

    With n = 2 it is Hopfield's network with Hebb's rule. The number of random patterns that it holds grows as
    N^(n - 1) with the polynomial, and exponentially, as 2^(N / 2), with the exponential. Energies are those of
    overlaps divided by N, which changes no update: N^n does not fit single precision.

    Args:
        interaction: F, ``"polynomial"`` or ``"exponential"``.
        degree: n, for the polynomial.

    Raises:
        InvalidValue: If the interaction is unknown or the degree is below 2.

    Example:
        >>> patterns = np.where(np.random.default_rng(0).random((64, 32)) < 0.5, -1, 1)  # twice as many as units
        >>> memory = DenseAssociativeMemory("exponential").store(patterns)
        >>> bool((memory.recall(patterns).states == patterns).all())
        True

    Reference:
        D. Krotov, J. J. Hopfield, 2016, Dense associative memory for pattern recognition, equations 1 to 3.
        M. Demircigil, J. Heusel, M. Löwe, S. Upgang, F. Vermet, 2017, On a model of associative memory with huge
        storage capacity (the exponential).
    """

    def __init__(self, interaction: str = "exponential", degree: int = 3) -> None:
        if interaction not in INTERACTIONS:
            raise InvalidValue(
                f"DenseAssociativeMemory(interaction={interaction!r}): expected one of {', '.join(INTERACTIONS)}."
            )
        if isinstance(degree, bool) or not isinstance(degree, int | np.integer) or degree < 2:
            raise InvalidValue(f"DenseAssociativeMemory(degree={degree!r}): expected a whole number of at least 2.")
        super().__init__()
        self.interaction, self.degree = interaction, degree
        self.dynamics = POLYNOMIAL if interaction == "polynomial" else EXPONENTIAL

    def _learn(self, patterns: Float[Array, "patterns units"]) -> PyTree:
        return patterns, jnp.float32(self.degree)

    def _written(self) -> str:
        degree = f", degree={self.degree}" if self.interaction == "polynomial" else ""
        return f'DenseAssociativeMemory("{self.interaction}"{degree})'


def _around(patterns: Float[Array, "patterns units"], states: UnitStates, unit: Int[Array, ""]) -> tuple[Array, Array]:
    """Return the pattern's value at the unit and the overlap at all others, not divided by their number."""
    own = patterns[:, unit, None]
    return own, patterns @ states - own * states[unit]


def _power(x: Array, degree: Array) -> Array:
    """Return x^n for a whole n that may be traced, which ``jnp.power`` does not define below 0."""
    return jnp.where(degree % 2 == 1, jnp.sign(x), 1) * jnp.abs(x) ** degree


def _polynomial_field(memory: PyTree, states: UnitStates, unit: Int[Array, ""]) -> Float[Array, "probes"]:
    patterns, degree = memory
    own, others = _around(patterns, states, unit)
    units = states.shape[0]
    return jnp.sum(_power((others + own) / units, degree) - _power((others - own) / units, degree), 0)


def _exponential_field(memory: PyTree, states: UnitStates, unit: Int[Array, ""]) -> Float[Array, "probes"]:
    own, others = _around(memory[0], states, unit)
    # exp(others + own) - exp(others - own) = 2 own sinh(1) exp(others), relative to the largest: only the sign counts.
    return 2 * jnp.sinh(1.0) * jnp.sum(own * jnp.exp(others - others.max(0)), 0)


def _polynomial_energy(memory: PyTree, states: UnitStates) -> Float[Array, "probes"]:
    patterns, degree = memory
    return -jnp.sum(_power(patterns @ states / states.shape[0], degree), 0) / degree


def _exponential_energy(memory: PyTree, states: UnitStates) -> Float[Array, "probes"]:
    return -jax.nn.logsumexp(memory[0] @ states, axis=0)


def _all_polynomial(memory: PyTree, states: UnitStates) -> UnitStates:
    return jax.lax.map(lambda unit: _polynomial_field(memory, states, unit), jnp.arange(states.shape[0]))


def _all_exponential(memory: PyTree, states: UnitStates) -> UnitStates:
    return jax.lax.map(lambda unit: _exponential_field(memory, states, unit), jnp.arange(states.shape[0]))


POLYNOMIAL = Dynamics(_polynomial_field, _all_polynomial, _polynomial_energy)
EXPONENTIAL = Dynamics(_exponential_field, _all_exponential, _exponential_energy)
