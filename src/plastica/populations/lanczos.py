"""Eigenvalues of a symmetric matrix of which only products with vectors are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ..typing import Float

STEPS = 40
TOLERANCE = 1e-4
MatrixProduct = Callable[[np.ndarray], np.ndarray]


class Tridiagonal(NamedTuple):
    """What a matrix is in the basis of the first Krylov vectors.

    Attributes:
        diagonal: Its diagonal.
        beside: The entries beside it.
    """

    diagonal: Float[np.ndarray, "steps"]
    beside: Float[np.ndarray, "steps_but_one"]

    def eigenvalues(self) -> Float[np.ndarray, "steps"]:
        """Return the Ritz values, in ascending order; NaN if an entry is not finite."""
        return self.quadrature()[0]

    def quadrature(self) -> tuple[Float[np.ndarray, "steps"], Float[np.ndarray, "steps"]]:
        """Return the Ritz values and the weight of each, so that v'f(A)v is about the sum of weight * f(value)."""
        if not np.isfinite(self.diagonal).all():
            return np.full(len(self.diagonal), np.nan), np.full(len(self.diagonal), np.nan)
        from scipy.linalg import eigh_tridiagonal

        values, vectors = eigh_tridiagonal(self.diagonal, self.beside)
        return values, vectors[0] ** 2


def lanczos(product: MatrixProduct, start: Float[np.ndarray, "size"], steps: int = STEPS) -> Iterator[Tridiagonal]:
    """Yield the tridiagonal matrix after each product, until the vectors span all that the first one reaches.

    Args:
        product: The product of the matrix with a vector ``(size,)``.
        start: The first vector.
        steps: The most products.

    Reference:
        C. Lanczos, 1950, An iteration method for the solution of the eigenvalue problem.
    """
    most = min(steps, len(start))
    basis = np.empty((most + 1, len(start)))
    basis[0] = start / np.linalg.norm(start)
    diagonal: list[float] = []
    beside: list[float] = []
    for place in range(most):
        new = product(basis[place])
        diagonal.append(float(new @ basis[place]))
        yield Tridiagonal(np.array(diagonal), np.array(beside))
        known = basis[: place + 1]
        # Orthogonal to all vectors, twice: rounding would bring found directions back in.
        for _ in range(2):
            new = new - known.T @ (known @ new)
        length = float(np.linalg.norm(new))
        if not np.isfinite(length) or length <= np.finfo(np.float32).eps * np.abs(diagonal).max():
            return
        basis[place + 1] = new / length
        beside.append(length)


def largest_eigenvalue(product: MatrixProduct, start: Float[np.ndarray, "size"], steps: int = STEPS) -> float:
    """Return the largest eigenvalue; products end once it changes by less than a ten-thousandth.

    Args:
        product, start, steps: As for :func:`lanczos`.
    """
    largest = np.nan
    for found in lanczos(product, start, steps):
        before, largest = largest, float(found.eigenvalues()[-1])
        if abs(largest - before) <= TOLERANCE * abs(largest):
            break
    return largest
