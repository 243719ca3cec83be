r"""Measures of continual learning, from the accuracy matrix.

:math:`R_{i,j}` is the accuracy on experience j after learning experience i, for T experiences. Any score will do of
which more is better.
"""

from __future__ import annotations

import math

import numpy as np

from ..errors import ShapeError
from ..typing import Float


def average_accuracy(matrix: object) -> float:
    r"""Return the mean accuracy on all experiences after the last, :math:`\frac{1}{T} \sum_j R_{T,j}`.

    Args:
        matrix: The accuracies :math:`R`, ``(experiences, experiences)``.

    Raises:
        ShapeError: If the matrix is not square.

    Example:
        >>> average_accuracy([[1.0, 0.5], [0.6, 0.9]])
        0.75

    Reference:
        D. Lopez-Paz, M. Ranzato (2017), Gradient episodic memory for continual learning, equation 2.
    """
    return float(_square(matrix)[-1].mean())


def learning_accuracy(matrix: object) -> float:
    r"""Return the mean accuracy on each experience right after it was learned, :math:`\frac{1}{T} \sum_i R_{i,i}`.

    A strategy that never forgets but no longer learns either has a low one.

    Args:
        matrix: As for :func:`average_accuracy`.

    Example:
        >>> learning_accuracy([[1.0, 0.5], [0.6, 0.9]])
        0.95

    Reference:
        M. Riemer and others (2019), Learning to learn without forgetting by maximizing transfer and minimizing
        interference.
    """
    return float(np.diag(_square(matrix)).mean())


def forgetting(matrix: object) -> float:
    r"""Return how far accuracy fell from its best, on the mean of all experiences but the last.

    .. math:: F = \frac{1}{T-1} \sum_{j<T} \left(\max_{l<T} R_{l,j} - R_{T,j}\right)

    Args:
        matrix: As for :func:`average_accuracy`.

    Returns:
        The forgetting; NaN for a single experience. Negative if later experiences helped earlier ones.

    Example:
        >>> round(forgetting([[1.0, 0.5], [0.6, 0.9]]), 6)
        0.4

    Reference:
        A. Chaudhry, P. K. Dokania, T. Ajanthan, P. H. S. Torr (2018), Riemannian walk for incremental learning,
        equation 3.
    """
    found = _square(matrix)
    if len(found) == 1:
        return math.nan
    return float((found[:-1, :-1].max(0) - found[-1, :-1]).mean())


def backward_transfer(matrix: object) -> float:
    r"""Return what learning later experiences did to earlier ones.

    .. math:: BWT = \frac{1}{T-1} \sum_{i<T} (R_{T,i} - R_{i,i})

    Args:
        matrix: As for :func:`average_accuracy`.

    Returns:
        Negative if the network forgets; NaN for a single experience.

    Example:
        >>> round(backward_transfer([[1.0, 0.5], [0.6, 0.9]]), 6)
        -0.4

    Reference:
        D. Lopez-Paz, M. Ranzato (2017), Gradient episodic memory for continual learning, equation 3.
    """
    found = _square(matrix)
    if len(found) == 1:
        return math.nan
    return float((found[-1, :-1] - np.diag(found)[:-1]).mean())


def forward_transfer(matrix: object, baseline: object) -> float:
    r"""Return what earlier experiences did for one that is not learned yet.

    .. math:: FWT = \frac{1}{T-1} \sum_{i>1} (R_{i-1,i} - b_i)

    Args:
        matrix: As for :func:`average_accuracy`.
        baseline: The accuracies :math:`b` with initial weights, ``(experiences,)``.

    Returns:
        Positive if the network begins an experience better than at random; NaN for a single experience.

    Raises:
        ShapeError: If the lengths differ.

    Example:
        >>> round(forward_transfer([[1.0, 0.5], [0.6, 0.9]], [0.5, 0.4]), 6)
        0.1

    Reference:
        D. Lopez-Paz, M. Ranzato (2017), Gradient episodic memory for continual learning, equation 4.
    """
    found, before = _square(matrix), np.asarray(baseline, np.float64)
    if before.shape != found.shape[:1]:
        raise ShapeError(f"baseline has the shape {before.shape}; expected one accuracy for each of {len(found)}.")
    if len(found) == 1:
        return math.nan
    return float((np.diag(found, 1) - before[1:]).mean())


def _square(matrix: object) -> Float[np.ndarray, "learned tested"]:
    found = np.asarray(matrix, np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not found.size:
        raise ShapeError(
            f"the accuracy matrix has the shape {found.shape}; expected a row and a column for each experience."
        )
    return found
