"""Learning of intervals from the errors of rolling origins, of which a short series has few that are independent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit
from sklearn.isotonic import isotonic_regression

from ..calibration import ConformalIntervals
from ..typing import Float, Int
from .intervals import LEAST_SPREAD, ForecastIntervals, IntervalReach
from .rolling import independent_horizons, independent_series
from .windows import PanelWindows

ENOUGH = 3  # independent errors expected outside of the intervals of a step, for a threshold of its own
NOISE = np.pi / 2 - 1  # the variance of a normal error's absolute value, over its squared mean


class _Errors(NamedTuple):
    """The scaled errors of forecasts of known values.

    Attributes:
        off: The errors, NaN where what happened is not known.
        steps: The position of each value on the time axis.
        series: How many series tell something of their own, fewer than there are of one time.
    """

    off: Float[np.ndarray, "windows horizon"]
    steps: Int[np.ndarray, "windows horizon"]
    series: float


def learn_intervals(
    windows: PanelWindows,
    origins: Int[np.ndarray, "windows"],
    forecasts: Float[np.ndarray, "windows horizon"],
    season: int,
    coverage: float,
    levels: Sequence[float] = (),
    distances: IntervalReach | None = None,
) -> ForecastIntervals:
    r"""Return intervals from forecasts of known values.

    Forecasts of neighbouring origins share most of their steps, and their errors last, so that they tell as much as
    :math:`\nu` independent ones (:func:`independent_errors`). Their quantile is known as badly as a standard deviation
    of :math:`\nu` normal errors, and is multiplied by the ratio of Student's quantile with :math:`\nu` degrees of
    freedom to the normal one: 1.23 for 90 % intervals from 5 errors, 1.01 from 100.

    With few of them, all steps and both sides have one threshold, which grows over the horizon as the errors do. The
    next year may still differ from the last: the coverage on the test span shows what the promise is worth.

    Args:
        windows: The windows.
        origins: The origins of the forecasts.
        forecasts: The scaled forecasts, by models and weights that were learned without what they forecast.
        season: The number of steps of a season, after which spreads repeat.
        coverage: The part of values that intervals contain.
        levels: The levels of quantiles.
        distances: Those of the quantiles of networks from their median.

    Reference:
        Student (1908), The probable error of a mean. V. Vovk, A. Gammerman, G. Shafer (2005), Algorithmic learning in a
        random world, proposition 2.3 (the quantile of scores).
    """
    off, horizon = windows.scaled_truth(origins) - forecasts, windows.shape.horizon
    known = np.isfinite(off)
    steps = windows.positions[origins][:, None] + np.arange(horizon)
    errors = _Errors(off, steps, independent_series(windows, origins))
    growth = growth_of(off)
    plain = ForecastIntervals(coverage, (1.0,) * horizon, tuple(_spread(errors, growth, season).tolist()))
    if distances is not None:
        growth = np.ones(horizon)  # the quantiles of networks have their own
    scores = off / plain.reach(windows, origins, distances).of(off)
    count = independent_errors(windows, origins, off)
    pooled = (scores / growth)[known]  # few of a step tell less than those of all
    pooled = np.concatenate([pooled, -pooled])  # nor do they tell on which side larger errors are
    wider = widened(np.array([(1 + coverage) / 2, *levels]), count)
    thresholds, offsets = [], np.zeros((len(levels), horizon))
    for step in range(horizon):
        own, scale = scores[known[:, step], step], 1.0
        if min(count, len(own)) < ENOUGH / (1 - coverage):
            own, scale = pooled, growth[step]
        thresholds.append(max(float(scale * wider[0] * _threshold(own, coverage)), 1e-6))
        offsets[:, step] = scale * wider[1:] * np.quantile(own, levels) if len(levels) else 0.0
    made = tuple(tuple(row) for row in offsets.tolist())
    return ForecastIntervals(coverage, tuple(thresholds), plain.spread, tuple(levels), made)


def independent_errors(
    windows: PanelWindows, origins: Int[np.ndarray, "windows"], off: Float[np.ndarray, "windows horizon"]
) -> float:
    r"""Return how many independent errors tell as much of their size as those of overlapping forecasts.

    The mean errors at the :math:`N` times that were forecast have the correlation :math:`\rho` with those a step later,
    around 0, since an error that stays is one error:

    .. math:: \nu = N \, (1 - \rho^2) / (1 + \rho^2)

    There are at least as many as horizons that do not overlap. Several series of one time count as the square root of
    their number.

    Args:
        windows: The windows.
        origins: The origins of the forecasts.
        off: Their errors, NaN where they are not known.

    Reference:
        G. V. Bayley, J. M. Hammersley (1946), The "effective" number of independent observations in an autocorrelated
        time series, for the variance of a first-order process.
    """
    known, (series, numbers) = np.isfinite(off), np.unique(windows.series[origins], return_inverse=True)
    steps = windows.positions[origins][:, None] + np.arange(off.shape[1])
    first, length = int(steps.min()), int(np.ptp(steps)) + 2  # a hole between series
    places = (numbers[:, None] * length + steps - first)[known]
    counts = np.bincount(places, minlength=len(series) * length)
    means = np.bincount(places, off[known], minlength=len(counts)) / np.maximum(counts, 1)
    both = (counts[1:] > 0) & (counts[:-1] > 0)
    earlier, later = means[:-1][both], means[1:][both]
    size = float(np.sqrt((earlier @ earlier) * (later @ later)))
    square = max(0.0, float(earlier @ later) / size) ** 2 if size else 0.0
    times = len(np.unique(steps[known])) * independent_series(windows, origins)
    return max(independent_horizons(windows, origins), times * (1 - square) / (1 + square))


def widened(levels: Float[np.ndarray, "levels"], count: float) -> Float[np.ndarray, "levels"]:
    """Return by how much quantiles of so many independent errors are multiplied; 1 for the median.

    Example:
        >>> widened(np.array([0.95, 0.5]), 5.0).round(2), widened(np.array([0.95]), 100.0).round(2)
        (array([1.23, 1.  ]), array([1.01]))
    """
    normal = ndtri(levels)
    middle = np.abs(normal) < 1e-9
    return np.where(middle, 1.0, stdtrit(count, levels) / np.where(middle, 1.0, normal))


def growth_of(off: Float[np.ndarray, "windows horizon"]) -> Float[np.ndarray, "horizon"]:
    """Return how large the errors of each step are beside those of all, later ones never below earlier ones.

    Args:
        off: The errors, NaN where they are not known.

    Reference:
        A. J. Patton, A. Timmermann (2012), Forecast rationality tests based on multi-horizon bounds, corollary 1 (the
        errors of good forecasts rise with the horizon). R. E. Barlow et al. (1972), Statistical inference under order
        restrictions, section 1.2 (isotonic regression).
    """
    known = np.isfinite(off)
    counts = known.sum(0)
    means = np.abs(np.where(known, off, 0.0)).sum(0) / np.maximum(counts, 1)
    found = isotonic_regression(means, sample_weight=np.maximum(counts, 1e-9))
    overall = float(found @ counts / max(counts.sum(), 1))
    return np.maximum(found / overall, LEAST_SPREAD) if overall else np.ones(len(found))


def _spread(errors: _Errors, growth: Float[np.ndarray, "horizon"], season: int) -> Float[np.ndarray, "season"]:
    """Return the usual error at each step of the season, near to that of all steps as far as chance may differ as much.

    Reference:
        B. Efron, C. Morris (1975), Data analysis using Stein's estimator and its generalizations, section 3 (unequal
        variances).
    """
    known = np.isfinite(errors.off)
    places, sizes = (errors.steps % season)[known], np.abs(errors.off / growth)[known]
    mean = float(sizes.mean()) or 1.0  # forecasts without any error would leave nothing to divide by
    counts = np.bincount(places, minlength=season)
    relative = np.bincount(places, sizes, minlength=season) / np.maximum(counts, 1) / mean
    times = np.bincount(np.unique(errors.steps[known]) % season, minlength=season) * errors.series
    seen = times > 0
    noise = NOISE / np.maximum(times, 1.0)
    differ = max(0.0, float(relative[seen].var(ddof=1) - noise[seen].mean())) if seen.sum() > 1 else 0.0
    share = np.where(seen, differ / (differ + noise), 0.0)
    return mean * np.maximum(1 + share * (relative - 1), LEAST_SPREAD)


def _threshold(scores: Float[np.ndarray, "values"], coverage: float) -> float:
    """Return the conformal quantile of scores, the largest where there are too few for it."""
    if len(scores) * (1 - coverage) < coverage:
        return float(np.abs(scores).max(initial=0.0))
    return float(ConformalIntervals(coverage).fit(np.zeros(len(scores)), scores).threshold or 0.0)
