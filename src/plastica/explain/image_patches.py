"""Patches of an image as groups of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import ShapeError
from ..model.options import whole
from ..notes import note
from ..typing import Int
from .attribution import Attribution


def patches(shape: Sequence[int], size: int) -> Int[np.ndarray, "*shape"]:
    """Return the number of the square patch that each value of an image belongs to, for ``groups=``.

    Args:
        shape: The shape of an image, ``(height, width)`` or ``(height, width, channels)``.
        size: The height and width of a patch in pixels; at the right and lower edge it may be smaller.

    Raises:
        ShapeError: If the shape is none of an image.

    Example:
        >>> patches((4, 4), 2)[0].tolist(), int(patches((4, 4, 3), 2).max())
        ([0, 0, 1, 1], 3)
    """
    side = whole("size", size, 1)
    if len(shape) not in (2, 3):
        raise ShapeError(note("explain.patches_shape", shape=str(tuple(shape))))
    assert side is not None
    rows, columns = (np.arange(length) // side for length in shape[:2])
    made = rows[:, None] * (columns[-1] + 1) + columns
    return made if len(shape) == 2 else np.repeat(made[:, :, None], shape[2], axis=2)


def by_pixel(found: Attribution, labels: Int[np.ndarray, "*shape"]) -> Attribution:
    """Return an attribution of patches as one of pixels, which share the value of their patch.

    Args:
        found: The attribution; one of pixels is returned as it is.
        labels: The number of the patch of each value, as :func:`patches` returns it.
    """
    size = np.bincount(labels.ravel())
    if found.flat.shape[1] != len(size):
        return found
    share = found.flat / size[:, None]
    return replace(found, values=share[:, labels.ravel()].reshape(len(share), *labels.shape, -1), error=None)
