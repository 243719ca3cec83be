"""Distributed representations: how sparse they are, how many dimensions they use, and how alike two of them are."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ...errors import DataError, InvalidValue, ShapeError
from ...typing import Float

FEWEST = 3  # stimuli: with two, every pair of centred representations is perfectly alike
MEASURES = ("correlation", "euclidean", "cosine")


def participation_ratio(activities: object) -> float:
    """Return the participation ratio: the number of dimensions that activities use.

        PR = (sum_i lambda_i)^2 / sum_i lambda_i^2

    with the eigenvalues lambda of the covariance: 1 if all stimuli lie on a line, the number of units if the variance
    is the same in all directions.

    Args:
        activities: ``(stimuli, units)``; further axes count as units.

    Raises:
        ShapeError, DataError: If they are not at least three finite rows, or all rows are equal.

    Reference:
        P. Gao, E. Trautmann, B. Yu, G. Santhanam, S. Ryu, K. Shenoy, S. Ganguli, 2017, A theory of multineuronal
        dimensionality, dynamics and measurement.
    """
    centred = _centred(activities, "participation_ratio")
    # Both sums are traces: of the covariance and of its square, for which the smaller product is enough.
    gram = centred @ centred.T if centred.shape[0] < centred.shape[1] else centred.T @ centred
    return float(np.trace(gram) ** 2 / np.sum(gram * gram))


def sparseness(activities: object) -> tuple[Float[np.ndarray, "units"], Float[np.ndarray, "stimuli"]]:
    """Return the sparseness of each unit over stimuli (lifetime) and of each stimulus over units (population).

        S = (1 - (mean r)^2 / mean r^2) / (1 - 1 / n)

    0 if all activities are equal, 1 if a single one is not 0; NaN for units or stimuli that are silent.

    Args:
        activities: Activities of at least 0, ``(stimuli, units)``; further axes count as units.

    Raises:
        DataError: If one is negative.
        ShapeError: If they are not at least three rows.

    Reference:
        W. E. Vinje, J. L. Gallant, 2000, Sparse coding and decorrelation in primary visual cortex during natural
        vision.
        E. T. Rolls, M. J. Tovee, 1995, Sparseness of the neuronal representation of stimuli in the primate temporal
        visual cortex.
    """
    rows = _rows(activities, "sparseness")
    if (rows < 0).any():
        raise DataError(f"sparseness: got the activity {rows.min():g}; it is defined for rates, which are at least 0.")

    def along(axis: int) -> Float[np.ndarray, "others"]:
        count, squares = rows.shape[axis], (rows**2).mean(axis)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (1 - rows.mean(axis) ** 2 / squares) / (1 - 1 / count)

    return along(0), along(1)


def centered_kernel_alignment(first: object, second: object, *, unbiased: bool = True) -> float:
    """Return the linear centred kernel alignment (CKA) of two representations of the same stimuli.

        CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)),   K = X X', L = Y Y'

    1 for representations that differ by a rotation and a scale only, about 0 for unrelated ones. It compares layers,
    networks, learning rules, and networks with recordings of neurons.

    Args:
        first: ``(stimuli, units)``; further axes count as units.
        second: The same stimuli in another network, or a recording; the number of units may differ.
        unbiased: Whether to use the unbiased estimate of HSIC, which needs four stimuli and may be slightly below 0.
            The biased one is close to 1 for unrelated representations with more units than stimuli.

    Raises:
        ShapeError: If the numbers of stimuli differ or are too small.
        DataError: If a value is not finite or all rows are equal.

    Reference:
        S. Kornblith, M. Norouzi, H. Lee, G. Hinton, 2019, Similarity of neural network representations revisited.
        L. Song, A. Smola, A. Gretton, J. Bedo, K. Borgwardt, 2012, Feature selection via dependence maximization,
        equation 5 (the unbiased estimate).
    """
    x, y = _pair(first, second, "centered_kernel_alignment", 4 if unbiased else FEWEST)
    hsic = _unbiased_hsic if unbiased else _biased_hsic
    k, m = x @ x.T, y @ y.T
    norm = hsic(k, k) * hsic(m, m)
    if not norm > 0:
        raise DataError("centered_kernel_alignment: too few stimuli for these representations; give more.")
    return float(hsic(k, m) / np.sqrt(norm))


def dissimilarity_matrix(activities: object, measure: str = "correlation") -> Float[np.ndarray, "stimuli stimuli"]:
    """Return the representational dissimilarity matrix: how different the activities of each two stimuli are.

    Args:
        activities: ``(stimuli, units)``; further axes count as units.
        measure: ``"correlation"``, 1 - r over units; ``"euclidean"``; or ``"cosine"``.

    Raises:
        InvalidValue: If the measure is unknown.
        ShapeError, DataError: If activities are not at least three finite rows; for a correlation, if those of a
            stimulus are all equal.
    """
    from scipy.spatial.distance import pdist, squareform

    if measure not in MEASURES:
        raise InvalidValue(f"dissimilarity_matrix(measure={measure!r}): expected one of {', '.join(MEASURES)}.")
    rows = _rows(activities, "dissimilarity_matrix")
    if measure == "correlation" and (flat := np.flatnonzero(rows.std(1) == 0)).size:
        raise DataError(
            f"dissimilarity_matrix: all activities for stimulus {flat[0]} are equal; no correlation exists."
        )
    return squareform(pdist(rows, measure))


def representational_similarity(first: object, second: object, measure: str = "correlation") -> float:
    """Return how similarly two representations tell stimuli apart: Spearman's correlation of their dissimilarities.

    Args:
        first: ``(stimuli, units)``, activities of a layer or of recorded neurons.
        second: The same stimuli elsewhere.
        measure: As for :func:`dissimilarity_matrix`.

    Raises:
        InvalidValue, ShapeError, DataError: As for :func:`dissimilarity_matrix`, or if the numbers of stimuli differ.

    Reference:
        N. Kriegeskorte, M. Mur, P. Bandettini, 2008, Representational similarity analysis.
    """
    _pair(first, second, "representational_similarity", FEWEST)
    each = [dissimilarity_matrix(activities, measure) for activities in (first, second)]
    upper = np.triu_indices(len(each[0]), 1)
    ranks = (stats.rankdata(matrix[upper]) for matrix in each)
    return float(np.corrcoef(*ranks)[0, 1])


def _rows(activities: object, owner: str, fewest: int = FEWEST) -> Float[np.ndarray, "stimuli units"]:
    values = np.asarray(activities, np.float64)
    if values.ndim < 2 or len(values) < fewest or not values[0].size:
        raise ShapeError(
            f"{owner}: got activities of shape {values.shape}; expected (stimuli, units), at least {fewest} stimuli."
        )
    if not np.isfinite(values).all():
        row = np.argwhere(~np.isfinite(values))[0][0]
        raise DataError(f"{owner}: the activities for stimulus {row} are not finite.")
    return values.reshape(len(values), -1)


def _centred(activities: object, owner: str, fewest: int = FEWEST) -> Float[np.ndarray, "stimuli units"]:
    rows = _rows(activities, owner, fewest)
    centred = rows - rows.mean(0)
    if not np.abs(centred).max() > 1e-12 * np.abs(rows).max():
        raise DataError(f"{owner}: the activities for all stimuli are equal.")
    return centred / np.abs(centred).max()  # every measure is free of scale; squares of squares must not overflow


def _pair(first: object, second: object, owner: str, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = _centred(first, owner, fewest), _centred(second, owner, fewest)
    if len(x) != len(y):
        raise ShapeError(f"{owner}: got {len(x)} and {len(y)} stimuli; both need the same ones in the same order.")
    return x, y


def _biased_hsic(k: Float[np.ndarray, "n n"], m: Float[np.ndarray, "n n"]) -> float:
    return float(np.sum(k * m))  # both are centred


def _unbiased_hsic(k: Float[np.ndarray, "n n"], m: Float[np.ndarray, "n n"]) -> float:
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    products = np.sum(k * m) + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 * (k.sum(0) @ m.sum(0)) / (n - 2)
    return float(products / (n * (n - 3)))
