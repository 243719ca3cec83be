"""Robust scaling by median and quartiles, with smooth clipping of the tails."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from ...typing import Float

LARGEST = float(np.finfo(np.float64).max)
LIMIT = 3.0  # the limit of smooth clipping
FEWEST = 20  # the minimum number of values for deciding on a logarithm
SKEWED = 5.0  # ratio of upper to lower tail from which a logarithm is used; 3.6 for the exponential distribution
HEAVY = 20.0  # ratio of tails to quartiles from which a logarithm is used; 8.5 for Student's t with 2 degrees


class Robust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The centre and scale of a numeric column, and the unit of its logarithm.

        b = sign(x) log(1 + |x| / unit)         for long tails, otherwise b = x
        s = (b - centre) scale
        z = s / sqrt(1 + (s / 3)^2)

    centre is the median of the training set. scale is 1 / (q75 - q25) of its quartiles, 2 / (max - min) if they are
    equal, and 0 if all numbers are equal. z lies between -3 and 3. A missing value becomes 0, which is the median.

    A logarithm is used if there are at least 20 numbers other than zero and either all have the same sign and, in
    magnitude, (q95 - q50) > 5 (q50 - q05) and q95 > 5 q50, with q05 as the unit; or both signs occur and
    (q99 - q01) > 20 (q75 - q25), with the median magnitude as the unit.

    Reference:
        Holzmueller, Grinsztajn and Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted trees on
        tabular data, section 3 (robust scaling and smooth clipping).
    """

    centre: float
    scale: float
    unit: float = 0.0

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not all(map(math.isfinite, (self.centre, self.scale, self.unit))) or self.scale < 0 or self.unit < 0:
            raise ValueError("centre, scale and unit must be finite, scale and unit not below zero")

    @classmethod
    def fit(cls, numbers: Float[np.ndarray, "rows"], logarithm: bool = True) -> Robust:
        """Fit to the training set, NaN for missing values; ``logarithm`` allows a logarithm."""
        present = numbers[~np.isnan(numbers)]
        largest = float(np.abs(present).max(initial=0.0))
        if not largest:
            return cls(0.0, 0.0)
        unit = _unit(present / largest) if logarithm else 0.0
        bent = _bend(present / largest, unit)  # at most 1 in magnitude, so that nothing below overflows
        low, q25, centre, q75, high = np.quantile(bent, (0, 0.25, 0.5, 0.75, 1)).tolist()
        scale = 1 / (q75 - q25) if q75 > q25 else 2 / (high - low) if high > low else 0.0
        if unit:
            return cls(centre, min(scale, LARGEST), max(unit * largest, 5e-324))
        return cls(centre * largest, min(scale / largest, LARGEST))

    def __call__(self, numbers: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows"]:
        """Apply logarithm, centre, scale and clip; halved first, so that the largest doubles do not overflow."""
        with np.errstate(over="ignore"):
            scaled = (_bend(numbers, self.unit) / 2 - self.centre / 2) * self.scale * 2
            scaled = np.clip(scaled, -1e12, 1e12)
            return np.nan_to_num(scaled / np.sqrt(1 + (scaled / LIMIT) ** 2))


def _bend(numbers: Float[np.ndarray, "rows"], unit: float) -> Float[np.ndarray, "rows"]:
    if not unit:
        return numbers
    with np.errstate(over="ignore"):
        shares = np.minimum(np.abs(numbers) / unit, LARGEST)
    return np.sign(numbers) * np.log1p(shares)


def _unit(numbers: Float[np.ndarray, "rows"]) -> float:
    """Return the unit of the logarithm for the tails of these numbers, or 0 if none is used."""
    magnitudes = np.abs(numbers[numbers != 0])
    if len(magnitudes) < FEWEST:
        return 0.0
    if numbers.min() >= 0 or numbers.max() <= 0:
        q05, q50, q95 = np.quantile(magnitudes, (0.05, 0.5, 0.95)).tolist()
        return q05 if q95 - q50 > SKEWED * (q50 - q05) and q95 > SKEWED * q50 else 0.0
    q01, q25, q75, q99 = np.quantile(numbers, (0.01, 0.25, 0.75, 0.99)).tolist()
    return float(np.median(magnitudes)) if q75 > q25 and q99 - q01 > HEAVY * (q75 - q25) else 0.0
