"""Stochastic Lanczos quadrature: the trace of a function of a large symmetric matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..populations.lanczos import MatrixProduct, Tridiagonal, lanczos
from ..typing import Float

EACH = 20  # Lanczos steps, after which the estimate is looked at
SETTLED = 0.01  # relative change of the estimate between two such looks


class Quadrature(NamedTuple):
    """The trace of a function of a symmetric matrix, and what it was computed from.

    Attributes:
        values: Eigenvalues, or the Ritz values of all probes, in ascending order.
        shares: The share of all eigenvalues that each stands for.
        trace: The trace.
        error: Its standard error due to the number of probes.
        change: By how much the last steps changed it.
    """

    values: Float[np.ndarray, "values"]
    shares: Float[np.ndarray, "values"]
    trace: float
    error: float
    change: float


def quadrature(
    product: MatrixProduct,
    size: int,
    function: Callable[[np.ndarray], np.ndarray],
    steps: int,
    probes: int,
    random: np.random.Generator,
) -> Quadrature:
    """Estimate the trace of a function of a symmetric matrix by stochastic Lanczos quadrature.

    Args:
        product: The product of the matrix with a vector.
        size: The number of rows of the matrix.
        function: The function of eigenvalues.
        steps: The most Lanczos steps of each vector.
        probes: The number of vectors.
        random: Where their entries come from.
    """
    nodes: list[np.ndarray] = []
    shares: list[np.ndarray] = []
    traces: list[float] = []
    changes: list[float] = []
    for _ in range(probes):
        values, weights, trace, change = _probe(product, random.choice([-1.0, 1.0], size), function, steps)
        nodes.append(values)
        shares.append(weights / probes)
        traces.append(trace)
        changes.append(change)
    order = np.argsort(np.concatenate(nodes), kind="stable")
    error = float(np.std(traces, ddof=1) / np.sqrt(probes))
    return Quadrature(
        np.concatenate(nodes)[order],
        np.concatenate(shares)[order],
        float(np.mean(traces)),
        error,
        float(np.max(changes)),
    )


def _probe(
    product: MatrixProduct, start: Float[np.ndarray, "size"], function: Callable[[np.ndarray], np.ndarray], steps: int
) -> tuple[Float[np.ndarray, "values"], Float[np.ndarray, "values"], float, float]:
    """Return the Ritz values of one vector, their weights, the trace by them, and its last change."""
    size = len(start)

    def trace_by(found: Tridiagonal) -> float:
        values, weights = found.quadrature()
        return size * float(weights @ function(values))

    trace, made, found = np.inf, 0, Tridiagonal(np.zeros(1), np.zeros(0))
    for found in lanczos(product, start, steps):
        made += 1
        if made % EACH == 0 and made < steps:
            before, trace = trace, trace_by(found)
            if not np.isfinite(trace) or abs(trace - before) <= SETTLED * abs(trace):
                return *found.quadrature(), trace, abs(trace - before)
    # Before the last allowed step, Lanczos only ends where the vectors span all that the matrix reaches.
    last = trace_by(found)
    return *found.quadrature(), last, abs(last - trace) if made == steps < size else 0.0
