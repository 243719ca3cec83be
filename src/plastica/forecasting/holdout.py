"""The end of series held back: what trains, what tests, and a forecaster judged on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DataError, InvalidValue
from ..notes import note
from .fitted import JudgedForecasts
from .joining import before, boundary, only, with_values
from .panel import Panel
from .results import ForecastResults

if TYPE_CHECKING:
    from .forecaster import Forecaster


USUAL_HORIZON = 24


class HeldOutSpan(NamedTuple):
    """Series cut in two.

    Attributes:
        train: The steps before the cut, without series that have no value there.
        whole: All steps of these series.
        cut: The position of the first step of the test span.
    """

    train: Panel
    whole: Panel
    cut: int


class HeldOutForecasts(NamedTuple):
    """Forecasts of the test span of a table.

    Attributes:
        panel: The series, to the end of the test span.
        results: The errors beside those of simple forecasts.
        judged: The forecasts.
    """

    panel: Panel
    results: ForecastResults
    judged: JudgedForecasts


def held_out_span(panel: Panel, test: float, horizon: int) -> HeldOutSpan:
    """Return the beginning of series to train on, and where their end begins, to test on.

    Args:
        panel: The series.
        test: The share of the time at its end, or a number of steps.
        horizon: The number of steps that are forecast.

    Raises:
        InvalidValue: If the share or number is not above 0.
        DataError: If nothing is left to train on, or less than a horizon to test on.
    """
    cut = _cut(panel, test)
    train = before(panel, cut)
    if not train.steps or cut > panel.positions.max():
        raise DataError(note("forecast_errors.no_test_steps", test=f"{test:g}"))
    if (left := int(panel.positions.max()) + 1 - cut) < horizon:
        raise DataError(note("forecast_errors.few_test_steps", test=f"{test:g}", left=left, horizon=str(horizon)))
    train = with_values(train)
    return HeldOutSpan(train, only(panel, train.names), cut)


def usual_horizon(panel: Panel, test: float) -> int:
    """Return how many steps are forecast if nothing is said: 24, or half of a test span that is shorter than 48.

    Args:
        panel, test: As for :func:`held_out_span`.

    Raises:
        InvalidValue: If the share or number is not above 0.
    """
    left = int(panel.positions.max()) + 1 - _cut(panel, test)
    return max(1, min(USUAL_HORIZON, left // 2))


def _cut(panel: Panel, test: float) -> int:
    if not test > 0:
        raise InvalidValue(note("forecast_errors.test", test=f"{test:g}"))
    return boundary(panel, test)


def hold_out(forecaster: Forecaster, X: Any, test: float = 0.2, **options: Any) -> HeldOutForecasts:
    """Train on the beginning of series, and forecast from every step of their end.

    The forecaster is then fitted to the beginning; :meth:`Forecaster.update` goes on from the end.

    Args:
        forecaster: The forecaster.
        X: As for :meth:`Forecaster.read`.
        test: The share of the time at its end, or a number of steps.
        options: Of :meth:`Forecaster.fit`.

    Raises:
        InvalidValue, DataError: As for :func:`held_out_span`.

    Example:
        >>> import numpy as np
        >>> from plastica import Forecaster
        >>> hours = np.arange("2026-01-01", "2026-03-01", dtype="datetime64[h]")
        >>> load = 5 + np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
        >>> forecaster = Forecaster("nlinear", horizon=6, members=1, epochs=1)
        >>> hold_out(forecaster, {"time": hours, "load": load}).results.first
        '2026-02-17 05:00:00'
    """
    span = held_out_span(forecaster.read(X), test, forecaster.horizon)
    results, judged = forecaster.fit(span.train, **options).judged(span.whole, span.cut)
    return HeldOutForecasts(span.whole, results, judged)
