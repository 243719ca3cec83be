"""Windows over the series of a panel, for networks: scaled, without holes, gathered and never copied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..data.series_windows import WindowRows
from ..typing import Bool, Float, Int
from .calendar import calendar_features
from .imputation import filled
from .panel import Panel
from .scales import Scales, logarithm

MOST_HOLES = 0.5  # of the values of a window may be filled in; with more it is not trained on
CYCLES = 3  # of a season, to tell it from chance
LONGEST_SEASON = 350  # the week of half hours
SOME_HOLES = 0.01  # of all values: from here on, networks read which values were filled in


class WindowShape(NamedTuple):
    """The shapes of what a network reads and answers.

    Attributes:
        look_back: The number of past values of the target.
        horizon: The number of values to forecast.
        past: The number of past covariates of each step.
        future: The number of features known of each step of the horizon: its calendar and known covariates.
        quantiles: The number of quantiles of each step to answer, the median in the middle.
    """

    look_back: int
    horizon: int
    past: int = 0
    future: int = 0
    quantiles: int = 1

    @property
    def inputs(self) -> tuple[tuple[int, int], ...]:
        """The shape of each input: past targets, past covariates, known features."""
        found = ((self.look_back, 1), (self.look_back, self.past), (self.horizon, self.future))
        return tuple(shape for shape in found if shape[1])


@dataclass(frozen=True, eq=False)
class PanelWindows:
    """Series one after another, each target of each series being one, from which windows are gathered.

    A window is named by its origin, the place of the first step that it forecasts.

    Args:
        shape: The shapes of windows.
        values: The scaled targets without holes, ``(places, 1)``.
        observed: Which of them are values, not filled in.
        past: Past covariates, scaled, without holes.
        future: The features known of every step.
        rows: The row of ``future`` for each place.
        bounds: The place of the first step of each series, and the number of places.
        positions: The position of each place on the time axis.
        means, deviations: The scale of each series, ``(series,)``.
        logarithms: Whether the values of each series are logarithms.
        lowest, highest: The range that forecasts of each series cannot leave, infinite without one.
        seasons: The seasons in steps, ascending.
        has_known: Whether covariates or holidays are among the known features.
    """

    shape: WindowShape
    values: Float[np.ndarray, "places 1"]
    observed: Bool[np.ndarray, "places"]
    past: Float[np.ndarray, "places covariates"]
    future: Float[np.ndarray, "rows features"]
    rows: Int[np.ndarray, "places"]
    bounds: Int[np.ndarray, "bounds"]
    positions: Int[np.ndarray, "places"]
    means: Float[np.ndarray, "series"]
    deviations: Float[np.ndarray, "series"]
    logarithms: Bool[np.ndarray, "series"]
    lowest: Float[np.ndarray, "series"]
    highest: Float[np.ndarray, "series"]
    seasons: tuple[int, ...] = ()
    has_known: bool = False

    @cached_property
    def series(self) -> Int[np.ndarray, "places"]:
        """The number of the series of each place."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))

    def origins(
        self, first: float = -np.inf, last: float = np.inf, *, known: bool = True
    ) -> Int[np.ndarray, "windows"]:
        """Return the origins of all windows whose steps to forecast are in a span of positions.

        Args:
            first: The first position that may be forecast.
            last: The position after the last one that may be forecast.
            known: Whether at least one value to forecast must be known, and enough of the past.
        """
        look_back, horizon = self.shape[:2]
        spans = [
            np.arange(begin + look_back, end - horizon + 1)
            for begin, end in zip(self.bounds, self.bounds[1:], strict=False)
        ]
        found = np.concatenate(spans) if spans else np.zeros(0, np.int64)
        found = found[(self.positions[found] >= first) & (self.positions[found] + horizon <= last)]
        if not known or self.observed.all():
            return found
        # Known values before each place, whose differences count those of a span without a loop over windows.
        counts = np.concatenate([[0], np.cumsum(self.observed)])
        enough = counts[found] - counts[found - look_back] >= (1 - MOST_HOLES) * look_back
        return found[enough & (counts[found + horizon] > counts[found])]

    def inputs(self, origins: Int[np.ndarray, "windows"]) -> tuple[WindowRows, ...]:
        """Return the inputs of a network, gathered when needed."""
        look_back, horizon, past, future = self.shape[:4]
        starts = (origins - look_back).astype(np.int32)
        made = [WindowRows(self.values, starts, look_back, 1)]
        made += [WindowRows(self.past, starts, look_back, 1)] * bool(past)
        made += [WindowRows(self.future, self.rows[origins].astype(np.int32), horizon, 1)] * bool(future)
        return tuple(made)

    def targets(self, origins: Int[np.ndarray, "windows"]) -> Float[np.ndarray, "windows horizon 1"]:
        """Return the scaled values to forecast; what is not known is filled in."""
        return self.values[self._steps(origins)]

    def weights(self, origins: Int[np.ndarray, "windows"]) -> Float[np.ndarray, "windows horizon"] | None:
        """Return 1 for each known value to forecast and 0 for others; None if all are known."""
        known = self.observed[self._steps(origins)]
        return None if known.all() else known.astype(np.float32)

    def truth(self, origins: Int[np.ndarray, "windows"]) -> Float[np.ndarray, "windows horizon"]:
        """Return the values to forecast in their unit, NaN where they are not known."""
        return self._in_unit(origins, self.scaled_truth(origins))

    def scaled_truth(self, origins: Int[np.ndarray, "windows"]) -> Float[np.ndarray, "windows horizon"]:
        """Return the scaled values to forecast, NaN where they are not known."""
        steps = self._steps(origins)
        return np.where(self.observed[steps], self.values[steps, 0].astype(np.float64), np.nan)

    def unscaled(
        self, origins: Int[np.ndarray, "windows"], scaled: Float[np.ndarray, "windows horizon"]
    ) -> Float[np.ndarray, "windows horizon"]:
        """Return scaled forecasts of windows in their unit, none outside of the range of its series."""
        own = self.series[origins]
        return np.clip(self._in_unit(origins, scaled), self.lowest[own, None], self.highest[own, None])

    def _in_unit(
        self, origins: Int[np.ndarray, "windows"], scaled: Float[np.ndarray, "windows horizon"]
    ) -> Float[np.ndarray, "windows horizon"]:
        own = self.series[origins]
        made = scaled * self.deviations[own, None] + self.means[own, None]
        if (logs := self.logarithms[own]).any():
            made[logs] = np.exp(made[logs])
        return made

    def longest_before(self, until: float) -> int:
        """Return the number of steps of the longest series before a position."""
        ends = self.positions[self.bounds[:-1]] + np.diff(self.bounds)
        return int(max(0, (np.minimum(ends, until) - self.positions[self.bounds[:-1]]).max()))

    def season_with_cycles(self, until: float, cycles: int = CYCLES, most: int | None = None) -> int:
        """Return the longest of the first ``most`` seasons that occurred so often before a position; 1 if none did.

        Longer seasons have a few values for each step only, so that the year of daily values is left out.
        """
        able = [each for each in self.seasons[:most] if each == self.seasons[0] or each <= LONGEST_SEASON]
        return max((each for each in able if cycles * each <= self.longest_before(until)), default=1)

    def _steps(self, origins: Int[np.ndarray, "windows"]) -> Int[np.ndarray, "windows horizon"]:
        return origins[:, None] + np.arange(self.shape.horizon)


def windows_of(panel: Panel, scales: Scales, look_back: int, horizon: int, *, flags: bool) -> PanelWindows:
    """Return the windows of a panel.

    Args:
        panel: The series.
        scales: Their scales.
        look_back: The number of past values that a window has.
        horizon: The number of values to forecast.
        flags: Whether windows say which past values were filled in.
    """
    roles, count = panel.roles, len(panel.roles.targets)
    known_from = count + len(roles.past_columns)
    order = [(span, place) for _, span in panel.spans() for place in range(count)]
    targets = [
        logarithm(panel.values[span, place]) if is_log else panel.values[span, place]
        for (span, place), is_log in zip(order, scales.logarithms, strict=True)
    ]
    scaled = [
        (filled(values, lag) - mean) / deviation if np.isfinite(values).any() else np.zeros(len(values))
        for values, lag, mean, deviation in zip(targets, scales.lags, scales.means, scales.deviations, strict=True)
    ]
    observed = np.isfinite(np.concatenate(targets))
    rest = _covariates(panel, scales)
    past = rest[:, : known_from - count]
    sources = np.concatenate([np.arange(span.start, span.stop) for span, _ in order])
    past = past[sources]
    if flags:
        past = np.concatenate([past, observed[:, None]], axis=1)
    future, rows = _future(panel, rest[:, known_from - count :], sources, scales.yearly)
    shape = WindowShape(look_back, horizon, past.shape[1], future.shape[1])
    return PanelWindows(
        shape,
        np.concatenate(scaled)[:, None].astype(np.float32),
        observed,
        past.astype(np.float32),
        future.astype(np.float32),
        rows,
        np.cumsum([0, *(len(values) for values in targets)]),
        panel.positions[sources],
        np.array(scales.means),
        np.array(scales.deviations),
        np.array(scales.logarithms),
        np.where(scales.nonnegative, 0.0, -np.inf if scales.minimum is None else scales.minimum),
        np.full(len(scales.means), np.inf if scales.maximum is None else scales.maximum),
        panel.frequency.seasons,
        bool(roles.known or roles.country),
    )


def has_holes(panel: Panel) -> bool:
    """Return whether enough targets are missing for networks to be told which ones."""
    return bool(np.isnan(panel.targets).mean() > SOME_HOLES)


def _covariates(panel: Panel, scales: Scales) -> Float[np.ndarray, "steps covariates"]:
    """Return all covariates, scaled; holes have the last value of their series, or the mean."""
    count = len(panel.roles.targets)
    made = (panel.values[:, count:] - np.array(scales.covariate_means)) / np.array(scales.covariate_deviations)
    for _, span in panel.spans():
        for column in range(made.shape[1]):
            own = made[span, column]
            made[span, column] = filled(own, 1) if np.isfinite(own).any() else 0.0
    return made


def _future(
    panel: Panel, known: Float[np.ndarray, "steps covariates"], sources: Int[np.ndarray, "places"], yearly: bool
) -> tuple[Float[np.ndarray, "rows features"], Int[np.ndarray, "places"]]:
    """Return what is known of future steps, and its row for each place; a calendar alone is shared by all series."""
    if known.shape[1]:
        calendar = calendar_features(panel.frequency, panel.positions, yearly=yearly, country=panel.roles.country)
        return np.concatenate([calendar, known], axis=1), sources
    first, last = int(panel.positions.min()), int(panel.positions.max())
    return calendar_features(
        panel.frequency, np.arange(first, last + 1), yearly=yearly, country=panel.roles.country
    ), panel.positions[sources] - first
