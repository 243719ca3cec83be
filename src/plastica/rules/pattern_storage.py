"""How a Hopfield network stores patterns: from signs to symmetric weights."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.kernels.attractors import Weights
from ..typing import Float

# Singular values below this share of the largest are taken as zero: patterns that depend on each other linearly.
DEPENDENT = 1e-5

Patterns = Float[Array, "patterns units"]


def hebbian(patterns: Patterns) -> Weights:
    """Return Hebb's weights, w_ij = sum_mu xi_i xi_j / N without self-connections (Hopfield 1982, equation 2)."""
    return without_diagonal(patterns.T @ patterns / patterns.shape[1])


def pseudo_inverse(patterns: Patterns) -> Weights:
    """Return the weights of the projection rule, W = Xi^+ Xi, without self-connections.

    W projects on the space that the patterns span, so that each of them, W xi = xi, is stable even if they are
    correlated. Up to N / 2 patterns are stable and attract without self-connections (Kanter, Sompolinsky 1987,
    Associative recall of memory without errors).

    Reference:
        Personnaz, Guyon, Dreyfus (1985), Information storage and retrieval in spin-glass like neural networks.
    """
    _, values, directions = jnp.linalg.svd(patterns, full_matrices=False)
    kept = (values > DEPENDENT * values[0])[:, None] * directions
    return without_diagonal(kept.T @ kept)


def storkey(patterns: Patterns, start: Weights | None = None) -> Weights:
    """Return the weights of Storkey's rule, which stores one pattern after another from local quantities only.

        w_ij <- w_ij + (xi_i xi_j - xi_i h_ji - h_ij xi_j) / N
        h_ij  = sum over k other than i, j of w_ik xi_k

    Args:
        patterns: Signs; rows of zeros change nothing.
        start: The weights to which patterns are added. None: zeros.

    Reference:
        Storkey (1997), Increasing the capacity of a Hopfield network without sacrificing functionality, equations 3, 4.
    """
    units = patterns.shape[1]

    def add(weights: Weights, pattern: Float[Array, "units"]) -> tuple[Weights, None]:
        # The diagonal is 0, so that only the term of k = j is to be left out.
        local = (weights @ pattern)[:, None] - weights * pattern
        change = jnp.outer(pattern, pattern) - pattern[:, None] * local.T - local * pattern
        return without_diagonal(weights + change / units), None

    return jax.lax.scan(add, jnp.zeros((units, units), patterns.dtype) if start is None else start, patterns)[0]


def projection(patterns: Patterns, start: Weights) -> Weights:
    """Return the projection on the space of patterns and of those before, with its diagonal.

        r = x - W x,   W <- W + r r' / |r|^2

    A pattern that depends on those before, such as one of them, changes nothing; nor do rows of zeros.

    Args:
        patterns: Signs.
        start: The projection on the space of the patterns before.

    Reference:
        S. Diederich, M. Opper, 1987, Learning of correlated patterns in spin-glass networks by local learning rules;
        T. N. E. Greville, 1960, Some applications of the pseudoinverse of a matrix.
    """

    def add(weights: Weights, pattern: Float[Array, "units"]) -> tuple[Weights, None]:
        rest = pattern - weights @ pattern
        rest = rest - weights @ rest  # once more, so that roundings do not add up over many patterns
        length = rest @ rest
        new = length > DEPENDENT * patterns.shape[1]
        return weights + jnp.where(new, jnp.outer(rest, rest) / jnp.where(new, length, 1), 0), None

    return jax.lax.scan(add, start, patterns)[0]


def without_diagonal(weights: Weights) -> Weights:
    """Return weights without self-connections, with which a unit would hold on to its state."""
    return weights * (1 - jnp.eye(weights.shape[0], dtype=weights.dtype))


STORAGE: dict[str, Callable[[Patterns], Weights]] = {
    "hebbian": hebbian,
    "pseudo_inverse": pseudo_inverse,
    "storkey": storkey,
}
