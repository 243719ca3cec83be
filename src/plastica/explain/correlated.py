"""Groups of features that say nearly the same: strongly correlated ones."""

from __future__ import annotations

import numpy as np

from ..data.ranks import ranks
from ..errors import DataError, InvalidValue
from ..notes import note
from ..typing import Float, Int, Num

STRONG = 0.7  # collinear from this value; Dormann et al. (2013), Collinearity, Ecography 36
FEWEST = 10  # rows


def correlated_groups(method: str, rows: Num[np.ndarray, "rows *shape"]) -> Int[np.ndarray, "features"]:
    """Return for each feature the number of its group, of which each begins with its first feature.

    All pairs of a group have an absolute rank correlation of at least 0.7 (complete linkage).

    Raises:
        DataError: If there are fewer than 10 rows, in which correlations are chance.
        InvalidValue: If rows are no vectors of numbers.
    """
    if rows.ndim != 2 or rows.dtype.kind not in "fiub":
        raise InvalidValue(note("explain.correlated_shape", method=method, shape=str(rows.shape)))
    if len(rows) < FEWEST:
        raise DataError(note("explain.correlated_few", method=method, least=str(FEWEST), rows=str(len(rows))))
    if rows.shape[1] < 2:
        return np.zeros(rows.shape[1], np.int64)
    numbers = rows.astype(np.float64)
    numbers = np.where(np.isfinite(numbers), numbers, np.nanmedian(numbers, 0))
    ranked = np.stack([ranks(column) for column in numbers.T], 1)
    spread = ranked.std(0)
    standard = (ranked - ranked.mean(0)) / np.where(spread > 0, spread, 1)
    return strong_groups(standard.T @ standard / len(rows))  # 0 for constants


def strong_groups(strengths: Float[np.ndarray, "items items"]) -> Int[np.ndarray, "items"]:
    """Return for each item the number of its group, in which all pairs are associated by at least 0.7 in size.

    Complete linkage: a group is as strong as its weakest pair.

    Args:
        strengths: The association of all pairs, from -1 to 1.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1 - np.abs(strengths), 0, 1)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), "complete")
    labels = fcluster(tree, 1 - STRONG + 1e-9, "distance")
    return np.unique(labels, return_inverse=True)[1].reshape(-1)
