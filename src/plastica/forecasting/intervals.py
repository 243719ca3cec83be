"""Intervals of forecasts: conformal, wider for later steps and for hours that are hard to forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from ..typing import Float, Int
from .windows import PanelWindows

LEAST_SPREAD = 0.05  # of the mean spread
# Of the logarithm of the width for a forecast all outside. Neighbouring forecasts share most of their steps, so that a
# horizon of them moves it by about a quarter.
RATE, FASTEST = 0.25, 0.05


class IntervalReach(NamedTuple):
    """How far intervals reach from each forecast before they are corrected.

    Attributes:
        below, above: Scaled, above 0.
    """

    below: Float[np.ndarray, "windows horizon"]
    above: Float[np.ndarray, "windows horizon"]

    def of(self, off: Float[np.ndarray, "windows horizon"]) -> Float[np.ndarray, "windows horizon"]:
        """Return the reach to the side of each error."""
        return np.where(off < 0, self.below, self.above)


class Widening(NamedTuple):
    """The logarithms of factors by which intervals have followed the errors of forecasts.

    Attributes:
        at_origins: At each forecast, from the errors that were known then.
        after: After all of them.
    """

    at_origins: Float[np.ndarray, "windows horizon"]
    after: Float[np.ndarray, "horizon"]


class ForecastIntervals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Half widths of intervals, found on forecasts of values that the networks were not trained on.

    An interval reaches as far as the quantiles of networks, or the usual error at that time of the season, times the
    threshold of its step: conformalized quantile regression with factors instead of summands (Romano et al. 2019).

    Args:
        coverage: The part of values that intervals promise to contain.
        thresholds: For each step of the horizon.
        spread: The usual error at each step of the season, in standard deviations.
        levels: The levels of quantiles.
        offsets: The factor of the reach for each level and step; below 0 for quantiles below the forecast.
    """

    coverage: float
    thresholds: tuple[float, ...]
    spread: tuple[float, ...]
    levels: tuple[float, ...] = ()
    offsets: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not 0 < self.coverage < 1 or not self.spread or not all(each > 0 for each in self.spread):
            raise ValueError("intervals need a coverage between 0 and 1 and a spread above 0")

    def reach(
        self, windows: PanelWindows, origins: Int[np.ndarray, "windows"], distances: IntervalReach | None = None
    ) -> IntervalReach:
        """Return how far intervals reach before the thresholds.

        Args:
            windows, origins: The forecasts.
            distances: Those of the quantiles of networks. Default: the usual errors.
        """
        if distances is not None:
            least = LEAST_SPREAD * float(np.mean(self.spread))
            return IntervalReach(*(np.maximum(each, least) for each in distances))
        steps = windows.positions[origins][:, None] + np.arange(len(self.thresholds))
        usual = np.array(self.spread)[steps % len(self.spread)]
        return IntervalReach(usual, usual)

    def ends(
        self, made: Float[np.ndarray, "windows horizon"], reach: IntervalReach, widening: Float[np.ndarray, "..."]
    ) -> tuple[Float[np.ndarray, "windows horizon"], Float[np.ndarray, "windows horizon"]]:
        """Return the scaled ends of the intervals of forecasts.

        Args:
            made: The scaled forecasts.
            reach: As of :meth:`reach`.
            widening: The logarithm of a factor for each step, or each window and step.
        """
        factor = np.array(self.thresholds) * np.exp(widening)
        return made - factor * reach.below, made + factor * reach.above

    def quantiles(
        self, made: Float[np.ndarray, "windows horizon"], reach: IntervalReach, widening: Float[np.ndarray, "..."]
    ) -> dict[float, Float[np.ndarray, "windows horizon"]]:
        """Return the scaled quantiles of forecasts by level; as for :meth:`ends`."""
        found: dict[float, Float[np.ndarray, "windows horizon"]] = {}
        for level, offset in zip(self.levels, np.array(self.offsets), strict=True):
            factor = offset * np.exp(widening)
            found[level] = made + factor * np.where(factor < 0, reach.below, reach.above)
        return found

    def widening(
        self,
        windows: PanelWindows,
        origins: Int[np.ndarray, "windows"],
        off: Float[np.ndarray, "windows horizon"],
        reach: IntervalReach,
        start: Sequence[float] = (0.0,),
    ) -> Widening:
        r"""Return the widening that follows the errors of earlier forecasts, as far as they were known at each origin.

        After each forecast that has ended, the logarithm :math:`q` of the factor rises by the share of values outside
        of the interval and falls by the promised one, so that the mean coverage comes to what is promised:

        .. math:: q \leftarrow q + \eta \, (\text{share outside} - (1 - \text{coverage}))

        Args:
            windows, origins: The forecasts.
            off: Their scaled errors, NaN where what happened is not known.
            reach: As of :meth:`reach`.
            start: The widening before them, for each step or one for all.

        Reference:
            I. Gibbs, E. Candès (2021), Adaptive conformal inference under distribution shift, equation 2.
            A. N. Angelopoulos, E. Candès, R. J. Tibshirani (2023), Conformal PID control for time series prediction,
            equation 4 (quantile tracking).
        """
        horizon = off.shape[1]
        rate = min(FASTEST, RATE / horizon)
        with np.errstate(divide="ignore"):
            needed = np.log(np.abs(off)) - np.log(np.array(self.thresholds) * reach.of(off))
        positions = windows.positions[origins]
        order = np.argsort(positions, kind="stable")
        moments, firsts = np.unique(positions[order], return_index=True)
        groups = np.split(order, firsts[1:])
        state, made, done = np.broadcast_to(np.array(start), (horizon,)), np.zeros_like(off), 0
        for moment, group in zip(moments, groups, strict=True):
            while moments[done] <= moment - horizon:  # this forecast has ended
                state, done = self._updated(state, needed[groups[done]], made[groups[done][0]], rate), done + 1
            made[group] = state
        for group in groups[done:]:
            state = self._updated(state, needed[group], made[group[0]], rate)
        return Widening(made, state)

    def _updated(
        self,
        state: Float[np.ndarray, "horizon"],
        needed: Float[np.ndarray, "windows horizon"],
        used: Float[np.ndarray, "horizon"],
        rate: float,
    ) -> Float[np.ndarray, "horizon"]:
        known = np.isfinite(needed) | np.isneginf(needed)
        counts = known.sum(0)
        outside = ((needed > used) & known).sum(0) / np.maximum(counts, 1)
        return state + np.where(counts > 0, rate * (outside - (1 - self.coverage)), 0.0)
