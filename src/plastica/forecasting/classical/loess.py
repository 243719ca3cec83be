"""Locally weighted linear regression over evenly spaced steps (loess), the smoother of STL."""

from __future__ import annotations

import numpy as np

from ...typing import Float

# Cleveland et al. (1990) and their program: steps nearer than .001 of the bandwidth have the full weight, those beyond
# .999 of it none.
NEAR, FAR = 0.001, 0.999


def loess(
    values: Float[np.ndarray, "rows time"],
    span: int,
    weights: Float[np.ndarray, "rows time"] | None = None,
    beyond: int = 0,
) -> Float[np.ndarray, "rows steps"]:
    """Return, for each step, the value at this step of a line through its neighbours.

    Neighbours count by the tricube of their distance, (1 - (d / h)^3)^3, with h the distance of the farthest.

    Args:
        values: Series side by side.
        span: How many neighbours a line has; at the ends they are on one side.
        weights: A weight for each value, such as 0 for outliers. Default: all 1.
        beyond: How many steps before the first and behind the last are returned as well.
    """
    from scipy.signal import oaconvolve

    steps, count = values.shape[1], min(span, values.shape[1])
    places = np.arange(-beyond, steps + beyond)
    left = np.clip(places - (count - 1) // 2, 0, steps - count)
    weights = np.ones_like(values) if weights is None else weights
    moments = np.stack([weights, weights * values])  # (2, rows, time)
    found = np.empty((len(values), len(places)))
    for offset in np.unique(places - left):
        own = np.flatnonzero(places - left == offset)
        away = np.arange(float(count)) - offset  # the distance of each neighbour from the step
        kernel = _tricube(away, max(span - steps, 0) // 2)
        kernels = kernel * np.stack([away**0, away, away**2])[: 3 if count > 1 else 1]
        first, last = left[own[0]], left[own[-1]] + count
        part = moments[:, :, first:last]
        if len(own) == 1:
            sums = np.einsum("krt,pt->kpr", part, kernels)[..., None]  # (2, powers, rows, 1)
        else:
            reverse = kernels[None, :, None, ::-1]
            sums = oaconvolve(
                part[:, None], np.broadcast_to(reverse, (2, len(kernels), len(values), count)), "valid", -1
            )
        found[:, own] = _at_zero(*sums)
    return found


def _tricube(away: Float[np.ndarray, "neighbours"], wider: int) -> Float[np.ndarray, "neighbours"]:
    distance, bandwidth = np.abs(away), float(np.abs(away).max() + wider)
    if bandwidth == 0:
        return np.ones(len(away))
    kernel = (1 - np.minimum(distance / bandwidth, 1) ** 3) ** 3
    return np.where(distance <= NEAR * bandwidth, 1.0, np.where(distance > FAR * bandwidth, 0.0, kernel))


def _at_zero(
    powers: Float[np.ndarray, "powers rows steps"], products: Float[np.ndarray, "powers rows steps"]
) -> Float[np.ndarray, "rows steps"]:
    """Return the value at distance 0 of the line, from sums of weights and of values by power of the distance."""
    if len(powers) == 1:
        return products[0] / powers[0]
    total = np.maximum(powers[0], np.finfo(np.float64).tiny)
    mean, middle = products[0] / total, powers[1] / total
    spread = powers[2] / total - middle**2
    # A line through steps at nearly one place is none: their mean is taken.
    slope = np.divide(products[1] / total - middle * mean, spread, out=np.zeros_like(mean), where=spread > 1e-9)
    return mean - slope * middle
