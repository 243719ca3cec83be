"""Weights of the members of an ensemble, from held-out rows."""

from __future__ import annotations

from typing import cast

import numpy as np
from scipy.optimize import nnls  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from ..typing import Float

STEPS = 2000
SMALLEST = 1e-12  # of a probability, so that a member that excludes the true class does not divide by zero
CLOSE = 1e-9


def weights_by_likelihood(likelihoods: Float[np.ndarray, "members rows"]) -> Float[np.ndarray, "members"]:
    """Return the weights of a mixture that maximize the likelihood of the targets.

    Expectation maximization for the proportions of a mixture, which never decreases the likelihood; the problem is
    concave:

        w_m <- mean over rows of w_m p_m(y) / (sum over n of w_n p_n(y))

    Args:
        likelihoods: The probability that each member gave to the target of each row.

    Reference:
        A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm,
        section 4.3.
    """
    given = np.maximum(likelihoods, SMALLEST)
    weights = np.full(len(given), 1 / len(given))
    for _ in range(STEPS):
        shares = weights[:, None] * given
        found = (shares / shares.sum(0)).mean(1)
        if np.abs(found - weights).max() < CLOSE:
            return found
        weights = found
    return weights


def weights_by_squares(
    predictions: Float[np.ndarray, "members values"], targets: Float[np.ndarray, "values"]
) -> Float[np.ndarray, "members"]:
    """Return the weights of at least 0 with a sum of 1 that minimize the squared error of the mean.

    The sum is held by one more equation with a large weight in non-negative least squares (Lawson and Hanson 1974,
    chapter 23).

    Reference:
        L. Breiman (1996), Stacked regressions, section 3.
    """
    heavy = 1e4 * max(float(np.abs(predictions).max()), 1e-12) * np.sqrt(predictions.shape[1])
    design = np.vstack([predictions.T, np.full(len(predictions), heavy)])
    found, _ = cast("tuple[np.ndarray, float]", nnls(design, np.append(targets, heavy)))
    return found / found.sum()
