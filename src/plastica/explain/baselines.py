"""The baseline of a method that starts from one input, and the answer that its values are counted from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, ShapeError
from ..notes import note
from ..typing import Float
from .attribution import Attribution, attribution
from .explained import Explained


def baseline_of(method: str, asked: Explained, baseline: ArrayLike | None) -> Float[np.ndarray, "bases one features"]:
    """Return a baseline for all rows or for each, ``(1 or rows, 1, features)``."""
    shape = asked.x.shape
    found = np.zeros(shape[1:], np.float32) if baseline is None else np.asarray(baseline, np.float32)
    if found.shape not in (shape[1:], shape):
        raise ShapeError(
            note("explain.baseline_shape", method=method, found=str(found.shape), row=str(shape[1:]), shape=str(shape))
        )
    if not np.isfinite(found).all():
        raise DataError(note("explain.baseline_not_finite", method=method))
    return found.reshape(-1 if found.shape == shape else 1, 1, int(np.prod(shape[1:])))


def from_baseline(
    asked: Explained, method: str, values: np.ndarray, base: np.ndarray, points: int, **further: object
) -> Attribution:
    """Return an attribution whose baseline is the answer for an input."""
    # Pixels may be whole numbers, but a mean of them is none.
    kind = asked.x.dtype if asked.x.dtype.kind == "f" else np.float32
    rows = np.atleast_2d(base).reshape(-1, *asked.x.shape[1:]).astype(kind)
    baseline = asked.function(rows)[:, asked.outputs]
    return attribution(asked, method, values, baseline, points * len(asked.x), **further)
