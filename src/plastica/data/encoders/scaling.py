"""Numbers brought to one scale by median and quartiles, their tails bent so that no number is impossible."""

from __future__ import annotations

import math

import msgspec
import numpy as np

LARGEST = float(np.finfo(np.float64).max)
LIMIT = 3.0  # what smooth clipping tends to
FEWEST = 20  # values below which tails are not judged
SKEWED = 5.0  # an upper tail so many times as long as the lower one asks for logarithms; exponential numbers: 3.6
HEAVY = 20.0  # tails so many times as wide as the quartiles ask for them too; Student's t with 2 degrees: 8.5


class Robust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Centre and scale of a number, and the unit of its logarithm.

        b = sign(x) log(1 + |x| / unit)         where the tails ask for it, else b = x
        s = (b - centre) scale
        z = s / sqrt(1 + (s / 3)^2)

    centre is the median of the training rows; scale is 1 / (q75 - q25) of their quartiles, where these are equal
    2 / (max - min), and 0 where all numbers are one. z lies between -3 and 3. What is missing becomes 0, which is
    the median.

    Logarithms are taken where at least 20 numbers that are not zero say so: all of one sign and, in magnitude,
    (q95 - q50) > 5 (q50 - q05) and q95 > 5 q50, with q05 as the unit; or of both signs and
    (q99 - q01) > 20 (q75 - q25), with the
    median magnitude as the unit.

    Reference:
        Holzmueller, Grinsztajn and Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted trees on
        tabular data, section 3 (robust scaling and smooth clipping).
    """

    centre: float
    scale: float
    unit: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not all(map(math.isfinite, (self.centre, self.scale, self.unit))) or self.scale < 0 or self.unit < 0:
            raise ValueError("centre, scale and unit must be finite, scale and unit not below zero")

    @classmethod
    def fit(cls, numbers: np.ndarray, logarithm: bool = True) -> Robust:
        """Learn from training rows, NaN where missing; ``logarithm`` says whether one may be taken."""
        present = numbers[~np.isnan(numbers)]
        largest = float(np.abs(present).max(initial=0.0))
        if not largest:
            return cls(0.0, 0.0)
        unit = _unit(present / largest) if logarithm else 0.0
        bent = _bend(present / largest, unit)  # numbers of at most 1, so that nothing below overflows
        low, q25, centre, q75, high = np.quantile(bent, (0, 0.25, 0.5, 0.75, 1)).tolist()
        scale = 1 / (q75 - q25) if q75 > q25 else 2 / (high - low) if high > low else 0.0
        if unit:
            return cls(centre, min(scale, LARGEST), max(unit * largest, 5e-324))
        return cls(centre * largest, min(scale / largest, LARGEST))

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Bend, centre, scale and clip; halves first, so that the largest doubles do not overflow."""
        with np.errstate(over="ignore"):
            scaled = (_bend(numbers, self.unit) / 2 - self.centre / 2) * self.scale * 2
            scaled = np.clip(scaled, -1e12, 1e12)
            return np.nan_to_num(scaled / np.sqrt(1 + (scaled / LIMIT) ** 2))


def _bend(numbers: np.ndarray, unit: float) -> np.ndarray:
    if not unit:
        return numbers
    with np.errstate(over="ignore"):
        shares = np.minimum(np.abs(numbers) / unit, LARGEST)
    return np.sign(numbers) * np.log1p(shares)


def _unit(numbers: np.ndarray) -> float:
    """Return the unit of the logarithm that the tails of these numbers ask for, 0 for none."""
    magnitudes = np.abs(numbers[numbers != 0])
    if len(magnitudes) < FEWEST:
        return 0.0
    if numbers.min() >= 0 or numbers.max() <= 0:
        q05, q50, q95 = np.quantile(magnitudes, (0.05, 0.5, 0.95)).tolist()
        return q05 if q95 - q50 > SKEWED * (q50 - q05) and q95 > SKEWED * q50 else 0.0
    q01, q25, q75, q99 = np.quantile(numbers, (0.01, 0.25, 0.75, 0.99)).tolist()
    return float(np.median(magnitudes)) if q75 > q25 and q99 - q01 > HEAVY * (q75 - q25) else 0.0
