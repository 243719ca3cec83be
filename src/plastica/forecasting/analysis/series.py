"""What series are made of: trend and seasons, days unlike the others, days from which on the level is another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import msgspec
import numpy as np

from ...typing import Float, Int
from ..classical import Anomalies, Decomposition, anomalies, change_points, mstl
from ..classical.change_points import NORMAL
from ..frequency import DAY, Frequency
from ..imputation import filled
from ..panel import Panel
from .failures import name_of

MOST_STEPS = 20_000  # that are split into trend, seasons and rest: two years of hours
MOST_SERIES = 40  # whose days are looked at
MOST_UNUSUAL, MOST_CHANGES = 12, 8
RATE = 1e-3  # false alarms of normally distributed rests: one day in three years
LEAST_KNOWN = 0.5  # of the steps of a day, so that it has a mean
LEAST_BETWEEN = 14  # days between changes of the level: a week of rain is no new level
MONTH, LARGEST = 31, 3.0  # days about a day, and robust standard deviations from their median
MOST_DEPENDENCE = 0.9  # autocorrelation of daily means that widens the penalty


class SeriesAnalysis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Trend and seasons of a series.

    Args:
        series: Its name.
        first, last: The time stamps between which it was split.
        seasons: The lengths of its seasons in steps.
        trend_strength: How much of what is not seasonal the trend explains, from 0 to 1.
        seasonal_strength: How much of what is left each season explains, from 0 to 1.
    """

    series: str
    first: str
    last: str
    seasons: tuple[int, ...]
    trend_strength: float
    seasonal_strength: tuple[float, ...]


class UnusualDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day (or a step, where steps are days or longer) far from trend and season.

    Args:
        day: The date.
        series: The name of the series.
        value: Its mean.
        usual: What trend and season say.
        score: Its distance in robust standard deviations.
    """

    day: str
    series: str
    value: float
    usual: float
    score: float


class LevelChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day from which on the level of a series is another one.

    Args:
        day: The date.
        series: The name of the series.
        before, after: The mean level, without seasons, up to the neighbouring changes.
    """

    day: str
    series: str
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class SeriesParts:
    """A series with its trend, seasons and rest.

    Args:
        name: Its name.
        positions: Its steps.
        values: Its values, holes filled.
        parts: Trend, seasons and rest.
    """

    name: str
    positions: Int[np.ndarray, "time"]
    values: Float[np.ndarray, "time"]
    parts: Decomposition


@dataclass(frozen=True, eq=False)
class DailyMeans:
    """The means of the days of a series, or its steps where those are days or longer.

    Args:
        name: Its name.
        labels: The date of each.
        values: The means, holes filled.
        known: Which of them are not filled.
        season: The length of the season: a week of days, a year of months.
    """

    name: str
    labels: list[str]
    values: Float[np.ndarray, "days"]
    known: np.ndarray
    season: int


ExaminedDays: TypeAlias = tuple[DailyMeans, Anomalies]


def series_parts(panel: Panel) -> SeriesParts | None:
    """Return trend, seasons and rest of the end of the first series; None without a season that fits in twice."""
    span = slice(*panel.bounds[:2].tolist())
    values, positions = panel.targets[span, 0][-MOST_STEPS:], panel.positions[span][-MOST_STEPS:]
    seasons = tuple(each for each in panel.frequency.seasons if 2 * each <= len(values))
    if not seasons or not np.isfinite(values).any():
        return None
    full = filled(values, seasons[-1])
    return SeriesParts(name_of(panel, 0), positions, full, mstl(full, seasons))


def strengths(panel: Panel, found: SeriesParts) -> SeriesAnalysis:
    """Return how strong trend and seasons of a series are.

    Args:
        panel: The series.
        found: The one that was split.
    """
    shown, parts = panel.frequency.shown, found.parts
    span = shown(int(found.positions[0])), shown(int(found.positions[-1]))
    return SeriesAnalysis(found.name, *span, parts.seasons, parts.trend_strength, parts.seasonal_strength)


def unusual_days(series: Sequence[ExaminedDays]) -> tuple[UnusualDay, ...]:
    """Return the days that are farthest from trend and season, over all series, the farthest first."""
    made = []
    for days, found in series:
        usual = found.decomposition.trend + found.decomposition.seasonal.sum(0)
        made += [
            UnusualDay(days.labels[day], days.name, float(days.values[day]), float(usual[day]), float(score))
            for day, score in zip(found.steps, found.scores[found.steps], strict=True)
            if days.known[day]
        ]
    return tuple(sorted(made, key=lambda each: -abs(each.score))[:MOST_UNUSUAL])


def level_changes(series: Sequence[ExaminedDays]) -> tuple[LevelChange, ...]:
    """Return the days from which on the level is another one, over all series, the largest changes first.

    Unusual days are drawn near to the days about them. Neighbouring days are alike, so that the penalty for a change is
    multiplied by (1 + r) / (1 - r), r being the autocorrelation about a level that moves, up to a limit.
    """
    made: list[tuple[float, LevelChange]] = []
    for days, found in series:
        level, rest = _level(days.values - found.decomposition.seasonal.sum(0))
        dependence = float(np.clip(_autocorrelation(rest), 0, MOST_DEPENDENCE))
        penalty = 2 * np.log(len(level)) * (1 + dependence) / (1 - dependence)
        edges = [0, *change_points(level, penalty, LEAST_BETWEEN), len(level)]
        means = [float(level[begin:end].mean()) for begin, end in pairwise(edges)]
        spread = float(np.std(level)) or 1.0
        made += [
            (abs(after - before) / spread, LevelChange(days.labels[day], days.name, before, after))
            for day, (before, after) in zip(edges[1:], pairwise(means), strict=False)
        ]
    return tuple(change for _, change in sorted(made, key=lambda pair: -pair[0])[:MOST_CHANGES])


def examined_days(panel: Panel) -> list[ExaminedDays]:
    """Return the means of the days of each series that is long enough, with what is unusual about them."""
    return [(days, anomalies(days.values, days.season, RATE)) for days in daily_means(panel)]


def daily_means(panel: Panel) -> Iterator[DailyMeans]:
    """Yield the means of the days of each series that is long enough for its season.

    Args:
        panel: The series; only the first ones if there are many.
    """
    frequency, targets = panel.frequency, len(panel.roles.targets)
    for number, span in list(panel.spans())[:MOST_SERIES]:
        for place in range(targets):
            values, positions = panel.values[span, place], panel.positions[span]
            labels, means, season = _per_day(frequency, positions, values)
            known = np.isfinite(means)
            if season > 1 and len(means) >= 4 * season and known.mean() > LEAST_KNOWN and np.nanstd(means) > 0:
                yield DailyMeans(name_of(panel, number * targets + place), labels, filled(means, season), known, season)


def _per_day(
    frequency: Frequency, positions: Int[np.ndarray, "time"], values: Float[np.ndarray, "time"]
) -> tuple[list[str], Float[np.ndarray, "days"], int]:
    """Return the label and the mean of each day with its season; steps of a day and longer are taken as they are."""
    seasons = frequency.seasons
    if frequency.unit != "second" or frequency.step > DAY / 2:
        return [frequency.shown(each) for each in positions.tolist()], values, min(seasons, default=1)
    days = frequency.moments(positions).astype("datetime64[D]")
    dates, places = np.unique(days, return_inverse=True)
    known = np.isfinite(values)
    counts = np.bincount(places, known)
    sums = np.bincount(places, np.where(known, values, 0.0))
    enough = counts >= LEAST_KNOWN * np.median(np.bincount(places))  # a day that has only begun is none
    means = np.where(enough, sums / np.maximum(counts, 1), np.nan)
    return [str(date) for date in dates], means, round(seasons[1] / seasons[0]) if len(seasons) > 1 else 1


def _level(values: Float[np.ndarray, "days"]) -> tuple[Float[np.ndarray, "days"], Float[np.ndarray, "days"]]:
    """Return days without seasons whose distance from the median of a month is limited, and that distance."""
    from scipy.ndimage import median_filter

    moving = median_filter(values, min(MONTH, len(values) // 2 * 2 - 1), mode="nearest")
    limit = LARGEST * float(np.median(np.abs(values - moving))) / NORMAL
    rest = np.clip(values - moving, -limit, limit)
    return moving + rest, rest


def _autocorrelation(values: Float[np.ndarray, "days"]) -> float:
    """Return the correlation of neighbours in a series about 0."""
    whole = float((values**2).sum())
    return float((values[1:] * values[:-1]).sum()) / whole if whole > 0 else 0.0
