"""A fitted forecast: networks, scales and intervals, with the end of the series from which it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import DataError, caution
from ..model import Model
from ..notes import Note
from ..typing import Float, Int
from .baselines import RIDGE, naive_forecasts, ridge_forecast
from .frequency import Frequency
from .intervals import ForecastIntervals
from .joining import only, tail_of, with_horizon
from .panel import Panel
from .results import ForecastResults, gain_over, judge, naive_scales
from .scales import Scales
from .training import answers
from .windows import PanelWindows, windows_of


@dataclass(frozen=True, eq=False)
class ForecastPart:
    """Networks of one architecture, and their weight among others.

    Args:
        name: The name of the architecture.
        models: The networks, whose forecasts are averaged.
        weight: The weight of their mean.
    """

    name: str
    models: tuple[Model, ...]
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class FittedForecast:
    """Networks that forecast the series of a panel.

    Args:
        name: The name of the model: an architecture, or "auto".
        parts: The networks, by architecture.
        look_back, horizon: The numbers of steps that they read and forecast.
        scales: The scales of the series.
        flags: Whether networks read which values were filled in.
        intervals: The intervals.
        until: The position where the training span ends.
        naive: The scale of each series' error for the MASE.
        tail: The last steps of the series.
        figures: The loss and the validation loss of each epoch, for charts.
        notes: What was inferred and repaired.
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

    @property
    def frequency(self) -> Frequency:
        """The steps of the time axis."""
        return self.tail.frequency

    def windows(self, panel: Panel) -> PanelWindows:
        """Return the windows of a panel with the series of training."""
        return windows_of(panel, self.scales, self.look_back, self.horizon, flags=self.flags)

    def answers(
        self, windows: PanelWindows, origins: Int[np.ndarray, " windows"]
    ) -> Float[np.ndarray, "windows horizon"]:
        """Return the forecasts from each origin, in the unit of its series."""
        return np.sum([part.weight * answers(part.models, windows, origins) for part in self.parts], axis=0)

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
        longer, problems = with_horizon(panel, self.look_back, horizon)
        kept = [name for name in longer.names if name not in problems]
        if not kept:
            raise DataError(next(iter(problems.values())))
        if problems:
            caution(f"{len(problems)} of {len(panel)} series cannot be forecast: {next(iter(problems.values()))}")
        windows = self.windows(_padded(longer, self.horizon - horizon))
        series = np.repeat([name in kept for name in longer.names], len(panel.roles.targets))
        origins = (windows.bounds[1:] - self.horizon)[series]
        made = self.answers(windows, origins)
        half = self.intervals.half_widths(windows, origins)
        return only(longer, kept), Forecasts(*(each[:, :horizon] for each in (made, made - half, made + half)))

    def evaluate(
        self, panel: Panel, first: int, rivals: Sequence[str] | None = None
    ) -> tuple[ForecastResults, JudgedForecasts]:
        """Forecast from every origin of a span and compare with what happened and with simple forecasts.

        Args:
            panel: The series, with enough of their past before the span.
            first: The position of the first step to forecast.
            rivals: The names of the simple forecasts. Default: all.
        """
        windows = self.windows(panel)
        origins = windows.origins(first)
        truth, own = windows.truth(origins), self.answers(windows, origins)
        made = {self.name: own}
        for name, function in naive_forecasts(windows, self.frequency, origins):
            made[name] = windows.unscaled(origins, function(origins))
        if (function := ridge_forecast(windows, self.until)) is not None:
            made[RIDGE] = windows.unscaled(origins, function(origins))
        made = {name: each for name, each in made.items() if rivals is None or name in (self.name, *rivals)}
        errors = judge(truth, made, windows.series[origins], np.array(self.naive))
        rival = min((name for name in made if name != self.name), key=lambda name: errors[name].mae)
        half = self.intervals.half_widths(windows, origins)
        known = np.isfinite(truth)
        shown = self.frequency.shown
        results = ForecastResults(
            model=self.name,
            errors=errors,
            origins=len(origins),
            first=shown(int(windows.positions[origins].min())),
            last=shown(int(windows.positions[origins].max()) + self.horizon - 1),
            coverage=float((np.abs(truth - own) <= half)[known].mean()),
            promised=self.intervals.coverage,
            width=float(2 * half[known].mean()),
            gain=gain_over(truth, own, made[rival]),
            rival=rival,
        )
        return results, JudgedForecasts(windows, origins, truth, made, half)

    def from_here(self, panel: Panel) -> FittedForecast:
        """Return the forecast with the end of another panel, from which it goes on without training."""
        return replace(self, tail=tail_of(panel, self.memory))

    @property
    def memory(self) -> int:
        """How many of the last steps of a series are kept: those that are read, and a season before them."""
        return memory_of(self.look_back, self.scales, self.frequency)


def memory_of(look_back: int, scales: Scales, frequency: Frequency) -> int:
    """Return how many of the last steps of a series a forecast needs: to read, to fill holes, for naive forecasts."""
    return look_back + max((*scales.lags, *frequency.seasons))


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts with intervals, a row for each target of each series.

    Args:
        values: The forecasts, ``(series, horizon)``.
        low, high: The ends of their intervals.
    """

    values: Float[np.ndarray, "series horizon"]
    low: Float[np.ndarray, "series horizon"]
    high: Float[np.ndarray, "series horizon"]


@dataclass(frozen=True, eq=False)
class JudgedForecasts:
    """The forecasts that were compared with what happened.

    Args:
        windows: The windows.
        origins: The origin of each forecast.
        truth: What happened, NaN where it is not known.
        forecasts: The forecasts of each model by name.
        half_widths: Half of the width of the intervals.
    """

    windows: PanelWindows
    origins: np.ndarray
    truth: Float[np.ndarray, "windows horizon"]
    forecasts: dict[str, Float[np.ndarray, "windows horizon"]]
    half_widths: Float[np.ndarray, "windows horizon"]


def naive_scales_of(panel: Panel, horizon: int) -> tuple[float, ...]:
    """Return the scale of each series' error for the MASE, in training."""
    count = len(panel.roles.targets)
    series = [panel.values[span, place] for _, span in panel.spans() for place in range(count)]
    return tuple(naive_scales(series, horizon, panel.frequency.seasons).tolist())


def _padded(panel: Panel, steps: int) -> Panel:
    """Return the panel with further steps behind each series, whose known covariates are those of the last one."""
    if not steps:
        return panel
    since = len(panel.roles.targets) + len(panel.roles.past)
    made = []
    for _, span in panel.spans():
        more = np.full((steps, panel.values.shape[1]), np.nan)
        more[:, since:] = panel.values[span.stop - 1, since:]
        made += [panel.values[span], more]
    return replace(panel, values=np.concatenate(made), bounds=panel.bounds + steps * np.arange(len(panel.bounds)))
