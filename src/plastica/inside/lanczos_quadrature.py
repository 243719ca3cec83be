"""Stochastic Lanczos quadrature: the trace of a function of a large symmetric matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..populations.lanczos import Tridiagonal
from ..typing import Float, PyTree

EACH = 20  # Lanczos steps, after which the estimate is looked at
SETTLED = 0.01  # relative change of the estimate between two such looks
MOST_NUMBERS = 2**28  # of all bases together, 1 GB; vectors beyond come after one another

# From what is fixed to the function that multiplies a vector by the matrix. A function of a module, so that the program
# is compiled once.
MatrixOf = Callable[[PyTree], Callable[[Array], Array]]
LanczosCarry = tuple[tuple[Array, ...], Array, Array]


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


class _Ritz(NamedTuple):
    """What the Krylov vectors of one probe tell: Ritz values, their weights, the trace by them and its last change."""

    values: Float[np.ndarray, "values"]
    weights: Float[np.ndarray, "values"]
    trace: float
    change: float


def quadrature(
    matrix: MatrixOf,
    fixed: PyTree,
    size: int,
    function: Callable[[np.ndarray], np.ndarray],
    steps: int,
    probes: int,
    random: np.random.Generator,
) -> Quadrature:
    """Estimate the trace of a function of a symmetric matrix by stochastic Lanczos quadrature.

    The steps of all probes are one compiled program.

    Args:
        matrix: Returns, from what is fixed, the function that multiplies a vector ``(size,)`` by the matrix.
        fixed: A tree of arrays.
        size: The number of rows of the matrix.
        function: The function of eigenvalues.
        steps: The most Lanczos steps of each vector.
        probes: The number of vectors.
        random: Where their entries come from.
    """
    steps = min(steps, size)
    starts = random.choice(np.array([-1, 1], np.float32), (probes, size))
    together = int(np.clip(MOST_NUMBERS // ((steps + 1) * size), 1, probes))
    found: list[_Ritz] = []
    for first in range(0, probes, together):
        found += _settled(matrix, fixed, starts[first : first + together], function, steps)
    values = np.concatenate([each.values for each in found])
    order = np.argsort(values, kind="stable")
    traces = [each.trace for each in found]
    return Quadrature(
        values[order],
        np.concatenate([each.weights for each in found])[order] / probes,
        float(np.mean(traces)),
        float(np.std(traces, ddof=1) / np.sqrt(probes)),
        float(np.max([each.change for each in found])),
    )


def _settled(
    matrix: MatrixOf,
    fixed: PyTree,
    starts: Float[np.ndarray, "probes size"],
    function: Callable[[np.ndarray], np.ndarray],
    steps: int,
) -> list[_Ritz]:
    """Return what the probes tell once their traces have settled."""
    size = starts.shape[1]
    traces = np.full(len(starts), np.inf)
    found: list[_Ritz] = []
    for made, all_vectors in _lanczos(matrix, fixed, starts, steps):
        found, settled = [], True
        for place, each in enumerate(all_vectors):
            values, weights = each.quadrature()
            trace = size * float(weights @ function(values))
            # Fewer steps than were made: the vectors span all that the matrix reaches, and the trace is exact.
            change = abs(trace - traces[place]) if len(values) == made < size else 0.0
            found.append(_Ritz(values, weights, trace, change))
            settled &= not (np.isfinite(trace) and change > SETTLED * abs(trace))
        if settled:
            break
        traces = np.array([each.trace for each in found])
    return found


def _lanczos(
    matrix: MatrixOf, fixed: PyTree, starts: Float[np.ndarray, "probes size"], steps: int
) -> Iterator[tuple[int, list[Tridiagonal]]]:
    """Yield the number of steps, and what the matrix is for each vector, every 20 steps."""
    probes, size = starts.shape
    bases = tuple(jnp.zeros((steps + 1, size)).at[0].set(start / np.sqrt(size)) for start in starts)
    carry: LanczosCarry = bases, jnp.zeros((probes, steps)), jnp.zeros((probes, steps))
    for first in range(0, steps, EACH):
        last = min(first + EACH, steps)
        carry = _advance(matrix, fixed, carry, first, last)
        diagonal, beside = (np.asarray(each, np.float64)[:, :last] for each in carry[1:])
        yield last, [_reached(*each) for each in zip(diagonal, beside, strict=True)]


def _reached(diagonal: Float[np.ndarray, "steps"], beside: Float[np.ndarray, "steps"]) -> Tridiagonal:
    """Return the part before the first step that led out of the known vectors by no more than rounding."""
    ended = np.flatnonzero(~(beside > np.finfo(np.float32).eps * np.abs(diagonal).max()))
    count = ended[0] + 1 if len(ended) else len(diagonal)
    return Tridiagonal(diagonal[:count], beside[: count - 1])


@partial(jax.jit, static_argnames=("matrix",), donate_argnames=("carry",))
def _advance(matrix: MatrixOf, fixed: PyTree, carry: LanczosCarry, first: Array, last: Array) -> LanczosCarry:
    """Make Lanczos steps for all vectors.

    Args:
        matrix, fixed: As in :func:`quadrature`.
        carry: A basis ``(steps + 1, size)`` for each vector, diagonals and the numbers beside them
            ``(probes, steps)``.
        first, last: The steps that are made.

    Reference:
        C. Lanczos (1950), An iteration method for the solution of the eigenvalue problem.
    """
    product = jax.vmap(matrix(fixed))

    def step(place: Array, carry: LanczosCarry) -> LanczosCarry:
        bases, diagonal, beside = carry
        own = jnp.stack([basis[place] for basis in bases])
        new = product(own)
        diagonal = diagonal.at[:, place].set((new * own).sum(1))
        # Each by itself: the CPU has no fast product of many small matrices.
        new = jnp.stack([_orthogonal(basis, each) for basis, each in zip(bases, new, strict=True)])
        length = jnp.linalg.norm(new, axis=1)
        new = new / jnp.maximum(length, 1e-30)[:, None]
        bases = tuple(basis.at[place + 1].set(each) for basis, each in zip(bases, new, strict=True))
        return bases, diagonal, beside.at[:, place].set(length)

    return jax.lax.fori_loop(first, last, step, carry)


def _orthogonal(basis: Float[Array, "steps size"], new: Float[Array, "size"]) -> Float[Array, "size"]:
    """Return what is orthogonal to all vectors of a basis, in which those to come are still 0."""
    for _ in range(2):  # rounding would bring found directions back in
        new = new - (basis @ new) @ basis
    return new
