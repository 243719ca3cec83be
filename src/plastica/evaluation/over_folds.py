"""The mean of a metric over folds, with an interval that allows for training sets that overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .intervals import Figure
from .significance import student_quantile


def over_folds(values: Sequence[float] | np.ndarray, ratio: float) -> Figure:
    """Return the mean of a metric over folds with its 95 % interval; NaN values are left out.

    Any two folds of cross-validation train on mostly the same rows, so that their values are correlated, and the
    variance of their mean is larger than that of independent values. The corrected interval is

        mean +- t(J - 1) sqrt((1 / J + n_test / n_train) s^2)

    for J values (folds times repeats) with the standard deviation s.

    Args:
        values: The metric of each fold.
        ratio: The number of held-out rows divided by that of training rows, n_test / n_train; 1 / (K - 1) for K folds.

    Example:
        >>> found = over_folds([0.8, 0.9, 0.7, 0.8], ratio=1 / 3)
        >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
        (0.8, 0.602, 0.998)

    Reference:
        C. Nadeau, Y. Bengio (2003), Inference for the generalization error, section 3, equation 5; R. Bouckaert,
        E. Frank (2004), Evaluating the replicability of significance tests for comparing learning algorithms, for
        repeats.
    """
    found = np.asarray(values, np.float64)
    found = found[~np.isnan(found)]
    count = len(found)
    value = float(found.mean()) if count else math.nan
    spread = spread_of(found)
    if not (math.isfinite(spread) and spread > 0):
        return Figure(value)
    half = student_quantile(0.975, count - 1) * spread * math.sqrt(1 / count + ratio)
    return Figure(value, value - half, value + half)


def spread_of(values: Sequence[float] | np.ndarray) -> float:
    """Return the standard deviation over folds, with n - 1 in the denominator; NaN for fewer than two values."""
    found = np.asarray(values, np.float64)
    found = found[~np.isnan(found)]
    return float(found.std(ddof=1)) if len(found) > 1 else math.nan
