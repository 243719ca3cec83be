"""A generator of rows: for each class a normal distribution in a few directions of the inputs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..typing import Float, Num


class ClassGaussian(NamedTuple):
    """A normal distribution of the rows of one class along their principal components.

    Attributes:
        label: The class.
        shape: The shape of a row.
        mean: The mean row, ``(features,)``.
        axes: Directions times their standard deviations, ``(rank, features)``.
        low, high: The range of each feature, to which rows are clipped.
        rows: How many rows it was learned from.
    """

    label: int
    shape: tuple[int, ...]
    mean: Float[np.ndarray, "features"]
    axes: Float[np.ndarray, "rank features"]
    low: Float[np.ndarray, "features"]
    high: Float[np.ndarray, "features"]
    rows: int

    def draw(self, count: int, rng: np.random.Generator) -> Float[np.ndarray, "count *shape"]:
        """Return random rows."""
        along = rng.standard_normal((count, len(self.axes)), np.float32) @ self.axes
        # What the directions leave is not drawn: independent noise in each pixel looks like no image that came.
        return np.clip(self.mean + along, self.low, self.high).reshape(count, *self.shape)


def fit_gaussian(x: Num[np.ndarray, "rows *features"], label: int, rank: int) -> ClassGaussian:
    """Return the normal distribution of the rows of a class.

    Args:
        x: The rows, ``(rows, ...)``.
        label: Their class.
        rank: The number of directions.
    """
    flat = x.reshape(len(x), -1).astype(np.float32)
    mean = flat.mean(0)
    centred = flat - mean
    covariance = centred.T @ centred / max(len(flat) - 1, 1)
    rank = min(rank, len(flat) - 1, flat.shape[1])
    values, vectors = np.linalg.eigh(covariance)
    kept = slice(len(values) - rank, None)
    axes = (vectors[:, kept] * np.sqrt(np.maximum(values[kept], 0))).T
    return ClassGaussian(label, x.shape[1:], mean, axes.astype(np.float32), flat.min(0), flat.max(0), len(flat))
