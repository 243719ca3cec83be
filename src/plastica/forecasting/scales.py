"""The scales of series and covariates, learned from the training span alone."""

from __future__ import annotations

import msgspec
import numpy as np

from ..errors import DataError
from ..notes import note
from ..typing import Float
from .imputation import best_lag
from .limits import Limits, is_amount, require_within
from .panel import Panel

STRETCH = 8  # steps, to tell the variation from the level
LEAST_STRETCHES = 6
DOUBLED = 2.0  # levels that differ less are forecast alike with and without logarithms
EVEN, TIGHT = 0.5, 0.7  # the slope of the variation's logarithm over the level's is 1 within this, and both correlate
CONSTANT = 1e30  # of a covariate that never varies in training: what it may do later counts as 0, since none learned it
YEAR, YEARS = 365.25 * 86_400, 1.9  # seconds; two years with the last days missing


class Scales(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mean and the standard deviation of each series, and how its holes are filled.

    Args:
        means, deviations: Of each target of each series, series by series.
        lags: The lag that fills the holes of each, as of :func:`~.imputation.filled`.
        covariate_means, covariate_deviations: Of each covariate, over all series.
        logarithms: Whether the values of each are taken as logarithms, means and deviations being those of logarithms.
        nonnegative: Whether each is a count or an amount, of which there is never less than nothing.
        yearly: Whether the training span has years enough to tell the time of the year from chance.
        minimum, maximum: The range of all series, if it was said; None where it was not.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    lags: tuple[int, ...]
    covariate_means: tuple[float, ...]
    covariate_deviations: tuple[float, ...]
    logarithms: tuple[bool, ...]
    nonnegative: tuple[bool, ...]
    yearly: bool
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        scales = (*self.deviations, *self.covariate_deviations)
        sizes = {len(self.means), len(self.deviations), len(self.lags), len(self.logarithms), len(self.nonnegative)}
        if len(sizes) > 1 or len(self.covariate_means) != len(self.covariate_deviations):
            raise ValueError("a mean without a standard deviation")
        if not all(np.isfinite(each) and each > 0 for each in scales) or not all(lag > 0 for lag in self.lags):
            raise ValueError("standard deviations and lags must be above 0")


def learn_scales(panel: Panel, limits: Limits = Limits()) -> Scales:  # noqa: B008 - a value
    """Return the scales of a panel that ends with the training span; each series has a value.

    Raises:
        DataError: If all series are constant, or a value is outside of the limits.
    """
    targets = len(panel.roles.targets)
    channels = [
        (f"{panel.names[number]} {panel.roles.targets[place]}".strip(), panel.values[span, place])
        for number, span in panel.spans()
        for place in range(targets)
    ]
    if all(np.nanstd(values) == 0 for _, values in channels):
        name, values = channels[0]
        value = values[np.isfinite(values)][0]
        raise DataError(note("forecast_errors.constant", series=repr(name), value=f"{value:g}"))
    require_within(limits, channels)
    rest = panel.values[:, targets:]
    seasons = panel.frequency.seasons
    logarithms = tuple(grows_with_level(values, min(seasons, default=1)) for _, values in channels)
    scaled = [logarithm(values) if log else values for (_, values), log in zip(channels, logarithms, strict=True)]
    return Scales(
        tuple(float(np.nanmean(values)) for values in scaled),
        tuple(_deviation(values) for values in scaled),
        tuple(best_lag(values, seasons) for values in scaled),
        tuple(0.0 if np.isnan(column).all() else float(np.nanmean(column)) for column in rest.T),
        tuple(_deviation(column, CONSTANT) for column in rest.T),
        logarithms,
        tuple(limits.minimum == "auto" and is_amount(values) for _, values in channels),
        _years(panel) >= YEARS,
        limits.minimum if isinstance(limits.minimum, int | float) else None,
        limits.maximum,
    )


def logarithm(values: Float[np.ndarray, "time"]) -> Float[np.ndarray, "time"]:
    """Return the logarithm of values, and a missing value for those of 0 and below."""
    return np.log(np.where(values > 0, values, np.nan))


def grows_with_level(values: Float[np.ndarray, "time"], season: int) -> bool:
    """Return whether a series varies in proportion to its level, so that its logarithm varies evenly.

    The level and the variation within it are taken from stretches of a season each. The logarithm is right if the level
    has at least doubled and the logarithm of the variation rises with that of the level by nearly as much (Box and Cox
    1964; the rank-free form of Guerrero 1993 with the power 0).

    Args:
        values: The series of the training span, NaN for holes.
        season: The steps of a stretch, at least :data:`STRETCH`.

    Example:
        >>> steps = np.arange(120)
        >>> trend, wave = np.exp(steps / 50), np.sin(2 * np.pi * steps / 12)
        >>> grows_with_level(trend * (5 + wave), 12), grows_with_level(trend + 5 + wave, 12)
        (True, False)
    """
    length = season * -(-STRETCH // season)
    stretches = values[len(values) % length :].reshape(-1, length)
    full = stretches[np.isfinite(stretches).all(1)]
    if len(full) < LEAST_STRETCHES or not (values[np.isfinite(values)] > 0).all():
        return False
    level, variation = full.mean(1), full.std(1)
    if level.max() < DOUBLED * level.min() or not (variation > 0).all():
        return False
    slope, _ = np.polyfit(np.log(level), np.log(variation), 1)
    return bool(abs(slope - 1) < EVEN and np.corrcoef(np.log(level), np.log(variation))[0, 1] > TIGHT)


def _years(panel: Panel) -> float:
    ends = panel.frequency.stamps(np.array([panel.positions.min(), panel.positions.max()]))
    return float(ends[1] - ends[0]) / YEAR if panel.frequency.is_calendar else 0.0


def _deviation(values: Float[np.ndarray, "time"], constant: float = 1.0) -> float:
    """Return the standard deviation, or another number for a series whose values are all equal."""
    found = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    return found if found > 1e-12 * abs(float(np.nanmean(values)) if found else 0.0) and found > 0 else constant
