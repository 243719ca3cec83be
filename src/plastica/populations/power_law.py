"""Power laws of errors: E(n) = a n^-b + c, fitted by least squares, with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import InvalidValue
from ..typing import Float

# Exponents that are tried before the best is refined; those of learning curves are .07 to .5 (Hestness et al. 2017).
EXPONENTS = np.geomspace(0.01, 4.0, 121)
REFINEMENTS = 24  # halvings of the interval around the best exponent: 2^-24 of it, beyond the precision of any data
RESAMPLINGS = 1000
LEVEL = 0.95
FEWEST = 4  # sizes: one more than the law has numbers


@dataclass(frozen=True)
class PowerLaw:
    """A law E(n) = a n^-b + c; returned by :func:`fit_power_law`.

    Attributes:
        a: The coefficient.
        b: The exponent: ten times as many rows divide what is above c by 10^b.
        c: The limit, what remains of the error for any n.
        intervals: The 95 % intervals of the three numbers.

    Example:
        >>> law = PowerLaw(2.0, 0.5, 0.1)
        >>> round(float(law(100)), 6), round(law.inverse(0.2))
        (0.3, 400)
    """

    a: float
    b: float
    c: float
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __call__(self, n: float | Float[np.ndarray, "sizes"]) -> Float[np.ndarray, "*sizes"]:
        """Return the error that the law predicts."""
        return self.a * np.asarray(n, float) ** -self.b + self.c

    def inverse(self, error: float) -> float:
        """Return the n at which the law predicts an error; infinity if it lies at or below the limit."""
        return (self.a / (error - self.c)) ** (1 / self.b) if error > self.c else math.inf

    def __str__(self) -> str:
        """Show the law as a formula."""
        return f"{self.a:.3g} n^-{self.b:.2g}" + (f" + {self.c:.2g}" if self.c else "")


def fit_power_law(n: Sequence[float], errors: Sequence[float], seed: int = 0) -> PowerLaw:
    """Fit a power law to errors at several sizes.

    Use it for the error of networks against the number of rows, units or epochs. The law minimizes the sum of squares
    of relative deviations,

        min over a >= 0, b > 0, c >= 0 of  sum_i ((E_i - a n_i^-b - c) / m_i)^2,

    where m_i is the mean error at the size n_i. Given b, this is a linear problem in a and c, so that only b is
    searched. The intervals are those of a bootstrap of the relative deviations, enlarged for the three numbers
    fitted: 1,000 sets of errors are drawn around the law and fitted in the same way.

    Args:
        n: The size of each error, ``(points,)``; several errors of one size are those of several seeds.
        errors: The errors, ``(points,)``, all above 0.
        seed: The seed of the bootstrap.

    Raises:
        InvalidValue: If there are fewer than 4 sizes, or a size or an error is not above 0.

    Example:
        >>> sizes = [100, 200, 400, 800, 1600]
        >>> law = fit_power_law(sizes, [3 * n**-0.5 + 0.1 for n in sizes])
        >>> f"{law.a:.2f} {law.b:.2f} {law.c:.2f}"
        '3.00 0.50 0.10'

    Reference:
        J. Hestness et al., 2017, Deep learning scaling is predictable, empirically, section 3; B. Efron, R. Tibshirani,
        1993, An introduction to the bootstrap, section 9.4.
    """
    sizes, found = np.asarray(n, float), np.asarray(errors, float)
    good = (sizes > 0) & (found > 0) & np.isfinite(sizes) & np.isfinite(found)
    if sizes.shape != found.shape or sizes.ndim != 1 or not good.all():
        raise InvalidValue(
            "a power law needs a size above 0 and an error above 0 for each point; leave out networks that failed."
        )
    known, group = np.unique(sizes, return_inverse=True)
    if len(known) < FEWEST:
        raise InvalidValue(f"a power law has three numbers and needs at least {FEWEST} sizes; got {len(known)}.")
    means = np.bincount(group, found) / np.bincount(group)
    # Sizes are measured in their geometric mean, so that n^-b neither vanishes nor overflows.
    unit = float(np.exp(np.log(sizes).mean()))
    scaled, weight = sizes / unit, 1 / means[group]
    a, b, c = _fitted(scaled, found[None], weight)
    law = PowerLaw(float(a[0] * unit ** b[0]), float(b[0]), float(c[0]))
    predicted = law(sizes)
    # Three numbers were fitted, by which the deviations are smaller than those of new points.
    spare = math.sqrt(len(sizes) / max(len(sizes) - 3, 1))
    deviations = (found - predicted) / means[group] * spare
    drawn = np.random.default_rng(seed).choice(deviations, (RESAMPLINGS, len(sizes)))
    others = _fitted(scaled, predicted + drawn * means[group], weight)
    edges = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    spread = {"a": others[0] * unit ** others[1], "b": others[1], "c": others[2]}
    intervals = {name: tuple(np.quantile(values, edges).tolist()) for name, values in spread.items()}
    return PowerLaw(law.a, law.b, law.c, intervals)


def _fitted(sizes: np.ndarray, errors: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a, b and c for each row of errors ``(sets, points)``."""
    tried = np.stack([_solved(sizes, errors, weight, np.full(len(errors), b))[2] for b in EXPONENTS])
    best = np.clip(tried.argmin(0), 1, len(EXPONENTS) - 2)
    # Between its neighbours, the best exponent is found by ternary search.
    low, high = EXPONENTS[best - 1], EXPONENTS[best + 1]
    # A step of ternary search leaves two thirds of the interval, so that two of them do more than a halving.
    for _ in range(2 * REFINEMENTS):
        third = (high - low) / 3
        left = _solved(sizes, errors, weight, low + third)[2]
        right = _solved(sizes, errors, weight, high - third)[2]
        low, high = np.where(left > right, low + third, low), np.where(left > right, high, high - third)
    exponent = (low + high) / 2
    a, c, _ = _solved(sizes, errors, weight, exponent)
    return a, exponent, c


def _solved(
    sizes: np.ndarray, errors: np.ndarray, weight: np.ndarray, exponent: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the best a and c, neither below 0, for given exponents ``(sets,)``, and the sums of squares."""
    power = sizes ** -exponent[:, None] * weight  # (sets, points)
    found = errors * weight
    pp, p1, one = (power**2).sum(1), (power * weight).sum(1), (weight**2).sum()
    pe, e1 = (power * found).sum(1), (found * weight).sum(1)
    determinant = np.maximum(pp * one - p1**2, 1e-300)
    a, c = (one * pe - p1 * e1) / determinant, (pp * e1 - p1 * pe) / determinant
    # At the edge of what is allowed one of the two is 0 and the other has a problem of its own.
    a, c = np.where(c < 0, pe / pp, a), np.maximum(c, 0.0)
    a, c = np.maximum(a, 0.0), np.where(a < 0, e1 / one, c)
    squares = ((a[:, None] * power + c[:, None] * weight - found) ** 2).sum(1)
    return a, c, squares
