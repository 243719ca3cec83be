"""Metrics with 95 % confidence intervals, in closed form or by the bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from ..data.ranks import ranks
from ..typing import Bool, Float, Int, Num

Z = 1.959964  # the normal quantile of a 95 % interval
DRAWS = 500
MOST_WORK = 10_000_000  # resamples times rows, so that an interval takes at most a second
FEWEST_DRAWS = 100
CHUNK = 50


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value with its 95 % confidence interval, if it can be computed.

    Args:
        value: The value.
        low, high: The interval, or None.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def sure(self) -> bool:
        """Whether the interval excludes 0; for a difference, whether it is significant."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def wilson(hits: int, rows: int) -> Figure:
    """Return Wilson's interval (1927) of a proportion, which is also valid at 0, at 1 and for few rows."""
    if not rows:
        return Figure(0.0)
    share, square = hits / rows, Z * Z / rows
    centre = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / rows + square / (4 * rows)) / (1 + square)
    return Figure(share, max(0.0, centre - half), min(1.0, centre + half))


def around(
    value: float, parts: Num[np.ndarray, "rows"], lowest: float = -math.inf, highest: float = math.inf
) -> Figure:
    """Return the interval of a mean over rows, or of a statistic with this influence function."""
    rows = len(parts)
    spread = float(parts.std(ddof=1)) if rows > 1 else 0.0
    if not (math.isfinite(spread) and spread > 0):
        return Figure(value)
    half = Z * spread / math.sqrt(rows)
    return Figure(value, max(lowest, value - half), min(highest, value + half))


def delong(positive: Bool[np.ndarray, "rows"], score: Float[np.ndarray, "rows"]) -> Figure:
    """Return the area under the ROC curve: DeLong, DeLong, Clarke-Pearson 1988, with the ranks of Sun and Xu 2014."""
    yes, no = score[positive], score[~positive]
    of_all = ranks(score)
    above = (of_all[positive] - ranks(yes)) / len(no)
    below = 1 - (of_all[~positive] - ranks(no)) / len(yes)
    value = float(above.mean())
    if min(len(yes), len(no)) < 2:
        return Figure(value)
    half = Z * math.sqrt(above.var(ddof=1) / len(yes) + below.var(ddof=1) / len(no))
    return Figure(value, max(0.0, value - half), min(1.0, value + half)) if half else Figure(value)


def between(value: float, drawn: Float[np.ndarray, "draws"] | None) -> Figure:
    """Return the percentile bootstrap interval (Efron 1979) of a value from its resampled values."""
    if drawn is None or not len(drawn) or not np.isfinite(drawn).all() or not np.ptp(drawn):
        return Figure(value)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Figure(value, min(float(low), value), max(float(high), value))


def drawn(
    strata: Int[np.ndarray, "rows"], figure: Callable[[np.ndarray], np.ndarray]
) -> Float[np.ndarray, "draws"] | None:
    """Return the values of a metric on rows resampled with replacement within each stratum.

    Args:
        strata: A class index for each row; with one stratum, the whole table is resampled.
        figure: Takes the count of each row, ``(draws, rows)``, and returns the values ``(draws,)``.

    Returns:
        The values, or None if there are too many rows.
    """
    draws = min(DRAWS, MOST_WORK // max(len(strata), 1))
    if draws < FEWEST_DRAWS or len(strata) < 2:
        return None
    return np.concatenate([figure(counts) for counts in _counts(strata, draws)])


def drawn_confusions(confusion: Num[np.ndarray, "classes classes"]) -> Float[np.ndarray, "draws classes classes"]:
    """Return confusion matrices of rows resampled within each true class, ``(draws, classes, classes)``."""
    rng = np.random.Generator(np.random.PCG64(0))
    made = np.zeros((DRAWS, *confusion.shape))
    for true, row in enumerate(confusion):
        if row.sum():
            made[:, true] = rng.multinomial(int(row.sum()), row / row.sum(), size=DRAWS)
    return made


def weighted_average_precision(
    positive: Bool[np.ndarray, "rows"], score: Float[np.ndarray, "rows"]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function for the average precision of rows with counts; equal scores are one step."""
    order, ends = _steps(score)
    yes = positive[order].astype(np.float64)

    def figure(counts: Num[np.ndarray, "draws rows"]) -> Float[np.ndarray, "draws"]:
        counts = counts[:, order]
        hits = np.cumsum(counts * yes, axis=1)[:, ends]
        precision = hits / np.maximum(np.cumsum(counts, axis=1)[:, ends], 1)
        gained = np.diff(hits, axis=1, prepend=0.0)
        return (gained * precision).sum(1) / np.maximum(hits[:, -1], 1)

    return figure


def weighted_auc(
    positive: Bool[np.ndarray, "rows"], score: Float[np.ndarray, "rows"]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function for the area under the ROC curve of rows with counts, by the trapezoidal rule."""
    order, ends = _steps(score)
    yes = positive[order].astype(np.float64)

    def figure(counts: Num[np.ndarray, "draws rows"]) -> Float[np.ndarray, "draws"]:
        counts = counts[:, order]
        hits = np.cumsum(counts * yes, axis=1)[:, ends]
        misses = np.cumsum(counts * (1 - yes), axis=1)[:, ends]
        before = np.concatenate([np.zeros((len(hits), 1)), hits[:, :-1]], axis=1)
        area = (np.diff(misses, axis=1, prepend=0.0) * (hits + before) / 2).sum(1)
        return area / np.maximum(hits[:, -1] * misses[:, -1], 1)

    return figure


def _steps(score: Float[np.ndarray, "rows"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows by decreasing score, and the end of each group of equal scores."""
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    return order, np.flatnonzero(np.append(falling[1:] != falling[:-1], True))


def _counts(strata: Int[np.ndarray, "rows"], draws: int) -> Iterator[np.ndarray]:
    rng = np.random.Generator(np.random.PCG64(0))
    members = [np.flatnonzero(strata == each) for each in np.unique(strata)]
    for start in range(0, draws, CHUNK):
        counts = np.zeros((min(CHUNK, draws - start), len(strata)))
        for row in counts:
            for rows in members:
                row[rows] = np.bincount(rng.integers(len(rows), size=len(rows)), minlength=len(rows))
        yield counts
