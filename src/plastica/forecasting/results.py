"""How good forecasts are: errors of each model and of the simple ones from the same origins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from ..evaluation.intervals import Figure, around
from ..notes import Note, note
from ..typing import Float, Int
from .metrics import pinball


class ForecastErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The errors of one model.

    Args:
        mae: The mean absolute error over all steps of the horizon, origins and series.
        rmse: The root mean squared error.
        mase: The mean absolute scaled error, the mean over series; its scale is the error of the best naive forecast
            over the same horizon in training.
        by_step: The mean absolute error of each step of the horizon.
    """

    mae: float
    rmse: float
    mase: float
    by_step: tuple[float, ...]


class ForecastResults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The errors of a model and of simple forecasts on the test span.

    Args:
        model: The name of the model.
        errors: The errors by name; the model's own is among them.
        origins: How many forecasts were made.
        first, last: The time stamps of the first and the last step that were forecast.
        coverage: The part of values inside of their intervals; None without intervals.
        promised: The coverage that was asked for.
        width: The mean width of the intervals.
        gain: By how much the mean absolute error is below that of the best simple forecast, as a share of it, with an
            interval.
        rival: The best simple forecast.
        weights: The mean weight of each model in the forecast.
        pinball: The mean pinball loss of each quantile, by its level as text.
        networks: The names of the networks among them.
        network: By how much networks lower the error of a forecast that combines them with methods in closed form; None
            for other models.
    """

    model: str
    errors: dict[str, ForecastErrors]
    origins: int
    first: str
    last: str
    coverage: float | None = None
    promised: float | None = None
    width: float | None = None
    gain: Figure
    rival: str
    weights: dict[str, float] = {}
    pinball: dict[str, float] = {}
    networks: tuple[str, ...] = ()
    network: Figure | None = None

    @property
    def own(self) -> ForecastErrors:
        """The errors of the model."""
        return self.errors[self.model]

    @property
    def verdict(self) -> Note:
        """Whether the model is worth its cost, in one sentence."""
        rival = note(f"forecasting.model_{self.rival}")
        word, share = _outcome(self.gain)
        return (
            note("forecasting.draws", rival=rival)
            if word == "draws"
            else note(f"forecasting.{word}", rival=rival, share=share)
        )

    @property
    def network_verdict(self) -> Note | None:
        """Whether networks improve a forecast that combines them with other models; None for other forecasts."""
        if self.network is None:
            return None
        if not self.networks:
            return note("forecasting.network_left_out")
        word, share = _outcome(self.network)
        return (
            note("forecasting.network_draws") if word == "draws" else note(f"forecasting.network_{word}", share=share)
        )


def _outcome(gain: Figure) -> tuple[str, str]:
    """Return "wins", "loses" or "draws", and the difference in per cent."""
    word = "draws" if not gain.sure else "wins" if gain.value > 0 else "loses"
    return word, f"{abs(100 * gain.value):.1f}"


def judge(
    truth: Float[np.ndarray, "windows horizon"],
    forecasts: Mapping[str, Float[np.ndarray, "windows horizon"]],
    series: Int[np.ndarray, "windows"],
    scales: Float[np.ndarray, "series"],
) -> dict[str, ForecastErrors]:
    """Return the errors of each model.

    Args:
        truth: The values, NaN where they are not known.
        forecasts: The forecasts by the name of the model.
        series: The series of each window.
        scales: By what the errors of each series are divided for the MASE.
    """
    return {name: _errors(truth - made, series, scales) for name, made in forecasts.items()}


def _errors(
    off: Float[np.ndarray, "windows horizon"], series: Int[np.ndarray, "windows"], scales: Float[np.ndarray, "series"]
) -> ForecastErrors:
    absolute = np.abs(off)
    of_series = [np.nanmean(absolute[series == number]) / scales[number] for number in np.unique(series)]
    return ForecastErrors(
        float(np.nanmean(absolute)),
        math.sqrt(float(np.nanmean(off**2))),
        float(np.mean(of_series)),
        tuple(np.nanmean(absolute, axis=0).tolist()),
    )


def pinball_losses(
    truth: Float[np.ndarray, "windows horizon"], quantiles: Mapping[float, Float[np.ndarray, "windows horizon"]]
) -> dict[str, float]:
    """Return the mean pinball loss of each quantile, over values that are known."""
    known = np.isfinite(truth)
    return {
        f"{level:g}": float(pinball(truth[known], made[known][:, None], (level,))[0])
        for level, made in quantiles.items()
    }


def gain_over(
    truth: Float[np.ndarray, "windows horizon"],
    own: Float[np.ndarray, "windows horizon"],
    rival: Float[np.ndarray, "windows horizon"],
) -> Figure:
    """Return by which share the mean absolute error is below that of a rival, with a 95 % interval.

    Forecasts from neighbouring origins share most of their steps, so that the differences of one horizon's origins
    count as one.

    Reference:
        F. Diebold, R. Mariano (1995), Comparing predictive accuracy, section 1 (the mean loss differential).
    """
    differences = np.nanmean(np.abs(truth - rival) - np.abs(truth - own), axis=1)
    base = float(np.nanmean(np.abs(truth - rival)))
    if base == 0:
        return Figure(0.0)
    blocks = np.array_split(differences, max(1, len(differences) // truth.shape[1]))
    value = 1 - float(np.nanmean(np.abs(truth - own))) / base
    return around(value, np.array([block.mean() for block in blocks]) / base)


def naive_scales(
    series: Sequence[Float[np.ndarray, "time"]], horizon: int, seasons: Sequence[int]
) -> Float[np.ndarray, "series"]:
    """Return the error of the best naive forecast of each series in training, by which the MASE divides.

    The error is the mean over the steps of the horizon, as that of the model is, so that a MASE below 1 beats both the
    last value and the seasonal naive forecasts.

    Args:
        series: The values of the training span, NaN for holes.
        horizon: The number of steps that are forecast.
        seasons: The seasons in steps.
    """
    found = []
    for values in series:
        errors = [_naive_error(values, horizon, season) for season in (1, *seasons)]
        best = min(errors)
        found.append(best if best > 0 and math.isfinite(best) else 1.0)
    return np.array(found)


def _naive_error(values: Float[np.ndarray, "time"], horizon: int, season: int) -> float:
    """Return the error of repeating the last ``season`` values over the horizon."""
    lags = [season * -(-step // season) for step in range(1, horizon + 1)]
    errors = {lag: _mean(np.abs(values[lag:] - values[:-lag])) if lag < len(values) else math.inf for lag in set(lags)}
    return sum(errors[lag] for lag in lags) / horizon


def _mean(values: np.ndarray) -> float:
    present = values[np.isfinite(values)]
    return float(present.mean()) if len(present) else math.inf
