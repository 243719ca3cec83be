"""A fitted forecast: networks, scales and intervals, with the end of the series from which it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..data.table import show
from ..errors import DataError, caution
from ..evaluation.intervals import Figure
from ..notes import Note, note
from ..typing import Float, Int
from .baselines import RIDGE, naive_forecasts, ridge_forecast
from .frequency import Frequency
from .intervals import ForecastIntervals, IntervalReach
from .joining import only, tail_of, with_horizon
from .panel import Panel
from .parts import ForecastPart, memory_of
from .results import ForecastResults, gain_over, judge, naive_scales, pinball_losses
from .scales import CONSTANT, Scales
from .training import answers
from .windows import PanelWindows, windows_of


@dataclass(frozen=True, eq=False)
class FittedForecast:
    """Networks that forecast the series of a panel.

    Args:
        name: The name of the model: an architecture, or "auto".
        parts: The models whose weighted mean is the forecast.
        look_back, horizon: The numbers of steps that they read and forecast.
        scales: The scales of the series.
        flags: Whether networks read which values were filled in.
        intervals: The intervals.
        until: The position where the training span ends.
        naive: The scale of each series' error for the MASE.
        tail: The last steps of the series.
        figures: The loss and the validation loss of each epoch, for charts.
        notes: What was inferred and repaired.
        widening: The logarithm of the factor of the intervals at each step, by what happened since training.
    """

    name: str
    parts: tuple[ForecastPart, ...]
    look_back: int
    horizon: int
    scales: Scales
    flags: bool
    intervals: ForecastIntervals
    until: int
    naive: tuple[float, ...]
    tail: Panel
    figures: dict[str, tuple[float, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    widening: tuple[float, ...] = (0.0,)

    @property
    def frequency(self) -> Frequency:
        """The steps of the time axis."""
        return self.tail.frequency

    def windows(self, panel: Panel) -> PanelWindows:
        """Return the windows of a panel with the series of training."""
        return windows_of(panel, self.scales, self.look_back, self.horizon, flags=self.flags)

    def answers(
        self, windows: PanelWindows, origins: Int[np.ndarray, "windows"]
    ) -> Float[np.ndarray, "windows horizon"]:
        """Return the forecasts from each origin, in the unit of its series."""
        return windows.unscaled(origins, self.scaled_answers(windows, origins))

    def scaled_answers(
        self, windows: PanelWindows, origins: Int[np.ndarray, "windows"]
    ) -> Float[np.ndarray, "windows horizon"]:
        """Return the scaled forecasts from each origin."""
        parts = [part for part in self.parts if any(part.weights)]
        return np.sum([np.array(part.weights) * part.forecast(windows, origins) for part in parts], axis=0)

    def ahead(self, panel: Panel, horizon: int) -> tuple[Panel, Forecasts]:
        """Return the forecasts of the steps after the last known value of each series.

        Args:
            panel: The series with enough of their past.
            horizon: The number of steps, at most that of the networks.

        Returns:
            The panel with these steps, and their forecasts with intervals.

        Raises:
            DataError: If there is too little of every series, or a known covariate is missing.
        """
        self._say_unlearned(panel)
        longer, problems = with_horizon(panel, self.look_back, horizon)
        kept = [name for name in longer.names if name not in problems]
        if not kept:
            raise DataError(next(iter(problems.values())))
        if problems:
            told = {"number": len(problems), "series": len(panel), "why": next(iter(problems.values()))}
            caution(note("forecast_errors.left_out", **told))
        windows = self.windows(_padded(longer, self.horizon - horizon))
        series = np.repeat([name in kept for name in longer.names], len(panel.roles.targets))
        origins = (windows.bounds[1:] - self.horizon)[series]
        made, reach, widening = (
            self.scaled_answers(windows, origins),
            self.reach(windows, origins),
            np.array(self.widening),
        )

        def shown(scaled: Float[np.ndarray, "windows horizon"]) -> Float[np.ndarray, "windows steps"]:
            return windows.unscaled(origins, scaled)[:, :horizon]

        low, high = map(shown, self.intervals.ends(made, reach, widening))
        levels = self.intervals.quantiles(made, reach, widening)
        return only(longer, kept), Forecasts(shown(made), low, high, {each: shown(levels[each]) for each in levels})

    def reach(self, windows: PanelWindows, origins: Int[np.ndarray, "windows"]) -> IntervalReach:
        """Return how far intervals reach before they are corrected."""
        part = next((part for part in self.parts if part.levels and any(part.weights)), None)
        if part is None:
            return self.intervals.reach(windows, origins)
        distances = part.distances_of(answers(part.models, windows, origins), self.intervals.coverage)
        return self.intervals.reach(windows, origins, distances)

    def evaluate(self, panel: Panel, first: int) -> tuple[ForecastResults, JudgedForecasts]:
        """Forecast from every origin of a span and compare with what happened and with simple forecasts.

        Args:
            panel: The series, with enough of their past before the span.
            first: The position of the first step to forecast.
        """
        self._say_unlearned(panel)
        windows = self.windows(panel)
        origins = windows.origins(first)
        truth, of_parts = windows.truth(origins), {part: part.forecast(windows, origins) for part in self.parts}
        scaled = np.sum([np.array(part.weights) * own for part, own in of_parts.items()], axis=0)
        own = windows.unscaled(origins, scaled)
        made = {self.name: own}
        if len(of_parts) > 1:
            made |= {part.name: windows.unscaled(origins, each) for part, each in of_parts.items() if any(part.weights)}
        simple = {name: windows.unscaled(origins, each) for name, each in self._simple(windows, origins)}
        simple = {name: each for name, each in simple.items() if name != self.name}
        made |= simple
        errors = judge(truth, made, windows.series[origins], np.array(self.naive))
        rival = min(simple, key=lambda name: errors[name].mae)
        reach = self.reach(windows, origins)
        off = windows.scaled_truth(origins) - scaled
        widening = self.intervals.widening(windows, origins, off, reach).at_origins
        low, high = (windows.unscaled(origins, each) for each in self.intervals.ends(scaled, reach, widening))
        quantiles = self.intervals.quantiles(scaled, reach, widening)
        quantiles = {level: windows.unscaled(origins, each) for level, each in quantiles.items()}
        known = np.isfinite(truth)
        shown = self.frequency.shown
        results = ForecastResults(
            model=self.name,
            errors=errors,
            origins=len(origins),
            first=shown(int(windows.positions[origins].min())),
            last=shown(int(windows.positions[origins].max()) + self.horizon - 1),
            coverage=float(((low <= truth) & (truth <= high))[known].mean()),
            promised=self.intervals.coverage,
            width=float((high - low)[known].mean()),
            gain=gain_over(truth, own, simple[rival]),
            rival=rival,
            weights={part.name: float(np.mean(part.weights)) for part in self.parts if any(part.weights)},
            networks=tuple(part.name for part in self.parts if part.models and any(part.weights)),
            pinball=pinball_losses(truth, quantiles),
            network=self._network_gain(windows, origins, truth, own, of_parts),
        )
        return results, JudgedForecasts(windows, origins, truth, made, low, high, quantiles)

    def _say_unlearned(self, panel: Panel) -> None:
        """Warn of covariates that never varied in training and do now: nothing was learned of them."""
        count = len(panel.roles.targets)
        for place, name in enumerate(panel.roles.value_columns[count:]):
            values = panel.values[:, count + place]
            if self.scales.covariate_deviations[place] < CONSTANT:
                continue
            if (np.abs(values[np.isfinite(values)] - self.scales.covariate_means[place]) > 0).any():
                caution(note("forecast_errors.unlearned", covariate=show(name)))

    def _simple(
        self, windows: PanelWindows, origins: Int[np.ndarray, "windows"]
    ) -> Iterator[tuple[str, Float[np.ndarray, "windows horizon"]]]:
        """Yield the scaled forecasts beside which the model is judged."""
        for name, function in naive_forecasts(windows, self.frequency, origins):
            yield name, function(origins)
        if (function := ridge_forecast(windows, self.until)) is not None:
            yield RIDGE, function(origins)

    def _network_gain(
        self,
        windows: PanelWindows,
        origins: Int[np.ndarray, "windows"],
        truth: Float[np.ndarray, "windows horizon"],
        own: Float[np.ndarray, "windows horizon"],
        of_parts: Mapping[ForecastPart, Float[np.ndarray, "windows horizon"]],
    ) -> Figure | None:
        """Return by how much networks lower the error; None for a model without networks, or of networks alone."""
        if not any(any(part.without) for part in of_parts):
            return None
        if not any(part.models and any(part.weights) for part in of_parts):
            return Figure(0.0) if self.name == "auto" else None
        without = np.sum([np.array(part.without) * each for part, each in of_parts.items()], axis=0)
        return gain_over(truth, own, windows.unscaled(origins, without))

    def from_here(self, panel: Panel) -> FittedForecast:
        """Return the forecast with the end of another panel, from which it goes on without training."""
        return replace(self, tail=tail_of(panel, self.memory), widening=self._widened(panel))

    def _widened(self, panel: Panel) -> tuple[float, ...]:
        """Return by how much intervals are wider after the values of a panel that came after those of the tail."""
        windows = self.windows(panel)
        since = int((self.tail.starts + np.diff(self.tail.bounds)).min())
        origins = windows.origins(max(since, self.until))
        if not len(origins):
            return self.widening
        off, reach = (
            windows.scaled_truth(origins) - self.scaled_answers(windows, origins),
            self.reach(windows, origins),
        )
        return tuple(self.intervals.widening(windows, origins, off, reach, self.widening).after.tolist())

    @property
    def memory(self) -> int:
        """How many of the last steps of a series are kept: those that are read, and a season before them."""
        return memory_of(self.look_back, self.scales, self.frequency, self.parts)


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts with intervals, a row for each target of each series.

    Args:
        values: The forecasts, ``(series, horizon)``.
        low, high: The ends of their intervals.
        quantiles: The quantiles by level.
    """

    values: Float[np.ndarray, "series horizon"]
    low: Float[np.ndarray, "series horizon"]
    high: Float[np.ndarray, "series horizon"]
    quantiles: dict[float, Float[np.ndarray, "series horizon"]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class JudgedForecasts:
    """The forecasts that were compared with what happened.

    Args:
        windows: The windows.
        origins: The origin of each forecast.
        truth: What happened, NaN where it is not known.
        forecasts: The forecasts of each model by name.
        low, high: The ends of their intervals.
        quantiles: The quantiles by level.
    """

    windows: PanelWindows
    origins: np.ndarray
    truth: Float[np.ndarray, "windows horizon"]
    forecasts: dict[str, Float[np.ndarray, "windows horizon"]]
    low: Float[np.ndarray, "windows horizon"]
    high: Float[np.ndarray, "windows horizon"]
    quantiles: dict[float, Float[np.ndarray, "windows horizon"]] = field(default_factory=dict)

    @property
    def half_widths(self) -> Float[np.ndarray, "windows horizon"]:
        """Half of the width of the intervals."""
        return (self.high - self.low) / 2


def naive_scales_of(panel: Panel, horizon: int) -> tuple[float, ...]:
    """Return the scale of each series' error for the MASE, in training."""
    count = len(panel.roles.targets)
    series = [panel.values[span, place] for _, span in panel.spans() for place in range(count)]
    return tuple(naive_scales(series, horizon, panel.frequency.seasons).tolist())


def _padded(panel: Panel, steps: int) -> Panel:
    """Return the panel with further steps behind each series, whose known covariates are those of the last one."""
    if not steps:
        return panel
    since = len(panel.roles.targets) + len(panel.roles.past_columns)
    made = []
    for _, span in panel.spans():
        more = np.full((steps, panel.values.shape[1]), np.nan)
        more[:, since:] = panel.values[span.stop - 1, since:]
        made += [panel.values[span], more]
    return replace(panel, values=np.concatenate(made), bounds=panel.bounds + steps * np.arange(len(panel.bounds)))
